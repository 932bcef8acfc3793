#include "gateway/spool.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

// Of the spool's files, which are pcapng; nobody else's end so.
constexpr char kEnding[] = ".silhouette-job";

}  // namespace

Spool::Share::~Share() {
  spool_->bytes_ -= bytes_;
  std::error_code ignored;
  if (!keeps_) fs::remove(path_, ignored);
}

absl::Status Spool::Share::Grow(uint64_t bytes) {
  const uint64_t all = spool_->bytes_ += bytes - bytes_;
  bytes_ = bytes;
  if (all <= spool_->quota_) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the spool takes ", spool_->quota_ >> 20,
                   " MiB of all captures that wait; hand it in when others are done, in parts, or "
                   "raise --spool-quota"));
}

absl::StatusOr<std::unique_ptr<Spool>> Spool::Open(const std::string& folder, uint64_t quota) {
  std::error_code error;
  const bool is_new = fs::create_directories(folder, error);
  if (!error && is_new) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat(folder, ": cannot be the spool of jobs: ", error.message(),
                     "; name a folder that can be written"));
  }
  return std::unique_ptr<Spool>(new Spool(folder, quota));
}

std::shared_ptr<Spool::Share> Spool::Add(const std::string& name) {
  return std::make_shared<Share>(this, absl::StrCat(folder_, "/", name, kEnding));
}

void Spool::Tidy(const std::function<bool(const std::string& name)>& keeps) const {
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(folder_, ignored)) {
    if (file.path().extension() != kEnding || !file.is_regular_file(ignored)) continue;
    if (!keeps(file.path().stem().string())) fs::remove(file.path(), ignored);
  }
}

}  // namespace silhouette
