#include "capture-svc/source/folder_source.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/capture_file/open_capture.h"
#include "common/files.h"

namespace silhouette {
namespace {

constexpr size_t kMaxAside = 4;
// Then the caller gets a turn, though none of them had a packet.
constexpr int kFilesPerRead = 64;
// A folder's own time tells of new names; files that are written anew are looked for once a second.
constexpr int kWaitsPerLook = 10;

absl::Status CheckFolder(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (status.type() == std::filesystem::file_type::not_found) {
    return absl::NotFoundError(absl::StrCat(path, ": no such folder; check the path"));
  }
  if (std::filesystem::is_directory(status)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": is no folder; name the folder that holds the captures"));
}

absl::Status CannotOpenWithoutLinks(const std::string& path, int reason) {
  if (reason != ELOOP) return CannotOpen(path, reason);
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": is a symbolic link, which is not followed; put the capture itself there"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FolderSource>> FolderSource::Open(FolderOptions options) {
  if (absl::Status status = CheckFolder(options.folder); !status.ok()) return status;
  std::unique_ptr<FolderSource> source(new FolderSource(std::move(options)));
  if (absl::Status status = source->Look(); !status.ok()) return status;
  if (source->options_.follow) return source;
  if (!source->watch_.any_waits()) {
    const std::string& glob = source->options_.glob;
    return absl::NotFoundError(absl::StrCat(source->options_.folder,
                                            ": no capture in this folder; captures are named ",
                                            glob.empty() ? kCaptureNames : glob.c_str()));
  }
  source->bytes_total_ = source->watch_.bytes_waiting();
  return source;
}

FolderSource::FolderSource(FolderOptions options)
    : options_(std::move(options)), watch_(options_.folder, options_.glob, options_.follow_links) {
  if (options_.wait) return;
  options_.wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(100)); };
}

absl::StatusOr<PacketBlock> FolderSource::Read() {
  bool looked = false;
  for (int files = 0; files < kFilesPerRead; ++files) {
    PacketBlock block;
    if (current_ != nullptr && ReadCurrent(&block)) return block;
    if (!looked && !watch_.HasNext(all_whole()) && LookIsDue()) {
      looked = true;
      if (absl::Status status = Look(); !status.ok()) return status;
      // Between its end and the look, its writer may have added what it had.
      if (current_ != nullptr && watch_.any_waits()) continue;
    }
    if (OpenNext() || ResumeGrown()) continue;
    if (all_whole()) return End();
    ++waits_;
    options_.wait();
    break;
  }
  return PacketBlock{};
}

bool FolderSource::ReadCurrent(PacketBlock* block) {
  File* file = current_.get();
  if (!file->head.empty() && IsReplaced(*file)) {
    Close(std::move(current_));
    return false;
  }
  const uint64_t ends_met = file->growing != nullptr ? file->growing->ends_met() : 0;
  absl::StatusOr<PacketBlock> got = file->source->Read();
  CountProgress(file);
  if (got.ok() && !got->packets.empty()) {
    *block = PacketBlock{got->packets};
    return true;
  }
  file->cut = got.ok() ? "" : std::string(got.status().message());
  // What ends elsewhere than at the file's end is damaged: more bytes do not help.
  const bool may_go_on =
      file->growing != nullptr && file->growing->ends_met() > ends_met && !file->growing->is_lost();
  if (may_go_on) {
    file->head = file->growing->Head();
  } else {
    Close(std::move(current_));
  }
  return false;
}

bool FolderSource::LookIsDue() {
  return all_whole() ? options_.follow
                     : watch_.any_waits() || watch_.NamesChanged() || waits_ % kWaitsPerLook == 0;
}

absl::Status FolderSource::Look() {
  const auto is_open = [this](const std::string& name) {
    return (current_ != nullptr && current_->name == name) ||
           std::any_of(aside_.begin(), aside_.end(),
                       [&](const auto& file) { return file->name == name; });
  };
  absl::Status status = watch_.Look(is_open);
  for (std::string& note : watch_.TakeNotes()) Note(std::move(note));
  return status;
}

bool FolderSource::OpenNext() {
  const std::string name = watch_.TakeNext(all_whole());
  if (name.empty()) return false;
  SetCurrentAside();
  absl::StatusOr<std::unique_ptr<File>> file = OpenFile(name);
  if (!file.ok()) {
    NoteUnreadable(name, file.status());
    return true;
  }
  current_ = *std::move(file);
  ++notes_.files_read;
  return true;
}

absl::StatusOr<std::unique_ptr<FolderSource::File>> FolderSource::OpenFile(
    const std::string& name) {
  const std::string path = watch_.PathOf(name);
  auto file = std::make_unique<File>();
  file->name = name;
  std::unique_ptr<ByteStream> no_link;  // nothing where links are followed
  std::string way = path;
  if (!options_.follow_links) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return CannotOpenWithoutLinks(path, errno);
    no_link = ReadDescriptor(descriptor, path);
    // The file that was opened, whatever its name leads to by now.
    way = absl::StrCat("/proc/self/fd/", descriptor);
  }
  absl::StatusOr<std::unique_ptr<PacketSource>> source;
  if (options_.follow && !IsPackedName(name)) {
    auto growing = GrowingFile::Open(way);
    if (!growing.ok()) return growing.status();
    file->growing = growing->get();
    source = OpenCaptureBytes(path, *std::move(growing), 0);
  } else if (no_link != nullptr) {
    source = OpenCaptureBytes(path, std::move(no_link), 0);
  } else {
    source = OpenCapture(path);
  }
  if (!source.ok()) return source.status();
  file->source = *std::move(source);
  return file;
}

bool FolderSource::ResumeGrown() {
  for (size_t i = 0; i < aside_.size();) {
    const File& file = *aside_[i];
    const bool ended = IsReplaced(file);
    if (!ended && !file.growing->has_more()) {
      ++i;
      continue;
    }
    std::unique_ptr<File> taken = std::move(aside_[i]);
    aside_.erase(aside_.begin() + static_cast<std::ptrdiff_t>(i));
    if (ended) {
      Close(std::move(taken));
      continue;
    }
    SetCurrentAside();
    current_ = std::move(taken);
    return true;
  }
  return false;
}

bool FolderSource::IsReplaced(const File& file) const {
  if (file.growing == nullptr) return false;
  if (!file.growing->Head().starts_with(file.head)) return true;
  return !file.growing->has_more() && file.growing->is_lost();
}

void FolderSource::SetCurrentAside() {
  if (current_ == nullptr) return;
  if (!current_->cut.empty()) NoteCut(current_.get(), current_->cut);
  aside_.push_back(std::move(current_));
  if (aside_.size() <= kMaxAside) return;
  std::unique_ptr<File> oldest = std::move(aside_.front());
  aside_.erase(aside_.begin());
  Close(std::move(oldest));
}

void FolderSource::Close(std::unique_ptr<File> file) {
  if (!file->cut.empty()) NoteCut(file.get(), file->cut);
  using Why = FolderWatch::Why;
  watch_.Leave(file->name, IsReplaced(*file) ? Why::kReplaced : Why::kRead);
}

void FolderSource::CountProgress(File* file) {
  const uint64_t bytes = file->source->bytes_read();
  bytes_read_ += bytes - std::exchange(file->bytes, bytes);
  const SourceLoss loss = file->source->loss();
  loss_.kernel_dropped += loss.kernel_dropped - file->loss.kernel_dropped;
  loss_.interface_dropped += loss.interface_dropped - file->loss.interface_dropped;
  file->loss = loss;
  quiet_until_ns_ = std::max(quiet_until_ns_, file->source->quiet_until_ns());
}

void FolderSource::NoteCut(File* file, std::string message) {
  if (std::exchange(file->cut_noted, true)) return;
  ++notes_.files_cut;
  NoteTrouble(std::move(message));
}

void FolderSource::NoteUnreadable(const std::string& name, const absl::Status& status) {
  watch_.Leave(name, FolderWatch::Why::kUnreadable);
  const std::string path = watch_.PathOf(name);
  std::error_code ignored;
  const bool packed_now = std::filesystem::exists(path + ".gz", ignored) ||
                          std::filesystem::exists(path + ".zst", ignored);
  // It is read as what it was packed to.
  if (absl::IsNotFound(status) && packed_now) return;
  ++notes_.files_unreadable;
  NoteTrouble(absl::IsNotFound(status) ? absl::StrCat(path, ": was removed before it could be read")
                                       : std::string(status.message()));
}

void FolderSource::NoteTrouble(std::string message) {
  if (first_trouble_.empty()) first_trouble_ = message;
  Note(std::move(message));
}

void FolderSource::Note(std::string message) {
  if (notes_.first.size() < FolderNotes::kMost) notes_.first.push_back(std::move(message));
}

std::string FolderSource::trouble() const {
  if (first_trouble_.empty()) return "";
  return absl::StrCat("files cut or damaged: ", notes_.files_cut,
                      ", not readable: ", notes_.files_unreadable, "; first ", first_trouble_);
}

bool FolderSource::Finish() {
  finishing_ = options_.follow;
  return options_.follow;
}

PacketBlock FolderSource::End() {
  if (current_ != nullptr) Close(std::move(current_));
  for (auto& file : std::exchange(aside_, {})) Close(std::move(file));
  ended_ = true;
  return PacketBlock{{}, true};
}

}  // namespace silhouette
