#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture-svc/flags.h"
#include "learn/data/dataset.h"
#include "learn/data/labelled_captures.h"

namespace silhouette {

// Captures with their truths, in the place of tables: shared by `train` and `evaluate`.
struct LabelledFlags {
  std::vector<std::string> pcaps;
  std::vector<std::string> truths;
  std::vector<std::string> subjects;
  std::string block_length;  // empty: the truths' intervals
  ReadFlags read;

  bool any() const { return !pcaps.empty() || !truths.empty(); }
};
void AddLabelledFlags(CLI::App* app, LabelledFlags* flags);

// Of which windows a model is.
struct WindowFlags {
  std::string window = "0.5s";
  std::string subject = "conversation";
  std::string protocol = "udp";  // udp, tcp or all
};
void AddWindowFlags(CLI::App* app, WindowFlags* flags);
// Errors: INVALID_ARGUMENT and NOT_FOUND, naming the part.
absl::StatusOr<v1::WindowSpec> SpecOf(const WindowFlags& flags, const std::string& schema);

// Whether there are either tables with what they need or captures with theirs. Errors:
// INVALID_ARGUMENT that begins with the wrong flag.
absl::Status CheckDataFlags(const std::vector<std::string>& tables, const DatasetColumns& columns,
                            const LabelledFlags& flags);

// All but the spec and the classes. Errors: as MakeCaptureOptions.
absl::StatusOr<LabelledCaptures> CapturesOf(const LabelledFlags& flags);

// A line on what was used of a capture.
std::string UseLine(const CaptureUse& use);

}  // namespace silhouette
