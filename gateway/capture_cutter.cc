#include "gateway/capture_cutter.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/capture_file/open_capture.h"
#include "common/capture_file/pcapng_writer.h"
#include "common/capture_file/recording_source.h"
#include "common/text.h"

namespace silhouette {
namespace {

// Until the disk has a file.
absl::Status Synchronize(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = descriptor >= 0 && fsync(descriptor) == 0;
  const int reason = errno;
  if (descriptor >= 0) close(descriptor);
  if (done) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path, ": cannot be kept: ", std::strerror(reason)));
}

}  // namespace

CaptureCutter::CaptureCutter(std::string path, std::string name,
                             std::function<absl::Status(uint64_t bytes)> may_keep)
    : path_(std::move(path)),
      name_(std::move(name)),
      may_keep_(std::move(may_keep)),
      channel_(std::make_shared<ByteChannel>()),
      thread_([this] {
        absl::Status done = Work();
        {
          std::lock_guard lock(mutex_);
          done_ = std::move(done);
        }
        channel_->Abandon();
      }) {}

CaptureCutter::~CaptureCutter() {
  channel_->Abandon();
  if (thread_.joinable()) thread_.join();
}

absl::Status CaptureCutter::Write(std::string_view bytes) {
  if (channel_->Write(std::string(bytes))) return absl::OkStatus();
  // The work is over: with an error, or since what follows is of no use.
  std::lock_guard lock(mutex_);
  return done_;
}

absl::StatusOr<CaptureCutter::Result> CaptureCutter::Finish() {
  channel_->Close();
  if (thread_.joinable()) thread_.join();
  std::lock_guard lock(mutex_);
  if (!done_.ok()) return done_;
  return result_;
}

absl::Status CaptureCutter::Work() {
  UnpackLimits limits = kHandedIn;
  limits.most_ratio = 300;
  auto source = OpenCaptureBytes(name_, ReadChannel(channel_), 0, limits);
  if (!source.ok()) return source.status();
  auto writer = PcapngWriter::Create(path_, "");
  if (!writer.ok()) return writer.status();
  absl::Status copied = Copy(source->get(), writer->get());
  // What came before is good.
  if (absl::IsDataLoss(copied)) {
    result_.incomplete = ToUtf8(std::string(copied.message()));
    copied = absl::OkStatus();
  }
  if (!copied.ok()) return copied;
  if (result_.packets == 0 && result_.incomplete.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": holds no packets; capture for longer"));
  }
  if (absl::Status closed = (*writer)->Close({}, (*source)->loss()); !closed.ok()) return closed;
  result_.bytes = written_ = (*writer)->bytes();
  return Synchronize(path_);
}

absl::Status CaptureCutter::Copy(PacketSource* source, PcapngWriter* writer) {
  constexpr uint64_t kCheckBytes = 1 << 20;
  uint64_t checked = 0;
  while (true) {
    auto block = source->Read();
    if (!block.ok()) return block.status();
    for (const RawPacket& packet : block->packets) {
      const absl::Status status = writer->Write(packet, HeaderBytes(packet));
      if (!status.ok() && !absl::IsInvalidArgument(status)) return status;
    }
    result_.packets += block->packets.size();
    written_ = writer->bytes();
    if (written_ - checked >= kCheckBytes || block->end) {
      checked = written_;
      if (absl::Status kept = may_keep_(written_); !kept.ok()) return kept;
    }
    if (!block->end) continue;
    result_.incomplete = ToUtf8(source->trouble());
    if (writer->refused() > 0 && result_.incomplete.empty()) {
      result_.incomplete = absl::StrCat(writer->refused(), " packets have impossible times");
    }
    return absl::OkStatus();
  }
}

}  // namespace silhouette
