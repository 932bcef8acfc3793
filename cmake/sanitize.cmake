# Instruments all targets defined after it. Include it after project(), before the first target.
# A fuzz target adds -fsanitize=fuzzer to its own link options; that brings libFuzzer's main().

set(SILHOUETTE_SANITIZE "" CACHE STRING
    "Value of -fsanitize=, for example address,undefined or thread; empty for none")

if(SILHOUETTE_SANITIZE)
  add_compile_options(
    -fsanitize=${SILHOUETTE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SILHOUETTE_SANITIZE})
endif()

# The thread sanitizer needs to be told how Debian's gRPC and Abseil synchronize. The library that does so
# must come before theirs in every program, hence here and for all targets; as an option too, since CMake
# moves a library that is named more than once to its last place.
if(SILHOUETTE_SANITIZE STREQUAL "thread")
  find_package(gRPC CONFIG REQUIRED)
  add_library(tsan_handover SHARED ${CMAKE_CURRENT_LIST_DIR}/../tests/tsan_handover.cc)
  target_compile_features(tsan_handover PRIVATE cxx_std_20)
  add_link_options(-Wl,--no-as-needed $<TARGET_FILE:tsan_handover> -Wl,--as-needed)
  link_libraries(tsan_handover)
endif()
