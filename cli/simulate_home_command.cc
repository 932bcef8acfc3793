#include "cli/simulate_home_command.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/report_flags.h"
#include "cli/simulate_output.h"
#include "learn/simulate/home.h"
#include "learn/simulate/scenario.h"

namespace silhouette {
namespace {

constexpr std::string_view kCall = "call";
constexpr double kCallSeconds = 120;

// As they were typed; what was not is empty.
struct HomeFlags {
  std::string scenario{kCall};
  std::string role, device;
  simulate::ScenarioOptions options;
  SimulateOutput output;
  bool json = false;
};

template <size_t N>
std::vector<std::string> Names(const std::array<std::string_view, N>& names) {
  return {names.begin(), names.end()};
}

// The value whose name that is; CLI has checked that there is one.
template <typename Enum, size_t N>
std::optional<Enum> ValueOf(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

// The options that were given, as they would be typed.
std::string CommandOf(const HomeFlags& flags) {
  std::string command = "silhouette simulate home";
  if (flags.scenario != kCall) absl::StrAppend(&command, " --scenario ", flags.scenario);
  absl::StrAppend(&command, " --seed ", flags.options.seed);
  if (!flags.role.empty()) absl::StrAppend(&command, " --role ", flags.role);
  if (!flags.device.empty()) absl::StrAppend(&command, " --device ", flags.device);
  for (const auto& [name, value] :
       {std::pair{" --rate ", flags.options.rate}, std::pair{" --period ", flags.options.period_s},
        std::pair{" --jitter ", flags.options.jitter},
        std::pair{" --before ", flags.options.before_s},
        std::pair{" --duration ", flags.options.duration_s},
        std::pair{" --after ", flags.options.after_s}}) {
    if (value.has_value()) absl::StrAppend(&command, name, nlohmann::json(*value).dump());
  }
  return command;
}

// Writes what was simulated and tells of it; `device` is the one whose truth it is.
absl::Status Finish(const HomeFlags& flags, const simulate::Simulation& simulation,
                    const std::string& device, const std::string& command) {
  if (absl::Status status = WriteSimulation(flags.output, simulation, command); !status.ok()) {
    return status;
  }
  if (flags.json) {
    const nlohmann::ordered_json line = {{"capture", flags.output.capture},
                                         {"truth", TruthPath(flags.output)},
                                         {"device", device},
                                         {"packets", simulation.packets.size()}};
    std::cout << line.dump() << "\n";
    return absl::OkStatus();
  }
  std::cout << OutputLine(flags.output, simulation) << "\n";
  if (flags.scenario != kCall) std::cout << "device " << device << "\n";
  return absl::OkStatus();
}

absl::Status SimulateCallAtHome(const HomeFlags& flags) {
  const simulate::ScenarioOptions& options = flags.options;
  for (const auto& [name, given] :
       {std::pair{"--rate", options.rate.has_value()},
        std::pair{"--period", options.period_s.has_value()},
        std::pair{"--jitter", options.jitter.has_value()},
        std::pair{"--before", options.before_s.has_value()},
        std::pair{"--after", options.after_s.has_value()}, std::pair{"--role", !flags.role.empty()},
        std::pair{"--device", !flags.device.empty()}}) {
    if (given) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is for the other scenarios, not for call; name one by --scenario"));
    }
  }
  simulate::CallOptions call;
  call.seed = options.seed;
  call.duration_s = options.duration_s.value_or(kCallSeconds);
  absl::StatusOr<simulate::Simulation> simulation = simulate::SimulateHome({.call = call});
  if (!simulation.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--duration: ", std::string(simulation.status().message())));
  }
  return Finish(
      flags, *simulation, call.home_address,
      absl::StrCat("silhouette simulate home --seed ", call.seed, " --duration ", call.duration_s));
}

absl::Status SimulateHome(const HomeFlags& flags) {
  if (absl::Status status = CheckOutput(flags.output); !status.ok()) return status;
  if (flags.scenario == kCall) return SimulateCallAtHome(flags);
  simulate::ScenarioOptions options = flags.options;
  options.scenario = ValueOf<simulate::Scenario>(simulate::kScenarioNames, flags.scenario)
                         .value_or(simulate::Scenario::kQuiet);
  options.role = ValueOf<simulate::Role>(simulate::kRoleNames, flags.role);
  options.device = ValueOf<simulate::DeviceKind>(simulate::kDeviceNames, flags.device);
  const absl::StatusOr<simulate::ScenarioResult> result = simulate::SimulateScenario(options);
  if (!result.ok()) return result.status();
  return Finish(flags, result->simulation, simulate::FormatIpAddress(result->device),
                CommandOf(flags));
}

void AddScenarioFlags(CLI::App* app, HomeFlags* flags) {
  std::vector<std::string> scenarios = Names(simulate::kScenarioNames);
  scenarios.insert(scenarios.begin(), std::string(kCall));
  app->add_option("--scenario", flags->scenario, "What happens")
      ->check(CLI::IsMember(scenarios))
      ->capture_default_str();
  app->add_option("--role", flags->role,
                  "Whether the device under watch does it or suffers it (default: drawn)")
      ->check(CLI::IsMember(Names(simulate::kRoleNames)));
  app->add_option("--device", flags->device, "What the device under watch is (default: drawn)")
      ->check(CLI::IsMember(Names(simulate::kDeviceNames)));
  simulate::ScenarioOptions& options = flags->options;
  app->add_option("--rate", options.rate,
                  "Probes, packets of a flood or guesses per second (default: drawn)");
  app->add_option("--period", options.period_s,
                  "Seconds from one call of a beacon to the next (default: drawn)");
  app->add_option("--jitter", options.jitter,
                  "How much of itself each gap or period may be longer or shorter, 0 to 0.5 "
                  "(default: drawn)");
  app->add_option("--before", options.before_s, "Seconds before it begins (default: drawn)");
  app->add_option("--after", options.after_s, "Seconds behind it (default: drawn)");
}

constexpr char kFooter[] =
    "Scenarios:\n"
    "  call       A video call with somebody coming and going; truth: person, background\n"
    "  quiet      Nothing but what such devices do; truth: benign\n"
    "  host-scan  Many addresses are asked for a port or a few; truth: scan\n"
    "  port-scan  Many ports of one host are asked for; truth: scan\n"
    "  syn-flood  TCP connections begun and never finished; truth: flood\n"
    "  udp-flood  UDP, straight or reflected, or reflected SYN-ACKs; truth: flood\n"
    "  guessing   Passwords are guessed, a connection each; truth: brute_force\n"
    "  beacon     The device calls home, period after period; truth: c2\n"
    "  camera     A battery camera uploads what moves; truth: idle, motion\n"
    "The truth of all but call is that of one device, whose address is printed, and benign around\n"
    "what happens. What is not given is drawn from the seed, over wide ranges. Home addresses are\n"
    "in 192.168.1.0/24, remote ones are set aside for documentation or for benchmarks.\n"
    "\n"
    "Examples:\n"
    "  silhouette simulate home --seed 7 --duration 120 -o home.pcap\n"
    "  silhouette simulate home --scenario port-scan --seed 3 --role victim -o scan.pcap\n"
    "  silhouette simulate home --scenario beacon --period 2 --duration 600 --device plug\n"
    "  silhouette simulate home --scenario syn-flood --rate 5000 --duration 20 --json";

}  // namespace

void AddSimulateHomeCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<HomeFlags>();
  flags->output.capture = "home.pcap";
  CLI::App* app = parent->add_subcommand(
      "home", "A home's devices: the same call among them, or an attack on one or by one");
  AddScenarioFlags(app, flags.get());
  app->add_option("--seed", flags->options.seed, "Equal seeds give equal bytes, on every machine")
      ->capture_default_str();
  app->add_option("--duration", flags->options.duration_s,
                  "Length in seconds of what happens (default: drawn; for call 120, and a multiple "
                  "of 0.5)");
  app->add_option("-o,--output", flags->output.capture, "Capture to write")
      ->type_name("FILE")
      ->capture_default_str();
  app->add_option("--truth", flags->output.truth,
                  "Truth to write (default: the capture's name with .truth.csv)")
      ->type_name("FILE");
  app->add_flag("--json", flags->json, "One JSON object: capture, truth, device, packets");
  app->footer(kFooter);
  app->callback([flags, exit_status] {
    absl::Status status = SimulateHome(*flags);
    *exit_status = status.ok() ? 0 : ReportFailure("simulate home", status);
  });
}

}  // namespace silhouette
