#pragma once

#include <cstdint>
#include <string>

#include "common/capture_file/test_pcap.h"
#include "common/parse/test_frames.h"

// Captures as people hand them in, for tests.
namespace silhouette::test_captures {

inline constexpr char kSecret[] = "what was said";

// So many packets of a call, ten a second, each with kSecret in it.
inline std::string Call(uint64_t packets) {
  std::string capture = test_pcap::Header();
  for (uint64_t i = 0; i < packets; ++i) {
    test_frames::Bytes frame = test_frames::UdpFrame();
    frame.insert(frame.end(), kSecret, kSecret + sizeof kSecret - 1);
    capture += test_pcap::Record(1'700'000'000'000'000'000 + i * 100'000'000, frame, 900);
  }
  return capture;
}

}  // namespace silhouette::test_captures
