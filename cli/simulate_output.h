#pragma once

#include <string>

#include "absl/status/status.h"
#include "learn/simulate/packet.h"

namespace silhouette {

// Where a simulation goes.
struct SimulateOutput {
  std::string capture;
  std::string truth;  // empty: beside the capture, call.pcap -> call.truth.csv
};

// INVALID_ARGUMENT where the truth would be the capture itself.
absl::Status CheckOutput(const SimulateOutput& output);
std::string TruthPath(const SimulateOutput& output);

// Writes both; `command` is what makes them again.
absl::Status WriteSimulation(const SimulateOutput& output, const simulate::Simulation& simulation,
                             const std::string& command);

// "call.pcap: 27,512 simulated packets, headers only; truth in call.truth.csv".
std::string OutputLine(const SimulateOutput& output, const simulate::Simulation& simulation);

}  // namespace silhouette
