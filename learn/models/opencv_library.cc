#include "learn/models/opencv_library.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

absl::Status CannotOpen(const char* reason) {
  return absl::UnavailableError(
      absl::StrCat("OpenCV's models: ", reason,
                   "; they want silhouette_opencv, which is built with the program, and "
                   "Debian's libopencv-ml406"));
}

// Beside the program where it was built; in PREFIX/lib/silhouette where it is installed.
std::string LibraryPath() {
  std::error_code error;
  const fs::path bin = fs::read_symlink("/proc/self/exe", error).parent_path();
  const char* const name = "silhouette_opencv.so";
  const fs::path installed = bin.parent_path() / "lib" / "silhouette" / name;
  return fs::exists(installed, error) ? installed.string() : (bin / name).string();
}

absl::StatusOr<const OpencvTrainers*> Open() {
  void* library = dlopen(LibraryPath().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return CannotOpen(dlerror());
  void* trainers = dlsym(library, "SilhouetteOpencvTrainers");
  if (trainers == nullptr) return CannotOpen(dlerror());
  return reinterpret_cast<decltype(&SilhouetteOpencvTrainers)>(trainers)();
}

}  // namespace

absl::StatusOr<const OpencvTrainers*> OpenOpencvLibrary() {
  static const absl::StatusOr<const OpencvTrainers*> trainers = Open();
  return trainers;
}

}  // namespace silhouette
