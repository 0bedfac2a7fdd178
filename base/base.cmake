hactl_library(base PACKAGES fmt::fmt SOURCES base/check.cc base/result.cc base/utc.cc)

hactl_test(base LABEL unit DEPENDS base SOURCES tests/base/join_test.cc)
