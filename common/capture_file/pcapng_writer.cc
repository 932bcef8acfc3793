#include "common/capture_file/pcapng_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/capture_file/pcapng_blocks.h"
#include "common/parse/link_type.h"

namespace silhouette {
namespace {

constexpr size_t kBufferBytes = 256 << 10;
constexpr mode_t kOwnerOnly = 0600;  // who talks to whom is personal

enum BlockType : uint32_t {
  kSectionHeader = 0x0a0d0d0a,
  kInterfaceDescription = 1,
  kInterfaceStatistics = 5,
  kEnhancedPacket = 6,
};

void AddSection(std::string* buffer) {
  constexpr uint32_t kByteOrder = 0x1a2b3c4d;
  constexpr uint16_t kApplication = 4;
  PcapngBlock(buffer, kSectionHeader)
      .U32(kByteOrder)
      .U16(1)
      .U16(0)
      .U64(std::numeric_limits<uint64_t>::max())  // a length that is not known yet
      .TextOption(kApplication, "silhouette")
      .EndOfOptions();
}

absl::Status CannotWrite(const std::string& path, absl::StatusCode code, int reason) {
  return absl::Status(code, absl::StrCat(path, ": cannot be written: ", std::strerror(reason),
                                         "; check its folder's permissions and space"));
}

// A descriptor, or -1 and errno.
int OpenForOwner(const std::string& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return -1;
  // A file that was there keeps its mode, unlike a device, which keeps it rightly.
  struct stat status;
  const bool is_file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (is_file && fchmod(descriptor, kOwnerOnly) != 0) {
    const int reason = errno;
    close(descriptor);
    errno = reason;
    return -1;
  }
  return descriptor;
}

// 0 or errno.
int WriteAll(int descriptor, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PcapngWriter>> PcapngWriter::Create(const std::string& path,
                                                                   std::string interface_name) {
  const int descriptor = OpenForOwner(path);
  if (descriptor < 0) {
    const int reason = errno;
    return CannotWrite(path, absl::ErrnoToStatusCode(reason), reason);
  }
  std::unique_ptr<PcapngWriter> writer(
      new PcapngWriter(path, std::move(interface_name), descriptor));
  AddSection(&writer->buffer_);
  if (absl::Status status = writer->Flush(); !status.ok()) return status;
  return writer;
}

PcapngWriter::PcapngWriter(std::string path, std::string interface_name, int descriptor)
    : path_(std::move(path)), interface_name_(std::move(interface_name)), descriptor_(descriptor) {
  buffer_.reserve(kBufferBytes + (64 << 10));
}

PcapngWriter::~PcapngWriter() {
  if (descriptor_ < 0) return;
  Flush().IgnoreError();
  close(descriptor_);
}

absl::Status PcapngWriter::Write(const RawPacket& packet, size_t kept_bytes) {
  if (!status_.ok()) return status_;
  if (packet.time_ns < 0) {
    return Refuse(absl::StrCat("a packet of before 1970 (", packet.time_ns, " ns)"));
  }
  if (packet.link_type > std::numeric_limits<uint16_t>::max()) {
    return Refuse(absl::StrCat("a packet of link type ", LinkTypeName(packet.link_type)));
  }
  const size_t interface = FindInterface(packet.link_type);
  const auto kept = packet.captured.first(std::min(kept_bytes, packet.captured.size()));
  PcapngBlock(&buffer_, kEnhancedPacket)
      .U32(static_cast<uint32_t>(interface))
      .Time(packet.time_ns)
      .U32(static_cast<uint32_t>(kept.size()))
      .U32(packet.wire_bytes)
      .Data(kept);
  ++interfaces_[interface].packets;
  newest_ns_ = std::max(newest_ns_, packet.time_ns);
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
}

absl::Status PcapngWriter::Refuse(const std::string& what) {
  ++refused_;
  return absl::InvalidArgumentError(
      absl::StrCat(path_, ": pcapng has no room for ", what, "; the packet is left out"));
}

size_t PcapngWriter::FindInterface(uint32_t link_type) {
  const auto found = std::find_if(interfaces_.begin(), interfaces_.end(),
                                  [=](const auto& each) { return each.link_type == link_type; });
  if (found != interfaces_.end()) return static_cast<size_t>(found - interfaces_.begin());
  constexpr uint16_t kName = 2, kResolution = 9;
  constexpr uint8_t kNanoseconds = 9;
  PcapngBlock block(&buffer_, kInterfaceDescription);
  block.U16(static_cast<uint16_t>(link_type)).U16(0).U32(0);  // captured bytes without a limit
  if (!interface_name_.empty()) block.TextOption(kName, interface_name_);
  block.ByteOption(kResolution, kNanoseconds).EndOfOptions();
  interfaces_.push_back({link_type});
  return interfaces_.size() - 1;
}

absl::Status PcapngWriter::Flush() {
  if (!status_.ok() || descriptor_ < 0) return status_;
  const int reason = WriteAll(descriptor_, buffer_.data(), buffer_.size());
  flushed_ += buffer_.size();
  buffer_.clear();
  if (reason == 0) return absl::OkStatus();
  const bool full = reason == ENOSPC || reason == EDQUOT;
  status_ = CannotWrite(
      path_, full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable, reason);
  return status_;
}

void PcapngWriter::AddStatistics(size_t interface, std::optional<int64_t> end_ns,
                                 const SourceLoss& loss) {
  constexpr uint16_t kEndTime = 3, kReceived = 4, kDroppedByInterface = 5, kDroppedBySystem = 7;
  PcapngBlock block(&buffer_, kInterfaceStatistics);
  block.U32(static_cast<uint32_t>(interface)).Time(end_ns.value_or(newest_ns_));
  if (end_ns.has_value()) block.TimeOption(kEndTime, *end_ns);
  block.CountOption(kReceived, interfaces_[interface].packets)
      .CountOption(kDroppedByInterface, loss.interface_dropped)
      .CountOption(kDroppedBySystem, loss.kernel_dropped)
      .EndOfOptions();
}

absl::Status PcapngWriter::Close(std::optional<int64_t> end_ns, const SourceLoss& loss) {
  if (descriptor_ < 0) return status_;
  if (end_ns.has_value() && *end_ns < 0) end_ns.reset();
  // What was lost has no link type; it counts once, with the first interface.
  const bool any_loss = loss.interface_dropped != 0 || loss.kernel_dropped != 0;
  if (interfaces_.empty() && (any_loss || end_ns.has_value())) FindInterface(kLinkEthernet);
  for (size_t i = 0; i < interfaces_.size(); ++i) {
    AddStatistics(i, end_ns, i == 0 ? loss : SourceLoss{});
  }
  absl::Status status = Flush();
  // A network file system may find out only now that there is no space.
  if (close(std::exchange(descriptor_, -1)) != 0 && status.ok()) {
    status = status_ = CannotWrite(path_, absl::StatusCode::kUnavailable, errno);
  }
  return status;
}

}  // namespace silhouette
