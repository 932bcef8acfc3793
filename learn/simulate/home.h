#pragma once

#include "absl/status/statusor.h"
#include "learn/simulate/call.h"
#include "learn/simulate/packet.h"

namespace silhouette::simulate {

// A home network seen at its router: the call among other devices' traffic, so that picking it out
// is real work. The home is 192.168.1.0/24 and fd00:192:168:1::/64, all remote hosts have addresses
// that are set aside for documentation.
struct HomeOptions {
  CallOptions call = {};  // its packets are exactly SimulateCall's; both addresses IPv4
  // Both are multiples of 0.5, at most a day.
  double before_s = 20;  // from the capture's start to the call's
  double after_s = 10;   // from the call's end to the capture's
};

// The capture's packets and the call's truth, which counts from the capture's start: there is
// always a packet in its first 0.5 s. About 400 packets a second besides the call's 230; memory is
// proportional to them. A pure function of the options. INVALID_ARGUMENT, naming the option, if an
// option is out of its range.
absl::StatusOr<Simulation> SimulateHome(const HomeOptions& options);

}  // namespace silhouette::simulate
