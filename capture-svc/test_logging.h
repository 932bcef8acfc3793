#pragma once

#include "common/log.h"

namespace silhouette {

// Errors alone, once for all tests of the program. As main does: before there are threads.
inline void LogErrorsAlone() {
  static const bool done = [] {
    SetUpLogging("capture_test", {.level = "error"});
    return true;
  }();
  (void)done;
}

}  // namespace silhouette
