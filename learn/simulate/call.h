#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "learn/simulate/packet.h"

namespace silhouette::simulate {

// A video call's media stream: one UDP conversation while somebody sits in front of the webcam,
// leaves and comes back.
struct CallOptions {
  uint64_t seed = 1;
  double duration_s = 120;                             // a multiple of 0.5, at most a day
  int64_t start_ns = 1'700'000'000 * kNanosPerSecond;  // a multiple of 0.5 s, from 1970 to 2100
  std::string home_address = "192.168.1.20";
  std::string remote_address = "203.0.113.7";  // of the same family
  uint16_t home_port = 52814;
  uint16_t remote_port = 8801;
  MacAddress home_mac = {0x02, 0, 0, 0, 0, 0x20};
  MacAddress remote_mac = {0x02, 0, 0, 0, 0, 0x01};  // the router's
  // The call begins with a person. Person and background alternate after dwell times that are the
  // least one and an exponential rest, on the grid of 0.5 s. No interval is shorter than the least
  // one, unless the call is.
  double mean_dwell_s = 30;
  double least_dwell_s = 10;  // at least 0.5
};

// The call's packets and truth; a pure function of the options. Window by window of 0.5 s, nine
// columns are drawn that look like a real call's (call_figures.h), and packets are made that have
// them: the counts exactly, sizes and inter-arrivals closely. The first packet lies in the first
// window, so truth counts from start_ns. Sizes and times do not depend on direction.
// INVALID_ARGUMENT, naming the option, if an option is out of its range.
absl::StatusOr<Simulation> SimulateCall(const CallOptions& options);

}  // namespace silhouette::simulate
