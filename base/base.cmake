hactl_library(base PACKAGES fmt::fmt SOURCES base/check.cc base/result.cc base/utc.cc)
