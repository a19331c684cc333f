# Compiles and runs the consumer with what pkg-config says, in one compiler command, without CMake's help.
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig:$ENV{PKG_CONFIG_PATH}")

function(compile_and_run package source)
  execute_process(COMMAND ${PKG_CONFIG} --cflags --libs ${package} OUTPUT_VARIABLE text
                  COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(options UNIX_COMMAND "${text}")
  separate_arguments(flags UNIX_COMMAND "${FLAGS}")
  execute_process(COMMAND ${COMPILER} -std=c++20 ${flags} ${SOURCES}/${source} ${options} -o ${OUTPUT}
                  COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env "LD_LIBRARY_PATH=${PREFIX}/${LIBDIR}" ${OUTPUT} ${VERSION}
                  COMMAND_ERROR_IS_FATAL ANY)
endfunction()

compile_and_run(boresight main.cpp)
if(SDR)
  compile_and_run(boresight-sdr sdr.cpp)
endif()
