#pragma once

#include "absl/status/statusor.h"
#include "learn/models/opencv/trainers.h"

namespace silhouette {

// What trains OpenCV's models. Opens the library silhouette_opencv, the first time, and keeps it:
// in PREFIX/lib/silhouette of a program in PREFIX/bin, or else beside the program. Programs are not
// linked with it, because some of the libraries that OpenCV brings (OpenBLAS, where it is
// installed) start threads as they are loaded. These would keep the privileges that a live capture
// gives up, and die of the signals that a program waits for. Errors: UNAVAILABLE where it cannot be
// opened.
absl::StatusOr<const OpencvTrainers*> OpenOpencvLibrary();

}  // namespace silhouette
