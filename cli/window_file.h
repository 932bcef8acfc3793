#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/partial_file.h"
#include "common/schema.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// True for what is there and is no ordinary file: standard output ("-"), a device, a pipe.
bool IsStream(const std::string& path);

enum class WindowFormat {
  kCsv,     // a header, then a row a window
  kJsonl,   // a JSON object a line; windows of several specs may be mixed
  kLibsvm,  // "0 1:VALUE …", features numbered from 1, zeros left out
};

// "csv", "jsonl" or "libsvm". Errors: INVALID_ARGUMENT.
absl::StatusOr<WindowFormat> ParseWindowFormat(std::string_view name);
// By the end of the file's name: .jsonl, .json, .libsvm, .svm; all others are CSV.
WindowFormat WindowFormatOf(const std::string& path);

// One window as a line of the format, without its end. `schema` and `spec` (its text) are the
// table's.
std::string WindowLine(WindowFormat format, const v1::WindowTable& table, int row,
                       const FeatureSchema& schema, const std::string& spec);
// The first line; empty where the format has none.
std::string WindowHeader(WindowFormat format, const FeatureSchema& schema);

// A file of windows, or standard output.
class WindowFile {
 public:
  // `path` "-" is standard output. A file `in_place` grows under its own name, and so does what is
  // no ordinary file, as a pipe; others appear once they are whole. `schema` is that of the windows
  // where the format holds one alone. Errors: why it cannot be written.
  static absl::StatusOr<std::unique_ptr<WindowFile>> Open(const std::string& path,
                                                          WindowFormat format,
                                                          const FeatureSchema& schema,
                                                          bool in_place);

  // Errors: a full disk, a closed pipe.
  absl::Status Write(const v1::WindowBatch& batch);
  absl::Status Finish();

  uint64_t windows() const { return windows_; }

 private:
  WindowFile(std::string path, WindowFormat format) : path_(std::move(path)), format_(format) {}
  absl::Status Check() const;

  const std::string path_;
  const WindowFormat format_;
  std::optional<PartialFile> partial_;
  std::ofstream file_;
  std::ostream* out_ = nullptr;
  bool is_watched_ = false;  // somebody may read it while it grows
  uint64_t windows_ = 0;
};

}  // namespace silhouette
