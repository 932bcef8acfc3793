# Faster builds where the tools are there: ccache in front of the compiler, mold as the linker.
# Include it after project(). -DSILHOUETTE_FAST_TOOLS=OFF leaves both out.

option(SILHOUETTE_FAST_TOOLS "Use ccache and mold where found" ON)
if(NOT SILHOUETTE_FAST_TOOLS)
  return()
endif()

find_program(SILHOUETTE_CCACHE ccache)
mark_as_advanced(SILHOUETTE_CCACHE)
if(SILHOUETTE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SILHOUETTE_CCACHE})
endif()

# Asked of the compiler, not of the PATH: an old compiler does not know the name.
include(CheckLinkerFlag)
check_linker_flag(CXX -fuse-ld=mold SILHOUETTE_MOLD_WORKS)
if(SILHOUETTE_MOLD_WORKS)
  add_link_options(-fuse-ld=mold)
endif()
