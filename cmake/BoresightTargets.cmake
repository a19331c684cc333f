# One place for what every target of the project shares: language level, warnings, sanitizers.

add_library(boresight_build_flags INTERFACE)
target_compile_features(boresight_build_flags INTERFACE cxx_std_20)
target_compile_options(boresight_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       -Wno-sign-conversion -Wno-missing-field-initializers)
if(BORESIGHT_WERROR)
  target_compile_options(boresight_build_flags INTERFACE -Werror)
endif()
if(BORESIGHT_SANITIZE)
  list(JOIN BORESIGHT_SANITIZE "," boresight_sanitizers)
  target_compile_options(boresight_build_flags INTERFACE -fsanitize=${boresight_sanitizers}
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(boresight_build_flags INTERFACE -fsanitize=${boresight_sanitizers})
endif()

# boresight_test(<folder> LIBRARIES <targets...> SOURCES <files...>)
# One GoogleTest program per folder, named test_<folder>; every TEST becomes a ctest labelled <folder>.
function(boresight_test folder)
  cmake_parse_arguments(arg "" "" "LIBRARIES;SOURCES" ${ARGN})
  add_executable(test_${folder} ${arg_SOURCES})
  target_link_libraries(test_${folder} PRIVATE ${arg_LIBRARIES} boresight_build_flags GTest::gtest
                        GTest::gmock GTest::gtest_main)
  target_include_directories(test_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/dsp)
  gtest_discover_tests(test_${folder} PROPERTIES LABELS ${folder} TIMEOUT 600 DISCOVERY_TIMEOUT 60)
endfunction()

# boresight_bench(<folder> LIBRARIES <targets...> SOURCES <files...>): bench_<folder>, Google Benchmark.
function(boresight_bench folder)
  cmake_parse_arguments(arg "" "" "LIBRARIES;SOURCES" ${ARGN})
  add_executable(bench_${folder} ${arg_SOURCES})
  target_link_libraries(bench_${folder} PRIVATE ${arg_LIBRARIES} boresight_build_flags
                        benchmark::benchmark_main)
  target_include_directories(bench_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/bench)
endfunction()
