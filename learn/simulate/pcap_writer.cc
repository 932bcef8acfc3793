#include "learn/simulate/pcap_writer.h"

#include <pcap/pcap.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/partial_file.h"
#include "learn/simulate/frame.h"

namespace silhouette::simulate {
namespace {

constexpr int kSnapLength = 65535;
constexpr uint32_t kMaxWireBytes = 65535;  // 14 less than IP allows; nothing simulated comes near

struct PcapDeleter {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
  void operator()(pcap_dumper_t* dumper) const { pcap_dump_close(dumper); }
};

absl::Status CheckPacket(const std::vector<SimulatedPacket>& packets, size_t index) {
  const SimulatedPacket& packet = packets[index];
  const auto refuse = [&](const auto&... why) {
    return absl::InvalidArgumentError(absl::StrCat("packet ", index, ": ", why...));
  };
  // The format counts seconds in 32 bits.
  if (packet.time_ns < 0 ||
      packet.time_ns / kNanosPerSecond > std::numeric_limits<uint32_t>::max()) {
    return refuse("its time, ", packet.time_ns, " ns, does not fit a pcap file");
  }
  if (index > 0 && packet.time_ns < packets[index - 1].time_ns) {
    return refuse("it is earlier than the packet before it");
  }
  if (packet.source.is_v6 != packet.destination.is_v6) {
    return refuse("one of its addresses is IPv6, the other is not");
  }
  if (packet.protocol == Protocol::kArp && packet.source.is_v6) {
    return refuse("ARP is for IPv4");
  }
  if (packet.wire_bytes < HeaderBytes(packet) || packet.wire_bytes > kMaxWireBytes) {
    return refuse("its length, ", packet.wire_bytes, ", must be from ", HeaderBytes(packet), " to ",
                  kMaxWireBytes);
  }
  return absl::OkStatus();
}

void Dump(const SimulatedPacket& packet, pcap_dumper_t* dumper) {
  const std::vector<uint8_t> headers = BuildHeaders(packet);
  pcap_pkthdr record{};
  record.ts.tv_sec = packet.time_ns / kNanosPerSecond;
  record.ts.tv_usec = packet.time_ns % kNanosPerSecond / kNanosPerMicrosecond;
  record.caplen = static_cast<bpf_u_int32>(headers.size());
  record.len = packet.wire_bytes;
  pcap_dump(reinterpret_cast<u_char*>(dumper), &record, headers.data());
}

}  // namespace

absl::Status WritePcap(const std::string& path, const std::vector<SimulatedPacket>& packets) {
  for (size_t i = 0; i < packets.size(); ++i) {
    if (absl::Status status = CheckPacket(packets, i); !status.ok()) return status;
  }
  const std::unique_ptr<pcap_t, PcapDeleter> handle(pcap_open_dead(DLT_EN10MB, kSnapLength));
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory for a pcap handle");
  PartialFile partial(path);
  std::unique_ptr<pcap_dumper_t, PcapDeleter> dumper(
      pcap_dump_open(handle.get(), partial.path().c_str()));
  if (dumper == nullptr) {
    return absl::UnknownError(absl::StrCat("cannot create ", pcap_geterr(handle.get()),
                                           "; check that the folder exists and can be written"));
  }
  for (const SimulatedPacket& packet : packets) Dump(packet, dumper.get());
  // pcap_dump reports nothing; a full disk shows here.
  errno = 0;
  if (pcap_dump_flush(dumper.get()) != 0 || std::ferror(pcap_dump_file(dumper.get())) != 0) {
    return absl::ErrnoToStatus(errno == 0 ? EIO : errno,
                               absl::StrCat("cannot write ", partial.path()));
  }
  dumper.reset();
  return partial.Publish();
}

}  // namespace silhouette::simulate
