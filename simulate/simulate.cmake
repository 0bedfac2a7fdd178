# Sources of simulate/.
hactl_library(simulate DEPENDS sim SOURCES simulate/advice.cc simulate/loss.cc
  simulate/simulate.cc)
hactl_test(simulate LABEL unit DEPENDS simulate codec SOURCES tests/simulate/examples_test.cc
             tests/simulate/simulate_test.cc)
