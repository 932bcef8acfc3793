# silhouette_test(NAME SOURCES... LIBS...): a GoogleTest executable whose cases ctest lists one by one.
function(silhouette_test name)
  if(NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} silhouette_warnings GTest::gmock GTest::gtest_main)
  # A sanitizer's start-up is slow on a busy machine; listing at test time keeps the build quick.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
endfunction()
