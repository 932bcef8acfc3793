# Instruments all targets defined after it. Include it after project(), before the first target.
# A fuzz target adds -fsanitize=fuzzer to its own link options; that brings libFuzzer's main().

set(SILHOUETTE_SANITIZE "" CACHE STRING
    "Value of -fsanitize=, for example address,undefined or thread; empty for none")

if(SILHOUETTE_SANITIZE)
  add_compile_options(
    -fsanitize=${SILHOUETTE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SILHOUETTE_SANITIZE})
endif()
