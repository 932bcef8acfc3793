#include "capture-svc/source/live_source.h"

#include <linux/filter.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "capture-svc/source/interfaces.h"
#include "common/parse/link_type.h"

namespace silhouette {
namespace {

constexpr std::chrono::milliseconds kLongestWait{100};
// The interface's losses are files of the kernel's: not for each block.
constexpr std::chrono::milliseconds kLossInterval{100};
// Where the kernel's door cannot be closed, and packets go on coming.
constexpr std::chrono::seconds kLongestFinish{1};

// Makes the kernel accept no more packets. pcap_setfilter would do it, too, but would apply the
// filter to those that were accepted already.
bool CloseDoor(int descriptor) {
  sock_filter reject{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &reject};
  return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LiveSource>> LiveSource::Open(const LiveOptions& options,
                                                             Clock clock) {
  auto opened = OpenLiveInterface(options);
  if (!opened.ok()) return opened.status();
  return std::unique_ptr<LiveSource>(new LiveSource(options, *std::move(opened), std::move(clock)));
}

LiveSource::LiveSource(const LiveOptions& options, OpenInterface opened, Clock clock)
    : name_(options.interface),
      opened_(std::move(opened)),
      handle_(opened_.handle.get()),
      clock_(std::move(clock)),
      snap_length_(static_cast<size_t>(options.snap_length)),
      index_(name_ == kAnyInterface ? 0 : if_nametoindex(name_.c_str())),
      bytes_(snap_length_ * PacketBlock::kMaxPackets) {
  const uint32_t link_type = LinkTypeOfDlt(pcap_datalink(handle_));
  for (RawPacket& packet : packets_) packet.link_type = link_type;
}

int64_t LiveSource::SystemClock() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

absl::StatusOr<PacketBlock> LiveSource::Read() {
  const bool door_open = finish_at_ && !door_closed_;
  if (ended_ || (door_open && Steady::now() - *finish_at_ > kLongestFinish)) return End();
  size_t count = TakeReady();
  if (count == 0) {
    Wait();
    count = TakeReady();
  }
  if (taken_at_ - loss_at_ >= kLossInterval) UpdateLoss();
  if (count == 0) return Silence();
  trouble_since_.reset();
  return PacketBlock{{packets_.data(), count}};
}

bool LiveSource::Finish() {
  if (finish_at_) return true;
  door_closed_ = CloseDoor(pcap_fileno(handle_));
  finish_at_ = Steady::now();
  return true;
}

size_t LiveSource::TakeReady() {
  taken_at_ = Steady::now();
  const int64_t now_ns = clock_();
  count_ = 0;
  const int result = pcap_dispatch(handle_, PacketBlock::kMaxPackets, &LiveSource::TakePacket,
                                   reinterpret_cast<u_char*>(this));
  read_error_ = result == PCAP_ERROR ? pcap_geterr(handle_) : "";
  if (count_ == 0) {
    const int64_t settled_ns = std::chrono::nanoseconds(kSettled).count();
    quiet_until_ns_ = std::max(quiet_until_ns_, now_ns - settled_ns);
  }
  return count_;
}

void LiveSource::TakePacket(u_char* self, const pcap_pkthdr* header, const u_char* bytes) {
  LiveSource& source = *reinterpret_cast<LiveSource*>(self);
  // libpcap gives the packet back to the kernel when this returns.
  uint8_t* const kept = source.bytes_.data() + source.count_ * source.snap_length_;
  const size_t size = std::min<size_t>(header->caplen, source.snap_length_);
  std::memcpy(kept, bytes, size);
  RawPacket& packet = source.packets_[source.count_++];
  packet.time_ns = int64_t{header->ts.tv_sec} * 1'000'000'000 +
                   int64_t{header->ts.tv_usec} * source.opened_.ns_per_fraction;
  packet.wire_bytes = header->len;
  packet.captured = {kept, size};
  source.bytes_read_.fetch_add(size, std::memory_order_relaxed);
}

void LiveSource::Wait() {
  // After trouble the socket may say at once, again and again, that it has something to tell.
  const bool ask_socket = !trouble_since_;
  pollfd socket{pcap_get_selectable_fd(handle_), POLLIN, 0};
  poll(&socket, ask_socket ? 1 : 0, static_cast<int>(kLongestWait.count()));
}

absl::StatusOr<PacketBlock> LiveSource::Silence() {
  if (finish_at_ && taken_at_ - *finish_at_ >= kSettled) return End();
  const std::string trouble = FindTrouble();
  if (trouble.empty()) {
    trouble_since_.reset();
    return PacketBlock{};
  }
  // What came before it may still lie in a block that the kernel has not handed over.
  if (!trouble_since_) trouble_since_ = taken_at_;
  if (taken_at_ - *trouble_since_ < kSettled) return PacketBlock{};
  UpdateLoss();
  return absl::UnavailableError(absl::StrCat(name_, ": ", trouble));
}

PacketBlock LiveSource::End() {
  ended_ = true;
  UpdateLoss();
  return PacketBlock{{}, true};
}

std::string LiveSource::FindTrouble() const {
  if (index_ != 0) {
    // By its number, for a name may change.
    ifreq request{};
    request.ifr_ifindex = static_cast<int>(index_);
    const int descriptor = pcap_fileno(handle_);
    if (ioctl(descriptor, SIOCGIFNAME, &request) != 0 ||
        ioctl(descriptor, SIOCGIFFLAGS, &request) != 0) {
      if (errno == ENODEV || errno == ENXIO) return "the interface was removed";
    } else if ((request.ifr_flags & IFF_UP) == 0) {
      return absl::StrCat("the interface was taken down; ip link set ", name_, " up");
    }
  }
  return read_error_.empty() ? "" : absl::StrCat("reading failed: ", read_error_);
}

void LiveSource::UpdateLoss() {
  loss_at_ = taken_at_;
  pcap_stat now{};
  if (pcap_stats(handle_, &now) != 0) return;
  loss_.kernel_dropped = kernel_dropped_.Advance(now.ps_drop);
  // Of an interface that is gone libpcap takes the count to be 0.
  if (!FindTrouble().empty()) return;
  loss_.interface_dropped = interface_dropped_.Advance(now.ps_ifdrop);
}

}  // namespace silhouette
