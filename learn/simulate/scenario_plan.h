#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/simulate/home_wire.h"
#include "learn/simulate/scenario.h"

namespace silhouette::simulate {

struct Resident {
  Host host;
  DeviceKind kind = DeviceKind::kPlug;
};

// A scenario's options, with everything drawn that was not given.
struct ScenarioPlan {
  Scenario scenario = Scenario::kQuiet;
  Role role = Role::kAttacker;
  double rate = 1;               // of what the scenario counts
  double period_s = 1;           // beacon
  std::optional<double> jitter;  // without: the attack draws how it keeps time
  int64_t begin_ns = 0;          // of the capture
  int64_t attack_begin_ns = 0;   // when its first packet may be
  int64_t attack_end_ns = 0;     // nothing new is begun from here on
  int64_t end_ns = 0;            // of the capture
  Resident device;               // under watch
  std::vector<Resident> neighbours;
};

// INVALID_ARGUMENT, naming the option.
absl::StatusOr<ScenarioPlan> PlanScenario(const ScenarioOptions& options);

}  // namespace silhouette::simulate
