#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "learn/simulate/packet.h"

namespace silhouette::simulate {

// What happens to one device of a simulated home.
enum class Scenario : uint8_t {
  kQuiet,     // nothing: it does what such a device does
  kHostScan,  // many addresses are asked for one port or a few
  kPortScan,  // many ports of one host are asked for
  kSynFlood,  // TCP connections are begun and never finished
  kUdpFlood,  // UDP, straight or reflected by servers; or reflected SYN-ACKs
  kGuessing,  // passwords are guessed, a short connection each
  kBeacon,    // the device calls home, period after period
  kCamera,    // a battery camera uploads what moves
};
inline constexpr std::array<std::string_view, 8> kScenarioNames = {
    "quiet", "host-scan", "port-scan", "syn-flood", "udp-flood", "guessing", "beacon", "camera"};

enum class Role : uint8_t { kAttacker, kVictim };
inline constexpr std::array<std::string_view, 2> kRoleNames = {"attacker", "victim"};

enum class DeviceKind : uint8_t {
  kCamera,      // wired: keep-alives, uploads, sometimes a live picture
  kPlug,        // MQTT over TLS, pings
  kHub,         // several brokers, devices of its own that it polls
  kThermostat,  // asks a server over HTTPS
  kBulb,        // a few datagrams
  kSpeaker,     // music in pieces
  kTelevision,  // video in pieces
  kLaptop,      // pages: many connections and servers at once
  kPhone,       // apps, push, discovery
  kBackup,      // copies at full rate, up or down
  kConsole,     // a game
  kTablet,      // a video call
  kNewcomer,    // joins and sets itself up
};
inline constexpr std::array<std::string_view, 13> kDeviceNames = {
    "camera", "plug",  "hub",    "thermostat", "bulb",   "speaker", "television",
    "laptop", "phone", "backup", "console",    "tablet", "newcomer"};

// What is not given is drawn from the seed, over wide ranges.
struct ScenarioOptions {
  Scenario scenario = Scenario::kQuiet;
  uint64_t seed = 1;
  std::optional<Role> role = {};  // scans, floods and guessing; a beacon's device is the attacker
  std::optional<DeviceKind> device =
      {};                           // the one under watch; camera's is always the battery camera
  std::optional<double> rate = {};  // per second: probes, packets of a flood, guesses
  std::optional<double> period_s = {};  // beacon
  std::optional<double> jitter = {};    // 0 to 0.5: how much of itself a gap or a period may move
  std::optional<double> before_s = {}, duration_s = {}, after_s = {};  // the attack's; around it
};

inline constexpr size_t kMostScenarioPackets = 1'000'000;

struct ScenarioResult {
  // The truth is that of the device alone: benign and scan, flood, brute_force or c2, or idle and
  // motion. An attack lasts from its first packet to just behind its last.
  Simulation simulation = {};
  IpAddress device;
  DeviceKind kind = DeviceKind::kCamera;
};

// A home network seen at its router: 192.168.1.0/24, with remote hosts that have addresses set
// aside for documentation or benchmarks. A pure function of the options. The capture begins at a
// full hour, so that grids of usual windows begin with it. INVALID_ARGUMENT, naming the option, if
// an option is out of its range or means nothing to the scenario, or if there would be more than
// kMostScenarioPackets.
absl::StatusOr<ScenarioResult> SimulateScenario(const ScenarioOptions& options);

// "quiet"; the label that its attack has in the truth.
std::string_view NameOf(Scenario scenario);
std::string_view AttackLabelOf(Scenario scenario);

}  // namespace silhouette::simulate
