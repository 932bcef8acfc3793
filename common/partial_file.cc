#include "common/partial_file.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"

namespace silhouette {

PartialFile::PartialFile(std::string target)
    : target_(std::move(target)), path_(absl::StrCat(target_, ".partial")) {}

PartialFile::~PartialFile() {
  if (!published_) std::remove(path_.c_str());
}

absl::Status PartialFile::Publish() {
  if (std::rename(path_.c_str(), target_.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot rename ", path_, " to ", target_));
  }
  published_ = true;
  return absl::OkStatus();
}

}  // namespace silhouette
