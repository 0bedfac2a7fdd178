# Sources of bench/. The writing client is also what `hactl lab traffic` runs.
hactl_library(writer
  DEPENDS base
  PACKAGES PostgreSQL::PostgreSQL
  SOURCES bench/host_race.cc bench/writer.cc)
