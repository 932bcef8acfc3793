#pragma once

#include <string>

#include "absl/status/status.h"
#include "cli/label_keys.h"

namespace silhouette {

// Takes keys from standard input until its end, q or a signal, and keeps the truth that they make
// in `out`: by rename after each key and once a second, so that whatever ends the program, the file
// is whole and at most a second short. What happens is told on stderr, the outcome on stdout.
// Errors: `out` cannot be written; FAILED_PRECONDITION when nothing was recorded.
absl::Status RecordLabels(const std::string& out, const LabelKeys& keys);

}  // namespace silhouette
