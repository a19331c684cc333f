# boresight.h includes every public header, and none that does not exist.
file(STRINGS ${INCLUDE_DIR}/boresight/boresight.h lines REGEX "^#include \"")
set(included "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "^#include \"([^\"]+)\".*" "\\1" header "${line}")
  list(APPEND included ${header})
endforeach()

file(GLOB_RECURSE present RELATIVE ${INCLUDE_DIR} ${INCLUDE_DIR}/boresight/*.h)
list(REMOVE_ITEM present boresight/boresight.h)
list(APPEND present boresight/core/version.h)  # generated

set(missing ${present})
list(REMOVE_ITEM missing ${included})
set(unknown ${included})
list(REMOVE_ITEM unknown ${present})
if(missing OR unknown)
  message(FATAL_ERROR "boresight.h does not include: ${missing}\nand includes what is not there: ${unknown}")
endif()
