#include "learn/simulate/scenario.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "learn/simulate/attacks.h"
#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_kinds.h"
#include "learn/simulate/scenario_plan.h"

namespace silhouette::simulate {
namespace {

constexpr uint64_t kAttackStream = 3, kDeviceStream = 4, kPaddingStream = 5, kFirstNeighbour = 100;

// Which frames of less than 60 bytes were seen with the padding that Ethernet gives them: none
// where the capturing machine sends them itself or hears them over the air.
enum class Padding { kNone, kFromRouter, kAll };

void Pad(std::vector<SimulatedPacket>& packets, Random random) {
  constexpr uint32_t kShortestFrame = 60;
  const auto padding = static_cast<Padding>(random.UniformInt(0, 2));
  if (padding == Padding::kNone) return;
  for (SimulatedPacket& packet : packets) {
    if (packet.wire_bytes >= kShortestFrame || packet.source.is_v6) continue;
    if (padding == Padding::kFromRouter && packet.source_mac != kRouter.mac) continue;
    packet.padding_bytes = static_cast<uint8_t>(kShortestFrame - packet.wire_bytes);
    packet.wire_bytes = kShortestFrame;
  }
}

void AddAttack(HomeWire& wire, const ScenarioPlan& plan, const Random& random) {
  switch (plan.scenario) {
    case Scenario::kHostScan:
      return AddHostScan(wire, plan, random);
    case Scenario::kPortScan:
      return AddPortScan(wire, plan, random);
    case Scenario::kSynFlood:
      return AddSynFlood(wire, plan, random);
    case Scenario::kUdpFlood:
      return AddUdpFlood(wire, plan, random);
    case Scenario::kGuessing:
      return AddGuessing(wire, plan, random);
    case Scenario::kBeacon:
      return AddBeacon(wire, plan, random);
    case Scenario::kQuiet:
    case Scenario::kCamera:
      return;
  }
}

// The router asks for somebody at once, so that the capture's first grid edge is its start.
void AddFirstPacket(HomeWire& wire, const ScenarioPlan& plan, Random random) {
  constexpr uint8_t kRequest = 1, kReply = 2;
  const int64_t time = wire.begin_ns() + Millis(random.Uniform(1, 100));
  const Host asked = {.mac = kBroadcast.mac, .address = plan.device.host.address};
  wire.Arp(time, kRouter, asked, kRequest);
  wire.Arp(time + Millis(random.Uniform(0.2, 40)), plan.device.host, kRouter, kReply);
}

void AddNeighbours(HomeWire& wire, const ScenarioPlan& plan, const Random& root) {
  uint64_t stream = kFirstNeighbour;
  for (const Resident& resident : plan.neighbours) {
    const Random random = root.Fork(stream++);
    Random draw = random.Fork(0);
    AddLife({.wire = wire, .host = resident.host, .activity = LogUniform(draw, 0.05, 0.4)},
            resident.kind, random.Fork(1));
  }
}

bool IsFlooded(const ScenarioPlan& plan) {
  return plan.role == Role::kVictim &&
         (plan.scenario == Scenario::kSynFlood || plan.scenario == Scenario::kUdpFlood);
}

// What the device under watch does by itself; the stretches that its truth tells of.
std::vector<Stretch> AddDevice(HomeWire& wire, const ScenarioPlan& plan, const Random& random) {
  if (plan.scenario == Scenario::kCamera) {
    return AddBatteryCamera(wire, plan.device.host, plan.attack_begin_ns, plan.attack_end_ns,
                            random);
  }
  Random draw = random.Fork(0);
  // Whoever has taken over a device uses one that does little, or one that does much.
  const double activity = LogUniform(draw, plan.scenario == Scenario::kQuiet ? 0.2 : 0.05, 3);
  const Living living = {
      .wire = wire, .host = plan.device.host, .activity = activity, .neighbours = plan.neighbours};
  AddLife(living, plan.device.kind, random.Fork(1));
  // Most that is flooded offers something to the Internet; most other devices do not.
  AddStrangers(living, IsFlooded(plan) ? 0.7 : 0.35, random.Fork(2));
  return {};
}

std::vector<TruthInterval> MakeTruth(const ScenarioPlan& plan, const std::vector<Stretch>& found) {
  const auto seconds = [&plan](int64_t time_ns) {
    return static_cast<double>(time_ns - plan.begin_ns) / kNanosPerSecond;
  };
  const std::string usual = plan.scenario == Scenario::kCamera ? "idle" : "benign";
  const std::string label(AttackLabelOf(plan.scenario));
  std::vector<TruthInterval> truth;
  double done = 0;
  for (const Stretch& stretch : found) {
    const double begin = seconds(stretch.begin_ns), end = seconds(stretch.end_ns);
    if (begin > done) truth.push_back({.start_s = done, .end_s = begin, .label = usual});
    truth.push_back({.start_s = begin, .end_s = end, .label = label});
    done = end;
  }
  const double end = seconds(plan.end_ns);
  if (end > done) truth.push_back({.start_s = done, .end_s = end, .label = usual});
  return truth;
}

}  // namespace

std::string_view NameOf(Scenario scenario) {
  return kScenarioNames.at(static_cast<size_t>(scenario));
}

std::string_view AttackLabelOf(Scenario scenario) {
  constexpr std::array<std::string_view, kScenarioNames.size()> kLabels = {
      "benign", "scan", "scan", "flood", "flood", "brute_force", "c2", "motion"};
  return kLabels.at(static_cast<size_t>(scenario));
}

absl::StatusOr<ScenarioResult> SimulateScenario(const ScenarioOptions& options) {
  absl::StatusOr<ScenarioPlan> plan = PlanScenario(options);
  if (!plan.ok()) return plan.status();
  const Random root(options.seed);
  // The attack by itself first, to see when it really began and ended.
  HomeWire attack(plan->begin_ns, plan->end_ns, kMostScenarioPackets);
  AddAttack(attack, *plan, root.Fork(kAttackStream));
  const std::vector<SimulatedPacket> attack_packets = attack.TakeSorted();

  HomeWire wire(plan->begin_ns, plan->end_ns, kMostScenarioPackets);
  AddFirstPacket(wire, *plan, root.Fork(kFirstNeighbour - 1));
  std::vector<Stretch> found = AddDevice(wire, *plan, root.Fork(kDeviceStream));
  AddNeighbours(wire, *plan, root);
  for (const SimulatedPacket& packet : attack_packets) wire.Add(packet);
  if (!attack_packets.empty()) {
    found.push_back({.begin_ns = attack_packets.front().time_ns,
                     .end_ns = attack_packets.back().time_ns + kNanosPerMicrosecond});
  }
  if (attack.is_full() || wire.is_full()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--duration: more than ", kMostScenarioPackets,
                     " packets; take --before, --duration or --after shorter, or a lower --rate"));
  }
  ScenarioResult result = {.device = plan->device.host.address, .kind = plan->device.kind};
  result.simulation.packets = wire.TakeSorted();
  Pad(result.simulation.packets, root.Fork(kPaddingStream));
  result.simulation.truth = MakeTruth(*plan, found);
  return result;
}

}  // namespace silhouette::simulate
