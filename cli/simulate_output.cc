#include "cli/simulate_output.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "cli/terminal.h"
#include "learn/simulate/pcap_writer.h"
#include "learn/simulate/truth_writer.h"

namespace silhouette {

std::string TruthPath(const SimulateOutput& output) {
  if (!output.truth.empty()) return output.truth;
  std::filesystem::path path(output.capture);
  return path.replace_extension(".truth.csv").string();
}

absl::Status CheckOutput(const SimulateOutput& output) {
  if (TruthPath(output) != output.capture) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--truth: ", output.capture, " is the capture itself; name another file"));
}

absl::Status WriteSimulation(const SimulateOutput& output, const simulate::Simulation& simulation,
                             const std::string& command) {
  absl::Status status = simulate::WritePcap(output.capture, simulation.packets);
  if (!status.ok()) return status;
  return simulate::WriteTruth(TruthPath(output), simulation.truth, command);
}

std::string OutputLine(const SimulateOutput& output, const simulate::Simulation& simulation) {
  return absl::StrCat(output.capture, ": ", WithThousands(simulation.packets.size()),
                      " simulated packets, headers only; truth in ", TruthPath(output));
}

}  // namespace silhouette
