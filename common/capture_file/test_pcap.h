#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "common/parse/link_type.h"

// Pieces of pcap files, in nanoseconds and this machine's byte order, for tests.
namespace silhouette::test_pcap {

inline std::string U32(uint64_t value) {
  const auto word = static_cast<uint32_t>(value);
  return std::string(reinterpret_cast<const char*>(&word), sizeof word);
}

// A file's header; 24 bytes.
inline std::string Header() {
  return U32(0xa1b23c4d) + U32(0x00040002) + U32(0) + U32(0) + U32(1000) + U32(kLinkEthernet);
}

// A packet with its header of 16 bytes. `time_ns` is not before 1970.
inline std::string Record(uint64_t time_ns, std::span<const uint8_t> frame,
                          uint32_t wire_bytes = 60) {
  constexpr uint64_t kSecond = 1'000'000'000;
  return U32(time_ns / kSecond) + U32(time_ns % kSecond) + U32(frame.size()) + U32(wire_bytes) +
         std::string(frame.begin(), frame.end());
}

// Packets that hold nothing at these times; each takes 20 bytes.
inline std::string Records(std::initializer_list<uint64_t> times_ns) {
  constexpr uint8_t kFrame[] = {'a', 'b', 'c', 'd'};
  std::string bytes;
  for (uint64_t time_ns : times_ns) bytes += Record(time_ns, kFrame);
  return bytes;
}

inline std::string Pcap(std::initializer_list<uint64_t> times_ns) {
  return Header() + Records(times_ns);
}

}  // namespace silhouette::test_pcap
