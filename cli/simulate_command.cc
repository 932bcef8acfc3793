#include "cli/simulate_command.h"

#include <filesystem>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/report_flags.h"
#include "cli/terminal.h"
#include "learn/simulate/home.h"
#include "learn/simulate/pcap_writer.h"
#include "learn/simulate/truth_writer.h"

namespace silhouette {
namespace {

struct SimulateFlags {
  bool home = false;  // `home` rather than `call`
  simulate::CallOptions call;
  std::string output = "call.pcap";
  std::string truth;  // empty: beside the capture
};

// call.pcap -> call.truth.csv.
std::string TruthPath(const SimulateFlags& flags) {
  if (!flags.truth.empty()) return flags.truth;
  std::filesystem::path path(flags.output);
  return path.replace_extension(".truth.csv").string();
}

absl::Status Simulate(const SimulateFlags& flags) {
  if (TruthPath(flags) == flags.output) {
    return absl::InvalidArgumentError(
        absl::StrCat("--truth: ", flags.output, " is the capture itself; name another file"));
  }
  auto simulation =
      flags.home ? simulate::SimulateHome({flags.call}) : simulate::SimulateCall(flags.call);
  if (!simulation.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--duration: ", std::string(simulation.status().message())));
  }
  const std::string command =
      absl::StrCat("silhouette simulate ", flags.home ? "home" : "call", " --seed ",
                   flags.call.seed, " --duration ", flags.call.duration_s);
  absl::Status status = simulate::WritePcap(flags.output, simulation->packets);
  if (!status.ok()) return status;
  status = simulate::WriteTruth(TruthPath(flags), simulation->truth, command);
  if (!status.ok()) return status;
  std::cout << flags.output << ": " << WithThousands(simulation->packets.size())
            << " simulated packets, headers only; truth in " << TruthPath(flags) << "\n";
  return absl::OkStatus();
}

void AddKind(CLI::App* parent, bool home, const char* name, const char* description,
             int* exit_status) {
  auto flags = std::make_shared<SimulateFlags>();
  flags->home = home;
  flags->output = absl::StrCat(name, ".pcap");
  CLI::App* app = parent->add_subcommand(name, description);
  app->add_option("--seed", flags->call.seed, "Equal seeds give equal bytes, on every machine")
      ->capture_default_str();
  app->add_option("--duration", flags->call.duration_s,
                  "Length of the call in seconds, a multiple of 0.5")
      ->capture_default_str();
  app->add_option("-o,--output", flags->output, "Capture to write")
      ->type_name("FILE")
      ->capture_default_str();
  app->add_option("--truth", flags->truth,
                  "Truth to write (default: the capture's name with .truth.csv)")
      ->type_name("FILE");
  app->callback([flags, exit_status, command = absl::StrCat("simulate ", name)] {
    absl::Status status = Simulate(*flags);
    *exit_status = status.ok() ? 0 : ReportFailure(command, status);
  });
}

}  // namespace

void AddSimulateCommand(CLI::App* parent, int* exit_status) {
  CLI::App* app = parent->add_subcommand(
      "simulate", "Write a capture of made-up traffic, headers only, and its truth");
  app->require_subcommand(1);
  AddKind(app, false, "call", "A video call with somebody coming and going", exit_status);
  AddKind(app, true, "home", "The same call among a home's other devices", exit_status);
  app->footer("Example:\n  silhouette simulate call --seed 7 --duration 120 -o call.pcap");
}

}  // namespace silhouette
