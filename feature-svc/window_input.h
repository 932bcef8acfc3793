#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "feature-svc/sample_log.h"

namespace silhouette {

// What later windows of a subject need of an earlier one.
struct PastWindow {
  uint64_t in_bytes = 0;
  uint64_t out_bytes = 0;
  uint32_t in_packets = 0;
  uint32_t out_packets = 0;
  uint32_t peers = 0;
  uint32_t number = 0;  // of the window, modulo 2^32
};

// How many packets of a window one peer has on one pair of ports; for traffic.v1.
struct PeerCount {
  std::array<uint8_t, 16> address;
  uint16_t own_port;
  uint16_t peer_port;
  uint8_t protocol;
  bool is_ip;
  bool is_arp;
  bool ports_known;
  uint8_t seen;  // bits, of traffic_v1.cc
  int64_t packets;
};

// What a window holds of one TCP flow, opened in it where it has a SYN; for traffic.v2.
struct Connection {
  std::array<uint8_t, 16> address;  // of the peer
  uint16_t own_port;
  uint16_t peer_port;
  // Of the first SYN without ACK in each direction, since the window's start; kNoSyn without any.
  int64_t syn_in_ns;
  int64_t syn_out_ns;
  int64_t first_ns, last_ns;
  int64_t packets;
  int64_t in_bytes, out_bytes;

  static constexpr int64_t kNoSyn = std::numeric_limits<int64_t>::max();
};

// The packets of one side of a window: those in, those out, or all.
struct SideScratch {
  std::vector<int64_t> sizes;
  std::vector<int64_t> gaps_ns;  // in the order of time
};

// Memory that extractors use again and again.
struct ExtractorScratch {
  std::vector<int64_t> values;
  std::vector<int64_t> others;
  std::vector<int64_t> spare;
  std::vector<PeerCount> peers;
  std::vector<Connection> connections;
  std::array<SideScratch, 3> sides;
};

// What a feature may look at.
struct WindowInput {
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

  std::span<const Sample> samples;  // sorted by time
  // Times of the subject's last packets before the window, at most a horizon before its start.
  int64_t previous_in_ns = kNever;
  int64_t previous_out_ns = kNever;
  int64_t start_ns = 0;
  int64_t length_ns = 0;
  // Only for schemas that ask for flows: what Sample.flow points into.
  std::span<const SampleFlow> flows;
  // Only for schemas that ask for past windows: those that hold a packet, the newest last.
  std::span<const PastWindow> past;
  // Only for derived schemas: the quantities of the windows before that hold a packet and are
  // looked at, row-major, the newest last.
  std::span<const double> past_quantities;
  ExtractorScratch* scratch = nullptr;
  // Where a schema that asks for past windows says what later ones need of this one.
  PastWindow* own = nullptr;
  std::span<double> own_quantities;  // for a derived schema to fill in

  int64_t TimeOf(const Sample& sample) const { return start_ns + sample.offset_ns(); }
  int64_t previous_ns() const {
    return previous_in_ns > previous_out_ns ? previous_in_ns : previous_out_ns;
  }
};

}  // namespace silhouette
