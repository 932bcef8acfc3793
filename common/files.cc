#include "common/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/partial_file.h"

namespace silhouette {
namespace fs = std::filesystem;

absl::Status CannotOpen(const std::string& path, int reason) {
  if (reason == ENOENT) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file; check the path"));
  }
  return absl::PermissionDeniedError(
      absl::StrCat(path, ": cannot be opened: ", std::strerror(reason), "; check its permissions"));
}

absl::Status CheckReadableFile(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return CannotOpen(path, ENOENT);
  if (fs::is_directory(status)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a directory; name a file inside it"));
  }
  std::ifstream file(path, std::ios::binary);
  return file ? absl::OkStatus() : CannotOpen(path, errno);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (absl::Status status = CheckReadableFile(path); !status.ok()) return status;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (file.bad()) return absl::DataLossError(absl::StrCat(path, ": reading failed"));
  return std::move(content).str();
}

absl::Status WriteFileByRename(const std::string& path, std::string_view content) {
  PartialFile partial(path);
  std::ofstream file(partial.path(), std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) {
    const int reason = errno;
    return absl::Status(absl::ErrnoToStatusCode(reason),
                        absl::StrCat(path, ": cannot be written: ", std::strerror(reason),
                                     "; check its folder's permissions and space"));
  }
  return partial.Publish();
}

std::string FindInstalledFolder(const std::string& name) {
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path bin = binary.parent_path();
    // PREFIX/bin/x, then CHECKOUT/build/PRESET/bin/x.
    for (const fs::path& candidate : {bin.parent_path() / "share" / "silhouette" / name,
                                      bin.parent_path().parent_path().parent_path() / name}) {
      if (fs::is_directory(candidate, error)) return candidate.string();
    }
  }
  return name;
}

}  // namespace silhouette
