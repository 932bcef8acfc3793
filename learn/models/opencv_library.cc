#include "learn/models/opencv_library.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

absl::Status CannotOpen(const char* reason) {
  return absl::UnavailableError(
      absl::StrCat("OpenCV's models: ", reason, "; build silhouette_opencv beside the program"));
}

absl::StatusOr<const OpencvTrainers*> Open() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string path = program.parent_path() / "silhouette_opencv.so";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
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
