#include "learn/simulate/home.h"

#include <cmath>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_wire.h"
#include "learn/simulate/random.h"

namespace silhouette::simulate {
namespace {

// Away from the call's own streams, which fork from the same seed.
constexpr uint64_t kFirstDeviceStream = 100;
constexpr uint64_t kAbortedCallStream = 99;

absl::Status CheckMargin(std::string_view name, double seconds) {
  constexpr double kMaxSeconds = 24 * 3600;
  if (seconds >= 0 && seconds <= kMaxSeconds && seconds * 2 == std::floor(seconds * 2)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(absl::string_view(name.data(), name.size()), " is ", seconds,
                   ", must be a multiple of 0.5 from 0 to ", kMaxSeconds));
}

absl::Status CheckOptions(const HomeOptions& options, bool is_v6) {
  if (is_v6) {
    return absl::InvalidArgumentError(
        absl::StrCat("home_address is ", options.call.home_address,
                     ", but the home that is simulated makes its call over IPv4"));
  }
  if (absl::Status status = CheckMargin("before_s", options.before_s); !status.ok()) return status;
  if (absl::Status status = CheckMargin("after_s", options.after_s); !status.ok()) return status;
  if (options.call.start_ns < Seconds(options.before_s)) {
    return absl::InvalidArgumentError(
        absl::StrCat("before_s is ", options.before_s, ", which puts the capture's start before ",
                     "1970: the call's start_ns is ", options.call.start_ns));
  }
  return absl::OkStatus();
}

// The call's host tries another server first and gives up: a call in all but its length.
absl::Status AddAbortedCall(const HomeOptions& options, HomeWire& wire, Random random) {
  CallOptions aborted = options.call;
  aborted.seed = random.NextUint64();
  aborted.duration_s = 8;
  aborted.start_ns = wire.begin_ns() + Seconds(4);
  aborted.remote_address = "203.0.113.9";
  aborted.home_port = static_cast<uint16_t>(options.call.home_port ^ 1);
  absl::StatusOr<Simulation> simulation = SimulateCall(aborted);
  if (!simulation.ok()) return simulation.status();
  for (const SimulatedPacket& packet : simulation->packets) wire.Add(packet);
  return absl::OkStatus();
}

void AddDevices(HomeWire& wire, const Random& root) {
  uint64_t stream = kFirstDeviceStream;
  for (auto* add : {AddArp, AddDhcp, AddDns, AddNtp, AddMdns, AddSsdp, AddPing,
                    AddNeighbourDiscovery, AddIpv6KeepAlive, AddCameraKeepAlive, AddPlugKeepAlive,
                    AddWebBrowsing, AddDownload, AddVideoStream, AddGame}) {
    add(wire, root.Fork(stream++));
  }
}

}  // namespace

absl::StatusOr<Simulation> SimulateHome(const HomeOptions& options) {
  absl::StatusOr<Simulation> simulation = SimulateCall(options.call);
  if (!simulation.ok()) return simulation.status();
  const bool is_v6 = simulation->packets.front().source.is_v6;
  if (absl::Status status = CheckOptions(options, is_v6); !status.ok()) return status;
  const int64_t begin = options.call.start_ns - Seconds(options.before_s);
  const int64_t end =
      options.call.start_ns + Seconds(options.call.duration_s) + Seconds(options.after_s);

  HomeWire wire(begin, end);
  const Random root(options.call.seed);
  for (const SimulatedPacket& packet : simulation->packets) wire.Add(packet);
  absl::Status aborted = AddAbortedCall(options, wire, root.Fork(kAbortedCallStream));
  if (!aborted.ok()) return aborted;
  AddDevices(wire, root);

  simulation->packets = wire.TakeSorted();
  for (TruthInterval& interval : simulation->truth) {
    interval.start_s += options.before_s;
    interval.end_s += options.before_s;
  }
  return simulation;
}

}  // namespace silhouette::simulate
