#include "cli/simulate_command.h"

#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/report_flags.h"
#include "cli/simulate_home_command.h"
#include "cli/simulate_output.h"
#include "learn/simulate/call.h"

namespace silhouette {
namespace {

struct CallFlags {
  simulate::CallOptions call;
  SimulateOutput output = {.capture = "call.pcap", .truth = ""};
};

absl::Status Simulate(const CallFlags& flags) {
  if (absl::Status status = CheckOutput(flags.output); !status.ok()) return status;
  const auto simulation = simulate::SimulateCall(flags.call);
  if (!simulation.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--duration: ", std::string(simulation.status().message())));
  }
  absl::Status status =
      WriteSimulation(flags.output, *simulation,
                      absl::StrCat("silhouette simulate call --seed ", flags.call.seed,
                                   " --duration ", flags.call.duration_s));
  if (status.ok()) std::cout << OutputLine(flags.output, *simulation) << "\n";
  return status;
}

void AddCallCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<CallFlags>();
  CLI::App* app = parent->add_subcommand("call", "A video call with somebody coming and going");
  app->add_option("--seed", flags->call.seed, "Equal seeds give equal bytes, on every machine")
      ->capture_default_str();
  app->add_option("--duration", flags->call.duration_s,
                  "Length of the call in seconds, a multiple of 0.5")
      ->capture_default_str();
  app->add_option("-o,--output", flags->output.capture, "Capture to write")
      ->type_name("FILE")
      ->capture_default_str();
  app->add_option("--truth", flags->output.truth,
                  "Truth to write (default: the capture's name with .truth.csv)")
      ->type_name("FILE");
  app->callback([flags, exit_status] {
    absl::Status status = Simulate(*flags);
    *exit_status = status.ok() ? 0 : ReportFailure("simulate call", status);
  });
}

}  // namespace

void AddSimulateCommand(CLI::App* parent, int* exit_status) {
  CLI::App* app = parent->add_subcommand(
      "simulate", "Write a capture of made-up traffic, headers only, and its truth");
  app->require_subcommand(1);
  AddCallCommand(app, exit_status);
  AddSimulateHomeCommand(app, exit_status);
  app->footer("Example:\n  silhouette simulate call --seed 7 --duration 120 -o call.pcap");
}

}  // namespace silhouette
