# hactl_library(NAME [DEPENDS folders…] [PACKAGES targets…] SOURCES files…)
#   One folder of the layer diagram. DEPENDS are the folders that it may include; tools/tidy.py
#   holds every #include to them. PACKAGES are third-party targets that its sources use.
#   MUTANTS: the tests also have it as NAME_mutants, with switches for the rules
#   (base/rule_switch.h), over the twins of what it depends on.
# hactl_test(NAME LABEL label [DEPENDS …] [PACKAGES …] SOURCES files…)
#   One GoogleTest program of the same folder, registered with ctest under LABEL.

set(HACTL_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2 -Wundef)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND HACTL_WARNINGS -Wduplicated-cond -Wduplicated-branches -Wlogical-op
       -Wsuggest-override -Wextra-semi)
  # g++ 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105651).
  list(APPEND HACTL_WARNINGS -Wno-restrict)
endif()
if(HACTL_WERROR)
  list(APPEND HACTL_WARNINGS -Werror)
endif()

function(hactl_compile_options target)
  target_compile_options(${target} PRIVATE ${HACTL_WARNINGS})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  # cpprestsdk's U() macro breaks fmt 9; spdlog is used compiled and with Debian's own fmt.
  target_compile_definitions(${target} PUBLIC _TURN_OFF_PLATFORM_STRING SPDLOG_FMT_EXTERNAL
                             SPDLOG_COMPILED_LIB _GLIBCXX_ASSERTIONS)
endfunction()

function(hactl_library name)
  cmake_parse_arguments(ARG "MUTANTS" "" "DEPENDS;PACKAGES;SOURCES" ${ARGN})
  if(ARG_SOURCES)
    add_library(hactl_${name} STATIC ${ARG_SOURCES})
    hactl_compile_options(hactl_${name})
    foreach(folder IN LISTS ARG_DEPENDS)
      target_link_libraries(hactl_${name} PUBLIC hactl_${folder})
    endforeach()
    target_link_libraries(hactl_${name} PUBLIC ${ARG_PACKAGES})
  endif()
  if(ARG_MUTANTS AND HACTL_TESTS)
    add_library(hactl_${name}_mutants STATIC EXCLUDE_FROM_ALL ${ARG_SOURCES})
    hactl_compile_options(hactl_${name}_mutants)
    target_compile_definitions(hactl_${name}_mutants PUBLIC HACTL_MUTANTS)
    foreach(folder IN LISTS ARG_DEPENDS)
      if(TARGET hactl_${folder}_mutants)
        set(folder ${folder}_mutants)
      endif()
      target_link_libraries(hactl_${name}_mutants PUBLIC hactl_${folder})
    endforeach()
    target_link_libraries(hactl_${name}_mutants PUBLIC ${ARG_PACKAGES})
  endif()
endfunction()

function(hactl_program name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PACKAGES;SOURCES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  hactl_compile_options(${name})
  foreach(folder IN LISTS ARG_DEPENDS)
    target_link_libraries(${name} PRIVATE hactl_${folder})
  endforeach()
  target_link_libraries(${name} PRIVATE ${ARG_PACKAGES})
endfunction()

function(hactl_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "DEPENDS;PACKAGES;SOURCES;ARGS" ${ARGN})
  if(NOT HACTL_TESTS)
    return()
  endif()
  add_executable(${name}_test ${ARG_SOURCES})
  hactl_compile_options(${name}_test)
  foreach(folder IN LISTS ARG_DEPENDS)
    target_link_libraries(${name}_test PRIVATE hactl_${folder})
  endforeach()
  target_link_libraries(${name}_test PRIVATE ${ARG_PACKAGES} GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE HACTL_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                             HACTL_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND ${name}_test ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
