#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "feature-svc/test_packets.h"

// Random traffic of a home, for tests of what holds for any packets.
namespace silhouette::test_packets {

inline constexpr int64_t kLateness = kSecond;
inline constexpr int64_t kStart = 1'700'000'000 * kSecond + 123'456'789;

// Twenty home hosts, each with a MAC, that talk to four remote ones and to each other.
class Traffic {
 public:
  explicit Traffic(uint32_t seed) : random_(seed) {}

  // In the order of time: busy and slow stretches, pauses longer than any horizon, equal times and
  // packets on window edges.
  std::vector<Packet> Make(size_t count) {
    std::vector<Packet> packets;
    int64_t time_ns = kStart;
    bool slow = false;
    for (size_t i = 0; i < count; ++i) {
      if (Roll(slow ? 60 : 400) == 0) slow = !slow;
      if (Roll(20) != 0) time_ns += Roll((slow ? 1000 : 20) * kMilli);
      if (Roll(300) == 0) time_ns = (time_ns / (kSecond / 2) + 1) * (kSecond / 2);
      if (Roll(1000) == 0) {
        time_ns += Roll(2) == 0 ? Roll(70 * kSecond) : 90 * kSecond;
        slow = true;
      }
      packets.push_back(MakeOne(time_ns));
    }
    return packets;
  }

  // In an order of arrival, each behind its time by less than the lateness.
  std::vector<Packet> Arrive(const std::vector<Packet>& packets) {
    std::vector<std::pair<int64_t, Packet>> by_arrival;
    for (const Packet& p : packets) by_arrival.push_back({p.time_ns + Roll(kLateness), p});
    std::stable_sort(by_arrival.begin(), by_arrival.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Packet> arrived;
    for (const auto& [arrival, packet] : by_arrival) arrived.push_back(packet);
    return arrived;
  }

 private:
  int64_t Roll(int64_t below) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(below));
  }

  Packet MakeOne(int64_t time_ns) {
    Packet packet{time_ns, static_cast<uint32_t>(Roll(1500)), Roll(3) == 0};
    packet.with_macs = true;
    packet.host = static_cast<uint8_t>(9 + Roll(20));  // names sort unlike numbers
    packet.remote = static_cast<uint8_t>(1 + Roll(4));
    packet.port = static_cast<uint16_t>(50000 + Roll(3));
    const int64_t kind = Roll(100);
    if (kind < 25) {
      constexpr uint8_t kTcpFlags[] = {0x02, 0x12, 0x10, 0x18, 0x11, 0x04};
      packet.protocol = 6;
      packet.port = static_cast<uint16_t>(40000 + Roll(20));
      packet.tcp_flags = kTcpFlags[Roll(6)];
    } else if (kind < 30) {
      packet.protocol = 1;
      packet.port = packet.remote_port = 0;
    } else if (kind < 45) {
      PointHome(&packet);
      if (kind < 34) packet.network = kind < 32 ? Network::kArp : Network::kOther;
    }
    return packet;
  }

  // To another host at home. The one whose address is less is the flow's home end.
  void PointHome(Packet* packet) {
    packet->remote_is_home = true;
    packet->remote = static_cast<uint8_t>(9 + Roll(20));
    if (packet->remote == packet->host) ++packet->remote;
    if (packet->remote < packet->host) std::swap(packet->host, packet->remote);
  }

  std::mt19937_64 random_;
};

}  // namespace silhouette::test_packets
