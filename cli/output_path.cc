#include "cli/output_path.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/partial_file.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

bool AreOne(const std::string& path, const std::string& other) {
  std::error_code unknown;
  return fs::weakly_canonical(path, unknown) == fs::weakly_canonical(other, unknown) ||
         fs::equivalent(path, other, unknown);
}

absl::Status Refused(const std::string& flag, const std::string& path, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", path, ": ", why));
}

}  // namespace

absl::Status CheckNamesFile(const std::string& flag, const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError(absl::StrCat(flag, ": names no file"));
  std::error_code unknown;
  const fs::file_status status = fs::status(path, unknown);
  if (fs::is_directory(status)) return Refused(flag, path, "is a directory; name a file inside it");
  const bool is_other = fs::exists(status) && !fs::is_regular_file(status);
  if (path != "-" && !is_other) return absl::OkStatus();
  return Refused(flag, path, "is no ordinary file; name one");
}

absl::Status CheckWritable(const std::string& path) {
  const PartialFile partial(path);  // removes itself
  if (std::ofstream(partial.path(), std::ios::binary)) return absl::OkStatus();
  const int reason = errno;
  return absl::Status(
      absl::ErrnoToStatusCode(reason),
      absl::StrCat(path, ": cannot be written: ", std::strerror(reason), "; check its folder"));
}

absl::Status CheckOutputPath(const std::string& flag, const std::string& path,
                             const std::vector<std::string>& taken) {
  if (absl::Status s = CheckNamesFile(flag, path); !s.ok()) return s;
  for (const std::string& other : taken) {
    if (!AreOne(path, other)) continue;
    return Refused(flag, path, "is read or written besides; name another file");
  }
  std::error_code unknown;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, unknown)) {
    return Refused(flag, path,
                   absl::StrCat("there is no folder ", folder.string(), "; make it first"));
  }
  const absl::Status writable = CheckWritable(path);
  if (writable.ok()) return writable;
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", std::string(writable.message())));
}

}  // namespace silhouette
