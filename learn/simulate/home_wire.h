#pragma once

#include <cstdint>
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

// Collects the packets of simulated devices, in any order. What falls outside the capture's time is
// dropped, so that a device needs not care how its conversation is cut.
class HomeWire {
 public:
  HomeWire(int64_t begin_ns, int64_t end_ns) : begin_ns_(begin_ns), end_ns_(end_ns) {}

  int64_t begin_ns() const { return begin_ns_; }
  int64_t end_ns() const { return end_ns_; }

  void Add(SimulatedPacket packet);  // cuts the time to a whole microsecond
  void Udp(int64_t time_ns, const Endpoint& from, const Endpoint& to, uint32_t payload_bytes);
  void Icmp(int64_t time_ns, const Host& from, const Host& to, uint8_t type,
            uint32_t payload_bytes);
  void Arp(int64_t time_ns, const Host& from, const Host& to, uint8_t operation);

  // The packets in order of time; those of one time in the order they were added.
  std::vector<SimulatedPacket> TakeSorted();

 private:
  int64_t begin_ns_;
  int64_t end_ns_;
  std::vector<SimulatedPacket> packets_;
};

// A TCP connection as the home's router sees it: handshake, segments, acknowledgments, close, with
// sequence numbers that add up. Each call takes the time at which its first packet passes and
// returns when its last one did; calls must be made in order of time.
class TcpConnection {
 public:
  // `near_ns` is the way from the router to the client and back, `far_ns` to the server and back.
  TcpConnection(HomeWire& wire, const Endpoint& client, const Endpoint& server, int64_t near_ns,
                int64_t far_ns);

  int64_t Open(int64_t time_ns);
  int64_t ClientSends(int64_t time_ns, uint32_t bytes);
  // Segments are `gap_ns` apart; the client acknowledges every second one.
  int64_t ServerSends(int64_t time_ns, uint32_t bytes, int64_t gap_ns);
  int64_t Close(int64_t time_ns);

 private:
  enum class Side { kClient, kServer };

  void Segment(int64_t time_ns, Side from, uint8_t flags, uint32_t payload_bytes);

  HomeWire& wire_;
  Endpoint client_;
  Endpoint server_;
  int64_t near_ns_;
  int64_t far_ns_;
  uint32_t client_sequence_;
  uint32_t server_sequence_;
};

}  // namespace silhouette::simulate
