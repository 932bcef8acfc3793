// The packet parser on any bytes. The first byte picks the link type.

#include <cstdlib>
#include <iterator>

#include "common/capture_file/recording_source.h"
#include "common/parse/fast_path.h"
#include "common/parse/link_type.h"
#include "common/parse/orientation.h"
#include "common/parse/parser.h"

namespace silhouette {
namespace {

constexpr LinkType kLinkTypes[] = {kLinkEthernet, kLinkLinuxCooked, kLinkLinuxCooked2, kLinkRaw,
                                   kLinkNull,     kLinkLoop,        kLinkPpp,          kLinkPppoe,
                                   kLinkWifi,     kLinkWifiRadiotap};

void Require(bool holds) {
  if (!holds) std::abort();
}

// The shortcut says what the parser says, or nothing.
void CheckShortcut(const RawPacket& packet, ParseOutcome outcome, const PacketHeaders& headers) {
  FastPacket fast;
  if (!ReadFastPacket(packet, &fast)) return;
  Require(outcome == ParseOutcome::kOk);
  const PacketEnds ends = EndsOf(fast.key);
  Require((fast.from_high ? ends.destination : ends.source) == headers.source);
  Require((fast.from_high ? ends.destination_port : ends.source_port) == headers.source_port);
  Require((fast.from_high ? ends.destination_mac : ends.source_mac) == headers.source_mac);
  Require(ends.protocol == headers.protocol && fast.tcp_flags == headers.tcp_flags);
}

// What is kept of a packet in a file parses to the same.
void CheckHeadersSuffice(RawPacket packet, ParseOutcome outcome, const PacketHeaders& headers) {
  packet.captured = packet.captured.first(HeaderBytes(packet));
  PacketHeaders again;
  Require(ParsePacket(packet, {}, &again) == outcome);
  if (outcome != ParseOutcome::kOk) return;
  Require(static_cast<const PacketEnds&>(again) == static_cast<const PacketEnds&>(headers));
  Require(again.tcp_flags == headers.tcp_flags);
}

}  // namespace
}  // namespace silhouette

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace silhouette;
  if (size == 0) return 0;
  RawPacket packet;
  packet.link_type = kLinkTypes[data[0] % std::size(kLinkTypes)];
  packet.captured = {data + 1, size - 1};
  packet.wire_bytes = static_cast<uint32_t>(size - 1);
  PacketHeaders headers;
  (void)ParsePacket(packet, {true, true, true}, &headers);
  const ParseOutcome outcome = ParsePacket(packet, {}, &headers);
  CheckShortcut(packet, outcome, headers);
  if (outcome != ParseOutcome::kCutShort) CheckHeadersSuffice(packet, outcome, headers);
  if (outcome != ParseOutcome::kOk) return 0;
  // Whoever spoke, the flow has the packet's two ends.
  static const HomeNetworks kHome = HomeNetworks::Default();
  const auto flow = Orient(headers, kHome);
  Require((flow.outbound ? flow.key.home : flow.key.remote) == headers.source);
  Require((flow.outbound ? flow.key.home_mac : flow.key.remote_mac) == headers.source_mac);
  return 0;
}
