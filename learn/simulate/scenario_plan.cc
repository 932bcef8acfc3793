#include "learn/simulate/scenario_plan.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_draw.h"

namespace silhouette::simulate {
namespace {

constexpr int64_t kCaptureBeginNs = 1'700'006'400 * kNanosPerSecond;  // a full hour
constexpr double kMostSeconds = 24 * 3600;
constexpr uint64_t kPlanStream = 1, kHomeStream = 2;

// What a scenario counts by --rate: the range it is drawn from, how long it lasts and how many
// there are at most.
struct Rates {
  double low = 0, high = 0;
  double most = 0;
  double drawn_most = 0;  // where the duration is drawn: answers come on top
  double shortest_s = 0, longest_s = 0;
};

Rates RatesOf(Scenario scenario) {
  switch (scenario) {
    case Scenario::kHostScan:
    case Scenario::kPortScan:
      return {0.2, 5000, 100'000, 40'000, 15, 240};
    case Scenario::kSynFlood:
      return {200, 100'000, 200'000, 60'000, 10, 120};
    case Scenario::kUdpFlood:
      return {200, 100'000, 200'000, 150'000, 10, 120};
    case Scenario::kGuessing:
      return {0.5, 50, 4'000, 4'000, 20, 300};
    case Scenario::kBeacon:
      return {0, 0, 20'000, 20'000, 60, 600};
    default:
      return {0, 0, 0, 0, 90, 400};
  }
}

bool HasRate(Scenario scenario) { return RatesOf(scenario).high > 0; }

template <typename... Parts>
absl::Status Refuse(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

absl::string_view Text(std::string_view text) { return {text.data(), text.size()}; }

absl::Status CheckRange(absl::string_view option, std::optional<double> value, double low,
                        double high) {
  if (!value.has_value() || (*value >= low && *value <= high)) return absl::OkStatus();
  return Refuse(option, " is ", *value, ", must be from ", low, " to ", high);
}

absl::Status CheckMeaning(const ScenarioOptions& options) {
  const auto name = Text(NameOf(options.scenario));
  const bool is_beacon = options.scenario == Scenario::kBeacon;
  if (options.rate.has_value() && !HasRate(options.scenario)) {
    return Refuse("--rate means nothing to ", name, is_beacon ? "; give it a --period" : "");
  }
  if (options.period_s.has_value() && !is_beacon) {
    return Refuse("--period is for the scenario beacon, not for ", name);
  }
  if (options.jitter.has_value() && !HasRate(options.scenario) && !is_beacon) {
    return Refuse("--jitter means nothing to ", name);
  }
  if (options.role.has_value() && !HasRate(options.scenario)) {
    return Refuse("--role means nothing to ", name);
  }
  if (options.device.has_value() && options.scenario == Scenario::kCamera) {
    return Refuse("--device: the scenario camera watches its battery camera");
  }
  return absl::OkStatus();
}

absl::Status CheckOptions(const ScenarioOptions& options) {
  if (absl::Status status = CheckMeaning(options); !status.ok()) return status;
  for (const auto& [option, value, low, high] :
       {std::tuple{"--rate", options.rate, 0.01, 1e6},
        std::tuple{"--period", options.period_s, 0.1, 86400.0},
        std::tuple{"--jitter", options.jitter, 0.0, 0.5},
        std::tuple{"--before", options.before_s, 0.0, kMostSeconds},
        std::tuple{"--duration", options.duration_s, 1.0, kMostSeconds},
        std::tuple{"--after", options.after_s, 0.0, kMostSeconds}}) {
    if (absl::Status status = CheckRange(option, value, low, high); !status.ok()) return status;
  }
  return absl::OkStatus();
}

double DrawDuration(const ScenarioPlan& plan, const Rates& rates, Random& random) {
  const double drawn = std::round(LogUniform(random, rates.shortest_s, rates.longest_s));
  if (plan.scenario == Scenario::kBeacon) {
    // Some periods at least, but no hours of the longest ones.
    const double periods = random.Uniform(6, 12) * plan.period_s;
    return std::clamp(std::round(std::max(drawn, periods)), 60.0, 2400.0);
  }
  if (!HasRate(plan.scenario)) return drawn;
  return std::max(1.0, std::min(drawn, std::floor(rates.drawn_most / plan.rate)));
}

absl::Status PlanTimes(const ScenarioOptions& options, ScenarioPlan& plan, Random random) {
  const Rates rates = RatesOf(plan.scenario);
  // Everything is drawn in any case, so that one option leaves the others' draws as they are.
  const double rate = rates.high > 0 ? LogUniform(random, rates.low, rates.high) : 1;
  const double period = LogUniform(random, 1, 600);
  const double jitter = random.Uniform(0, 0.5);
  plan.rate = options.rate.value_or(rate);
  plan.period_s = options.period_s.value_or(period);
  plan.jitter = options.jitter;
  if (plan.scenario == Scenario::kBeacon) plan.jitter = options.jitter.value_or(jitter);
  const double before = options.before_s.value_or(std::round(LogUniform(random, 20, 180)));
  const double after = options.after_s.value_or(std::round(LogUniform(random, 10, 120)));
  const double duration = options.duration_s.value_or(DrawDuration(plan, rates, random));
  const double events =
      plan.scenario == Scenario::kBeacon ? duration / plan.period_s : plan.rate * duration;
  if (rates.most > 0 && events > rates.most) {
    return Refuse("--duration ", duration, " makes ", std::round(events), " in all, more than ",
                  rates.most, "; take it shorter, or ",
                  HasRate(plan.scenario) ? "a lower --rate" : "a longer --period");
  }
  plan.begin_ns = kCaptureBeginNs;
  plan.attack_begin_ns = plan.begin_ns + Seconds(before);
  plan.attack_end_ns = plan.attack_begin_ns + Seconds(duration);
  plan.end_ns = plan.attack_end_ns + Seconds(after);
  return absl::OkStatus();
}

constexpr std::array kLightKinds = {
    DeviceKind::kCamera, DeviceKind::kPlug, DeviceKind::kPlug,       DeviceKind::kHub,
    DeviceKind::kBulb,   DeviceKind::kBulb, DeviceKind::kThermostat, DeviceKind::kSpeaker,
    DeviceKind::kLaptop, DeviceKind::kPhone};

void PlanHome(const ScenarioOptions& options, ScenarioPlan& plan, Random random) {
  std::vector<uint8_t> numbers;
  for (uint8_t number = 2; number < 255; ++number) numbers.push_back(number);
  random.Shuffle(numbers);
  const auto host = [&numbers](size_t index) { return HomeHost(numbers[index], numbers[index]); };
  const auto kind =
      static_cast<DeviceKind>(random.UniformInt(0, static_cast<int64_t>(kDeviceNames.size()) - 1));
  plan.device = {.host = host(0), .kind = options.device.value_or(kind)};
  if (plan.scenario == Scenario::kCamera) plan.device.kind = DeviceKind::kCamera;
  const int64_t others = random.UniformInt(0, 6);
  for (int64_t i = 1; i <= others; ++i) {
    plan.neighbours.push_back(
        {.host = host(static_cast<size_t>(i)), .kind = Pick(random, kLightKinds)});
  }
}

}  // namespace

absl::StatusOr<ScenarioPlan> PlanScenario(const ScenarioOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  const Random root(options.seed);
  Random random = root.Fork(kPlanStream);
  ScenarioPlan plan;
  plan.scenario = options.scenario;
  const Role role = Chance(random, 0.5) ? Role::kAttacker : Role::kVictim;
  plan.role = HasRate(options.scenario) ? options.role.value_or(role) : Role::kAttacker;
  if (absl::Status status = PlanTimes(options, plan, random.Fork(0)); !status.ok()) return status;
  PlanHome(options, plan, root.Fork(kHomeStream));
  return plan;
}

}  // namespace silhouette::simulate
