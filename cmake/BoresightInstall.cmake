# Installation: libraries, headers, the CMake package and the pkg-config files. Included last, when every
# target is there.
include(CMakePackageConfigHelpers)

set(boresight_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/boresight)
set(boresight_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# What each dependency is called: the link target, the find_dependency() call, the pkg-config name (or a
# linker option). A library that the table does not know cannot be installed.
set(boresight_dependency_table
  "FFTW3f::fftw3f|FFTW3f|fftw3f"
  "OpenSSL::Crypto|OpenSSL COMPONENTS Crypto|libcrypto"
  "Threads::Threads|Threads|-pthread"
  "hwy::hwy|hwy CONFIG|libhwy"
  "Liquid::liquid|Liquid|-lliquid"
  "SoapySDR|SoapySDR 0.8 CONFIG|SoapySDR"
  "${CMAKE_DL_LIBS}||-ldl")

# Sets <prefix>_find (CMake code), <prefix>_requires and <prefix>_libs (pkg-config) from what the target
# links. Names wrapped in $<BUILD_INTERFACE:...> are needed for building only.
function(boresight_dependencies_of target prefix)
  set(find "")
  set(requires "")
  set(libs "")
  get_target_property(linked ${target} LINK_LIBRARIES)
  list(REMOVE_DUPLICATES linked)
  foreach(library IN LISTS linked)
    if(library MATCHES "BUILD_INTERFACE|^::@|^boresight::|^boresight_dsp$")
      continue()
    endif()
    set(known FALSE)
    foreach(line IN LISTS boresight_dependency_table)
      string(REPLACE "|" ";" fields "${line}")
      list(GET fields 0 name)
      if(NOT library STREQUAL name)
        continue()
      endif()
      set(known TRUE)
      list(GET fields 1 package)
      list(GET fields 2 pkgconfig)
      if(package)
        string(APPEND find "  find_dependency(${package})\n")
      endif()
      if(pkgconfig MATCHES "^-")
        string(APPEND libs " ${pkgconfig}")
      else()
        string(APPEND requires " ${pkgconfig}")
      endif()
    endforeach()
    if(NOT known)
      message(FATAL_ERROR "${target} links ${library}: wrap it in $<BUILD_INTERFACE:...> if only the build "
                          "needs it, else name it in cmake/BoresightInstall.cmake")
    endif()
  endforeach()
  set(${prefix}_find "${find}" PARENT_SCOPE)
  set(${prefix}_requires "${requires}" PARENT_SCOPE)
  set(${prefix}_libs "${libs}" PARENT_SCOPE)
endfunction()

# An archive passes what it links on to the program; a shared library keeps it to itself.
get_target_property(boresight_library_type boresight_dsp TYPE)
if(boresight_library_type STREQUAL "STATIC_LIBRARY")
  set(boresight_pc_private "")
else()
  set(boresight_pc_private ".private")
endif()
set(boresight_pc_definitions "")
if(BORESIGHT_ASSERTS)
  set(boresight_pc_definitions " -DBORESIGHT_ASSERTS")
endif()
boresight_dependencies_of(boresight_dsp boresight_dsp)
if(boresight_library_type STREQUAL "STATIC_LIBRARY")
  set(boresight_pc_libs "${boresight_dsp_libs}")
endif()

# Every path is relative to the file that names it: the installed tree can be moved.
file(RELATIVE_PATH boresight_prefix_from_pc
     "${CMAKE_INSTALL_PREFIX}/${boresight_pkgconfig_dir}" "${CMAKE_INSTALL_PREFIX}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/boresight.pc.in ${PROJECT_BINARY_DIR}/package/boresight.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/boresight.pc DESTINATION ${boresight_pkgconfig_dir})

install(TARGETS boresight_dsp EXPORT boresightDspTargets)
install(EXPORT boresightDspTargets NAMESPACE boresight:: DESTINATION ${boresight_package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/boresight DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "sdr" EXCLUDE)
install(FILES ${PROJECT_BINARY_DIR}/include/boresight/core/version.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/boresight/core)

if(TARGET boresight_sdr)
  set_target_properties(boresight_sdr PROPERTIES EXPORT_NAME sdr)
  boresight_dependencies_of(boresight_sdr boresight_sdr)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/boresight-sdr.pc.in
                 ${PROJECT_BINARY_DIR}/package/boresight-sdr.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/package/boresight-sdr.pc DESTINATION ${boresight_pkgconfig_dir})
  install(TARGETS boresight_sdr EXPORT boresightSdrTargets)
  install(EXPORT boresightSdrTargets NAMESPACE boresight:: DESTINATION ${boresight_package_dir})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/boresight/sdr
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/boresight FILES_MATCHING PATTERN "*.h")
endif()

# The programs, boresight-<verb>, find a shared boresight beside themselves.
if(BORESIGHT_EXAMPLES)
  get_property(boresight_programs DIRECTORY ${PROJECT_SOURCE_DIR}/examples PROPERTY BUILDSYSTEM_TARGETS)
  list(FILTER boresight_programs INCLUDE REGEX "^boresight-")
  if(boresight_programs)
    file(RELATIVE_PATH boresight_lib_from_bin
         "${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}" "${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}")
    set_target_properties(${boresight_programs} PROPERTIES INSTALL_RPATH "$ORIGIN/${boresight_lib_from_bin}")
    install(TARGETS ${boresight_programs})
  endif()
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/boresightConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/boresightConfig.cmake INSTALL_DESTINATION ${boresight_package_dir})
# Before 1.0 every minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/boresightConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/boresightConfig.cmake
              ${PROJECT_BINARY_DIR}/package/boresightConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindFFTW3f.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindLiquid.cmake
        DESTINATION ${boresight_package_dir})

install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
