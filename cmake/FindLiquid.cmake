# Finds liquid-dsp, which ships neither a CMake nor a pkg-config file in Debian.
# Gives Liquid::liquid and Liquid_FOUND, Liquid_INCLUDE_DIR, Liquid_LIBRARY, Liquid_VERSION.
find_path(Liquid_INCLUDE_DIR liquid/liquid.h)
find_library(Liquid_LIBRARY liquid)
if(Liquid_INCLUDE_DIR)
  file(STRINGS "${Liquid_INCLUDE_DIR}/liquid/liquid.h" liquid_version_line
       REGEX "^#define LIQUID_VERSION +\"")
  string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" Liquid_VERSION "${liquid_version_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Liquid REQUIRED_VARS Liquid_LIBRARY Liquid_INCLUDE_DIR
                                  VERSION_VAR Liquid_VERSION)
if(Liquid_FOUND AND NOT TARGET Liquid::liquid)
  add_library(Liquid::liquid UNKNOWN IMPORTED)
  set_target_properties(Liquid::liquid PROPERTIES IMPORTED_LOCATION "${Liquid_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${Liquid_INCLUDE_DIR}")
endif()
mark_as_advanced(Liquid_INCLUDE_DIR Liquid_LIBRARY)
