#include "capture-svc/source/expand_files.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "capture-svc/source/capture_names.h"

namespace silhouette {
namespace {
namespace fs = std::filesystem;

using Names = std::set<std::string, NaturalOrder>;

bool IsFolder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

absl::StatusOr<std::vector<std::string>> CapturesIn(const std::string& folder) {
  std::error_code error;
  Names names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (entry->is_regular_file(ignored) && IsCaptureName(name)) names.insert(name);
  }
  if (error) {
    return absl::PermissionDeniedError(absl::StrCat(
        folder, ": the folder cannot be read: ", error.message(), "; check its permissions"));
  }
  std::vector<std::string> files;
  for (const std::string& name : names) {
    // What was packed may not be gone yet.
    const std::string_view plain = WithoutPacking(name);
    if (plain == name || !names.contains(plain))
      files.push_back((fs::path(folder) / name).string());
  }
  if (files.empty()) {
    return absl::NotFoundError(
        absl::StrCat(folder, ": no capture in this folder; captures are named ", kCaptureNames));
  }
  return files;
}

absl::StatusOr<std::vector<std::string>> Matches(const std::string& pattern) {
  glob_t found{};
  const int result = glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> files;
  for (size_t i = 0; i < found.gl_pathc; ++i) {
    if (!IsFolder(found.gl_pathv[i])) files.emplace_back(found.gl_pathv[i]);
  }
  globfree(&found);
  if (result != 0 && result != GLOB_NOMATCH) {
    return absl::PermissionDeniedError(
        absl::StrCat(pattern, ": the folders of this pattern cannot be read; check permissions"));
  }
  if (files.empty()) {
    return absl::NotFoundError(
        absl::StrCat(pattern, ": no file matches this pattern; check it against the folder"));
  }
  std::sort(files.begin(), files.end(), NaturalOrder());
  return files;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ExpandFiles(const std::string& path_or_glob) {
  if (path_or_glob == "-") return std::vector{path_or_glob};
  if (IsFolder(path_or_glob)) return CapturesIn(path_or_glob);
  std::error_code ignored;
  const bool is_pattern = path_or_glob.find_first_of("*?[") != std::string::npos;
  // A file may have such a name.
  if (!is_pattern || fs::exists(path_or_glob, ignored)) return std::vector{path_or_glob};
  return Matches(path_or_glob);
}

}  // namespace silhouette
