# Every public header compiles on its own, and twice: one generated source file for each.
file(GLOB_RECURSE public_headers RELATIVE ${PROJECT_SOURCE_DIR}/include CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/include/boresight/*.h)
if(NOT BORESIGHT_SDR)
  list(FILTER public_headers EXCLUDE REGEX "^boresight/sdr/")
endif()

add_library(test_headers OBJECT)
foreach(header IN LISTS public_headers ITEMS boresight/core/version.h)
  string(REGEX REPLACE "[/.]" "_" name ${header})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include \"@header@\"\n#include \"@header@\"\n" @ONLY)
  target_sources(test_headers PRIVATE ${source})
endforeach()
target_link_libraries(test_headers PRIVATE boresight::dsp boresight_build_flags)
# Nothing runs this code, so nothing is gained from optimizing or instrumenting it.
target_compile_options(test_headers PRIVATE -O0 -g0 -fno-sanitize=all)
if(TARGET boresight_sdr)
  target_link_libraries(test_headers PRIVATE boresight_sdr)
endif()

add_test(NAME umbrella_header
         COMMAND ${CMAKE_COMMAND} -D INCLUDE_DIR=${PROJECT_SOURCE_DIR}/include
                 -P ${CMAKE_CURRENT_SOURCE_DIR}/umbrella_header.cmake)
set_tests_properties(umbrella_header PROPERTIES LABELS core)
