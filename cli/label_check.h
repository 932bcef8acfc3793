#pragma once

#include <string>

#include "absl/status/status.h"

namespace silhouette {

// Tells on stdout how the times of a truth fit those of a capture, as text or as one JSON object.
// Errors: as ReadTruth and OpenCapture; FAILED_PRECONDITION when they do not overlap; DATA_LOSS
// when the capture is cut, once what it holds was told.
absl::Status CheckTruth(const std::string& truth_file, const std::string& capture_file, bool json);

}  // namespace silhouette
