# Read by CPack before it packages: what the package depends on, and its time. dpkg-shlibdeps tells
# from the programs which versions of which packages have what they use. OpenCV is suggested only: the
# one library that wants it is opened when one of its models is trained, and it brings X and LLVM.
set(work ${CPACK_SILHOUETTE_BUILD}/shlibdeps)
file(WRITE ${work}/debian/control "")  # dpkg-shlibdeps wants one
set(bin ${CPACK_SILHOUETTE_BUILD}/bin)
list(TRANSFORM CPACK_SILHOUETTE_PROGRAMS PREPEND ${bin}/ OUTPUT_VARIABLE programs)
execute_process(
    COMMAND dpkg-shlibdeps -O -dDepends ${programs} -dSuggests ${bin}/silhouette_opencv.so
    WORKING_DIRECTORY ${work} OUTPUT_VARIABLE found COMMAND_ERROR_IS_FATAL ANY)
foreach(field Depends Suggests)
  string(TOUPPER ${field} name)
  if(NOT found MATCHES "shlibs:${field}=([^\n]+)")
    message(FATAL_ERROR "dpkg-shlibdeps names no package for ${field}: ${found}")
  endif()
  list(APPEND CPACK_DEBIAN_PACKAGE_${name} ${CMAKE_MATCH_1})
  list(JOIN CPACK_DEBIAN_PACKAGE_${name} ", " CPACK_DEBIAN_PACKAGE_${name})
endforeach()

# The same commit gives the same bytes, whenever it is packaged.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(
      COMMAND git log -1 --format=%ct
      WORKING_DIRECTORY ${CPACK_SILHOUETTE_SOURCE} OUTPUT_VARIABLE time ERROR_QUIET
      OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(time STREQUAL "")
    message(WARNING "not a checkout of git: set SOURCE_DATE_EPOCH, or each package differs by its time")
  else()
    set(ENV{SOURCE_DATE_EPOCH} ${time})
  endif()
endif()
