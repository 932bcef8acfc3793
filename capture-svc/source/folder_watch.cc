#include "capture-svc/source/folder_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/capture_file/pcap_format.h"

namespace silhouette {
namespace {

constexpr int kSettled = 10;       // looks; a second
constexpr size_t kHeadBytes = 64;  // a header and the first packet's time

int64_t ModifiedNs(const struct stat& status) {
  return int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

}  // namespace

absl::Status FolderWatch::Look(const std::function<bool(const std::string&)>& is_open) {
  absl::StatusOr<Files> files = List();
  if (!files.ok()) return files.status();
  const auto before = std::exchange(waiting_, {});
  for (const auto& [name, state] : *files) {
    const auto left = left_.find(name);
    if (is_open(name) || (left != left_.end() && !IsNew(name, state, &left->second))) continue;
    // Packed from what was read or will be: tcpdump -z gzip.
    const std::string plain(WithoutPacking(name));
    const auto plain_left = left_.find(plain);
    const bool plain_read = plain_left != left_.end() && plain_left->second.readable;
    if (plain != name && (plain_read || is_open(plain) || files->contains(plain))) continue;
    Waiting& waits = waiting_[name];
    waits.state = state;
    const auto found = before.find(name);
    if (found != before.end() && found->second.state == state) {
      waits.looks_unchanged = found->second.looks_unchanged + 1;
    }
  }
  ForgetAllBut(*files);
  return absl::OkStatus();
}

absl::StatusOr<FolderWatch::Files> FolderWatch::List() {
  struct stat status;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(folder_.c_str()), &closedir);
  if (folder == nullptr || fstat(dirfd(folder.get()), &status) != 0) {
    return absl::UnavailableError(absl::StrCat(folder_, ": the folder cannot be read: ",
                                               std::strerror(errno), "; is its disk still there?"));
  }
  folder_modified_ns_ = ModifiedNs(status);
  const int flags = follow_links_ ? 0 : AT_SYMLINK_NOFOLLOW;
  Files files;
  std::set<std::string> others;
  while (const dirent* entry = readdir(folder.get())) {
    const std::string name = entry->d_name;
    if (fstatat(dirfd(folder.get()), entry->d_name, &status, flags) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    if (IsNamedLikeACapture(name)) {
      files[name] = {static_cast<uint64_t>(status.st_size), ModifiedNs(status)};
    } else if (glob_.empty() && !name.starts_with('.')) {
      others.insert(name);
    }
  }
  for (const std::string& name : others) {
    if (others_.contains(name)) continue;
    notes_.push_back(absl::StrCat(PathOf(name), ": skipped; captures are named ", kCaptureNames));
  }
  others_ = std::move(others);
  return files;
}

bool FolderWatch::IsNamedLikeACapture(const std::string& name) const {
  if (glob_.empty()) return IsCaptureName(name);
  return fnmatch(glob_.c_str(), name.c_str(), FNM_CASEFOLD | FNM_PERIOD) == 0;
}

bool FolderWatch::IsNew(const std::string& name, const State& state, Left* left) {
  if (left->state == state) return false;
  if (left->state == State{}) return true;
  const std::string head = Head(name);
  if (!left->readable && head != left->head) return true;
  if (state.size < left->state.size || !head.starts_with(left->head)) return true;
  if (left->readable && state.size > left->state.size) {
    notes_.push_back(absl::StrCat(PathOf(name), ": grew behind byte ", left->state.size,
                                  " when newer files were read already; what follows there is not "
                                  "read; give each program that captures a folder of its own"));
  }
  left->state = state;
  return false;
}

void FolderWatch::ForgetAllBut(const Files& files) {
  const auto is_packed_now = [&](const std::string& name) {
    return files.contains(name + ".gz") || files.contains(name + ".zst");
  };
  std::erase_if(left_, [&](const auto& left) {
    return !files.contains(left.first) && !is_packed_now(left.first);
  });
}

bool FolderWatch::NamesChanged() const {
  struct stat status;
  return stat(folder_.c_str(), &status) != 0 || ModifiedNs(status) != folder_modified_ns_;
}

bool FolderWatch::HasNext(bool whole) const {
  // Of several, all but one were left by their writer.
  if (whole || waiting_.size() != 1) return !waiting_.empty();
  const auto& [name, waits] = *waiting_.begin();
  if (IsPackedName(name)) return waits.looks_unchanged >= kSettled;
  return waits.state.size >= PcapFormat::kFileHeader;
}

std::string FolderWatch::TakeNext(bool whole) {
  if (!HasNext(whole)) return "";
  return waiting_.extract(waiting_.begin()).key();
}

uint64_t FolderWatch::bytes_waiting() const {
  uint64_t bytes = 0;
  for (const auto& [name, waits] : waiting_) bytes += waits.state.size;
  return bytes;
}

void FolderWatch::Leave(const std::string& name, Why why) {
  const bool readable = why != Why::kUnreadable;
  struct stat status;
  const int flags = follow_links_ ? 0 : AT_SYMLINK_NOFOLLOW;
  if (fstatat(AT_FDCWD, PathOf(name).c_str(), &status, flags) != 0) {
    left_[name] = {{}, "", readable};  // what it may be packed to by now was read
  } else if (why == Why::kReplaced) {
    left_.erase(name);
  } else {
    left_[name] = {
        {static_cast<uint64_t>(status.st_size), ModifiedNs(status)}, Head(name), readable};
  }
}

std::string FolderWatch::Head(const std::string& name) const {
  std::string head(kHeadBytes, '\0');
  const int flags = O_RDONLY | O_CLOEXEC | (follow_links_ ? 0 : O_NOFOLLOW);
  const int descriptor = open(PathOf(name).c_str(), flags);
  const ssize_t got = descriptor < 0 ? 0 : read(descriptor, head.data(), head.size());
  if (descriptor >= 0) close(descriptor);
  head.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return head;
}

}  // namespace silhouette
