# Sources of bench/. The writing client is also what `hactl lab traffic` runs.
hactl_library(writer
  DEPENDS base
  PACKAGES PostgreSQL::PostgreSQL
  SOURCES bench/host_race.cc bench/writer.cc)

hactl_library(bench DEPENDS hactl io SOURCES bench/bench_lab.cc)
foreach(program bench_bringup bench_failover bench_switchover bench_rest)
  hactl_program(${program} DEPENDS bench writer SOURCES bench/${program}.cc)
endforeach()
