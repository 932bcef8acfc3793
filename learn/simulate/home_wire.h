#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "learn/simulate/packet.h"

namespace silhouette::simulate {

constexpr int64_t Seconds(double value) {
  return static_cast<int64_t>(value * static_cast<double>(kNanosPerSecond));
}
constexpr int64_t Millis(double value) {
  return static_cast<int64_t>(value * static_cast<double>(kNanosPerMillisecond));
}

struct Host {
  MacAddress mac{};
  IpAddress address;
};

struct Endpoint {
  Host host;
  uint16_t port = 0;
};

// What an operating system's TCP puts into its headers.
struct TcpLook {
  uint8_t syn_option_bytes = 0;  // a multiple of 4
  uint8_t option_bytes = 0;      // of all other segments but resets; a multiple of 4
  uint8_t time_to_live = 0;      // 0 for the usual 64
  uint32_t segment_bytes = 1460;
};

// One segment that belongs to no TcpConnection, as a scanner's or a flood's.
struct TcpSegment {
  uint8_t flags = 0;
  uint8_t option_bytes = 0;
  uint8_t time_to_live = 0;
  uint32_t sequence = 0;
  uint32_t acknowledgment = 0;
  uint32_t payload_bytes = 0;
};

// Collects the packets of simulated devices, in any order. What falls outside the capture's time is
// dropped, so that a device needs not care how its conversation is cut.
class HomeWire {
 public:
  HomeWire(int64_t begin_ns, int64_t end_ns,
           size_t most_packets = std::numeric_limits<size_t>::max())
      : begin_ns_(begin_ns), end_ns_(end_ns), most_packets_(most_packets) {}

  int64_t begin_ns() const { return begin_ns_; }
  int64_t end_ns() const { return end_ns_; }
  // True when packets were left out because there were more than `most_packets`.
  bool is_full() const { return is_full_; }

  void Add(SimulatedPacket packet);  // cuts the time to a whole microsecond
  void Udp(int64_t time_ns, const Endpoint& from, const Endpoint& to, uint32_t payload_bytes);
  void Icmp(int64_t time_ns, const Host& from, const Host& to, uint8_t type,
            uint32_t payload_bytes);
  void Tcp(int64_t time_ns, const Endpoint& from, const Endpoint& to, const TcpSegment& segment);
  void Arp(int64_t time_ns, const Host& from, const Host& to, uint8_t operation);

  // The packets in order of time; those of one time in the order they were added.
  std::vector<SimulatedPacket> TakeSorted();

 private:
  int64_t begin_ns_;
  int64_t end_ns_;
  size_t most_packets_;
  bool is_full_ = false;
  std::vector<SimulatedPacket> packets_;
};

// A TCP connection as the home's router sees it: handshake, segments, acknowledgments, close, with
// sequence numbers that add up. Each call takes the time at which its first packet passes and
// returns when its last one did; calls must be made in order of time.
class TcpConnection {
 public:
  // `near_ns` is the way from the router to the client and back, `far_ns` to the server and back.
  TcpConnection(HomeWire& wire, const Endpoint& client, const Endpoint& server, int64_t near_ns,
                int64_t far_ns, const TcpLook& client_look = {}, const TcpLook& server_look = {});

  int64_t Open(int64_t time_ns);
  // Instead of Open: the server resets at once, or says nothing to the first SYN and `again` more.
  int64_t Refused(int64_t time_ns);
  int64_t Unanswered(int64_t time_ns, int again);
  int64_t ClientSends(int64_t time_ns, uint32_t bytes);
  // As ServerSends the other way.
  int64_t ClientUploads(int64_t time_ns, uint32_t bytes, int64_t gap_ns);
  // Segments are `gap_ns` apart; the client acknowledges every second one.
  int64_t ServerSends(int64_t time_ns, uint32_t bytes, int64_t gap_ns);
  int64_t Close(int64_t time_ns);
  int64_t ServerCloses(int64_t time_ns);
  int64_t ClientResets(int64_t time_ns);

 private:
  enum class Side { kClient, kServer };

  static Side Other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }
  uint32_t SegmentBytes(Side side) const;
  void Segment(int64_t time_ns, Side from, uint8_t flags, uint32_t payload_bytes);
  int64_t Stream(int64_t time_ns, Side from, uint32_t bytes, int64_t gap_ns);

  HomeWire& wire_;
  Endpoint client_;
  Endpoint server_;
  int64_t near_ns_;
  int64_t far_ns_;
  TcpLook client_look_;
  TcpLook server_look_;
  uint32_t client_sequence_;
  uint32_t server_sequence_;
};

}  // namespace silhouette::simulate
