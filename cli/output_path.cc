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

}  // namespace

absl::Status CheckOutputPath(const std::string& flag, const std::string& path,
                             const std::vector<std::string>& taken) {
  const auto refuse = [&](const std::string& why) {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": ", path, ": ", why));
  };
  std::error_code unknown;
  const fs::file_status status = fs::status(path, unknown);
  if (fs::is_directory(status)) return refuse("is a directory; name a file inside it");
  if (path == "-" || (fs::exists(status) && !fs::is_regular_file(status))) {
    return refuse("is no file; name one");
  }
  for (const std::string& other : taken) {
    if (AreOne(path, other)) return refuse("is read or written besides; name another file");
  }
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, unknown)) {
    return refuse(absl::StrCat("there is no folder ", folder.string(), "; make it first"));
  }
  const PartialFile partial(path);  // removes itself
  if (std::ofstream(partial.path(), std::ios::binary)) return absl::OkStatus();
  return refuse(absl::StrCat("cannot be written: ", std::strerror(errno), "; check its folder"));
}

}  // namespace silhouette
