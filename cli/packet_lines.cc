#include "cli/packet_lines.h"

#include <netinet/in.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/parse/link_type.h"
#include "common/subject.h"

namespace silhouette {
namespace {

using Json = nlohmann::ordered_json;

bool HasPorts(const PacketHeaders& headers) {
  const bool of_transport = headers.protocol == IPPROTO_TCP || headers.protocol == IPPROTO_UDP;
  const bool read = headers.source_port != 0 || headers.destination_port != 0;
  return headers.network == Network::kIp && of_transport && !headers.ports_unknown && read;
}

const char* NetworkName(Network network) {
  switch (network) {
    case Network::kIp:
      return "ip";
    case Network::kArp:
      return "arp";
    case Network::kOther:
      return "other";
    case Network::kCut:
      return "cut";
  }
  return "";
}

// Tags from the outer to the inner.
Json VlanIds(uint32_t vlan) {
  if (vlan >> 12 == 0) return Json::array({vlan});
  return Json::array({vlan >> 12, vlan & 0xfff});
}

void AddHeaders(const PacketHeaders& headers, bool outbound, Json* json) {
  const auto add = [json](const char* key, Json value) { (*json)[key] = std::move(value); };
  add("network", NetworkName(headers.network));
  if (!headers.source_mac.is_zero()) add("source_mac", headers.source_mac.ToString());
  if (!headers.destination_mac.is_zero()) {
    add("destination_mac", headers.destination_mac.ToString());
  }
  if (headers.vlan != 0) add("vlan", VlanIds(headers.vlan));
  if (headers.network == Network::kIp || headers.network == Network::kArp) {
    add("source", headers.source.ToString());
    add("destination", headers.destination.ToString());
  }
  if (headers.network == Network::kIp) add("protocol", headers.protocol);
  if (HasPorts(headers)) {
    add("source_port", headers.source_port);
    add("destination_port", headers.destination_port);
  }
  if (headers.network == Network::kIp && headers.protocol == IPPROTO_TCP) {
    add("tcp_flags", headers.tcp_flags);
  }
  if (headers.fragment == PacketHeaders::Fragment::kFirst) add("fragment", "first");
  if (headers.fragment == PacketHeaders::Fragment::kLater) add("fragment", "later");
  add("direction", outbound ? "outbound" : "inbound");
}

// "FIN,SYN" as the letters FS.
std::string FlagLetters(uint8_t flags) {
  constexpr char kLetters[] = "FSRPAUEC";
  std::string letters;
  for (int bit = 0; bit < 8; ++bit) {
    if ((flags >> bit & 1) != 0) letters.push_back(kLetters[bit]);
  }
  return letters;
}

std::string EndText(const IpAddress& address, uint16_t port, const MacAddress& mac, bool by_mac,
                    bool with_port) {
  if (by_mac) return mac.ToString();
  if (!with_port) return address.ToString();
  return address.is_v4() ? absl::StrCat(address.ToString(), ":", port)
                         : absl::StrCat("[", address.ToString(), "]:", port);
}

std::string WhatText(const PacketHeaders& headers) {
  if (headers.network != Network::kIp) return NetworkName(headers.network);
  std::string what = ProtocolName(headers.protocol);
  if (headers.tcp_flags != 0) absl::StrAppend(&what, " ", FlagLetters(headers.tcp_flags));
  if (headers.fragment != PacketHeaders::Fragment::kNone) absl::StrAppend(&what, " fragment");
  return what;
}

}  // namespace

const char* OutcomeName(ParseOutcome outcome) {
  switch (outcome) {
    case ParseOutcome::kOk:
      return "ok";
    case ParseOutcome::kNotIp:
      return "not_ip";
    case ParseOutcome::kNotData:
      return "not_data";
    case ParseOutcome::kUnsupported:
      return "unsupported";
    case ParseOutcome::kCutShort:
      return "cut_short";
    case ParseOutcome::kMalformed:
      return "malformed";
  }
  return "";
}

std::string PacketJson(const ReadPacket& packet) {
  Json json;
  json["packet"] = packet.number;
  json["time_ns"] = packet.raw->time_ns;
  json["wire_bytes"] = packet.raw->wire_bytes;
  json["captured_bytes"] = packet.raw->captured.size();
  json["link_type"] = packet.raw->link_type;
  json["outcome"] = OutcomeName(packet.outcome);
  if (packet.outcome == ParseOutcome::kOk) AddHeaders(packet.headers, packet.flow.outbound, &json);
  return json.dump();
}

std::string PacketText(const ReadPacket& packet) {
  const std::string time = absl::FormatTime(
      "%Y-%m-%d %H:%M:%E9S", absl::FromUnixNanos(packet.raw->time_ns), absl::UTCTimeZone());
  if (packet.outcome != ParseOutcome::kOk) {
    return absl::StrFormat("%s  %5d B  %s (link type %s)", time, packet.raw->wire_bytes,
                           OutcomeName(packet.outcome), LinkTypeName(packet.raw->link_type));
  }
  const FlowKey& key = packet.flow.key;
  const bool by_mac = key.network == Network::kOther || key.network == Network::kCut;
  const bool with_port = HasPorts(packet.headers);
  return absl::StrFormat("%s  %5d B  %s %s %s  %s", time, packet.raw->wire_bytes,
                         EndText(key.home, key.home_port, key.home_mac, by_mac, with_port),
                         packet.flow.outbound ? "->" : "<-",
                         EndText(key.remote, key.remote_port, key.remote_mac, by_mac, with_port),
                         WhatText(packet.headers));
}

}  // namespace silhouette
