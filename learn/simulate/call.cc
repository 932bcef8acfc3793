#include "learn/simulate/call.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "learn/simulate/call_figures.h"
#include "learn/simulate/call_window.h"
#include "learn/simulate/column_model.h"
#include "learn/simulate/random.h"

namespace silhouette::simulate {
namespace {

constexpr double kWindowsPerSecond = 2;
constexpr double kMaxDurationS = 24 * 3600;
constexpr int64_t kMaxStartNs = 4'102'444'800 * kNanosPerSecond;  // 2100-01-01

// The numbers of the generators that the call's parts draw from.
enum Stream : uint64_t { kPlanStream = 1, kColumnStream, kPacketStream };

absl::Status CheckOptions(const CallOptions& options) {
  const double windows = options.duration_s * kWindowsPerSecond;
  // Written so that a NaN fails.
  if (!(options.duration_s >= 0.5 && options.duration_s <= kMaxDurationS) ||
      windows != std::floor(windows)) {
    return absl::InvalidArgumentError(absl::StrCat("duration_s is ", options.duration_s,
                                                   ", must be a multiple of 0.5 from 0.5 to ",
                                                   kMaxDurationS));
  }
  if (options.start_ns < 0 || options.start_ns > kMaxStartNs ||
      options.start_ns % kWindowNanos != 0) {
    return absl::InvalidArgumentError(absl::StrCat("start_ns is ", options.start_ns,
                                                   ", must be a multiple of ", kWindowNanos,
                                                   " from 0 to ", kMaxStartNs));
  }
  if (!(options.least_dwell_s >= 0.5 && options.least_dwell_s <= kMaxDurationS)) {
    return absl::InvalidArgumentError(absl::StrCat("least_dwell_s is ", options.least_dwell_s,
                                                   ", must be from 0.5 to ", kMaxDurationS));
  }
  if (!(options.mean_dwell_s >= options.least_dwell_s && options.mean_dwell_s <= kMaxDurationS)) {
    return absl::InvalidArgumentError(absl::StrCat("mean_dwell_s is ", options.mean_dwell_s,
                                                   ", must be from least_dwell_s, ",
                                                   options.least_dwell_s, ", to ", kMaxDurationS));
  }
  return absl::OkStatus();
}

std::vector<TruthInterval> PlanPresence(const CallOptions& options, Random random) {
  std::vector<TruthInterval> plan;
  Presence presence = Presence::kPerson;
  double start = 0;
  while (start < options.duration_s) {
    const double dwell =
        options.least_dwell_s + random.Exponential(options.mean_dwell_s - options.least_dwell_s);
    double end = start + std::ceil(dwell * kWindowsPerSecond) / kWindowsPerSecond;
    if (options.duration_s - end < options.least_dwell_s) end = options.duration_s;
    plan.push_back({.start_s = start, .end_s = end, .label = std::string(LabelOf(presence))});
    presence = presence == Presence::kPerson ? Presence::kBackground : Presence::kPerson;
    start = end;
  }
  return plan;
}

absl::StatusOr<CallEnds> ParseEnds(const CallOptions& options) {
  absl::StatusOr<IpAddress> home = ParseIpAddress(options.home_address);
  if (!home.ok()) return home.status();
  absl::StatusOr<IpAddress> remote = ParseIpAddress(options.remote_address);
  if (!remote.ok()) return remote.status();
  if (home->is_v6 != remote->is_v6) {
    return absl::InvalidArgumentError(absl::StrCat("home_address ", options.home_address,
                                                   " and remote_address ", options.remote_address,
                                                   " must both be IPv4 or both IPv6"));
  }
  CallEnds ends;
  ends.outbound = {.source_mac = options.home_mac,
                   .destination_mac = options.remote_mac,
                   .source = *home,
                   .destination = *remote,
                   .source_port = options.home_port,
                   .destination_port = options.remote_port};
  ends.inbound = {.source_mac = options.remote_mac,
                  .destination_mac = options.home_mac,
                  .source = *remote,
                  .destination = *home,
                  .source_port = options.remote_port,
                  .destination_port = options.home_port};
  return ends;
}

}  // namespace

absl::StatusOr<Simulation> SimulateCall(const CallOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  const absl::StatusOr<CallEnds> ends = ParseEnds(options);
  if (!ends.ok()) return ends.status();
  absl::StatusOr<ColumnModel> person = ColumnModel::Create(FiguresOf(Presence::kPerson));
  if (!person.ok()) return person.status();
  absl::StatusOr<ColumnModel> background = ColumnModel::Create(FiguresOf(Presence::kBackground));
  if (!background.ok()) return background.status();

  const Random root(options.seed);
  Random column_random = root.Fork(kColumnStream);
  Random packet_random = root.Fork(kPacketStream);
  Simulation simulation;
  simulation.truth = PlanPresence(options, root.Fork(kPlanStream));
  int64_t window_start = options.start_ns;
  for (const TruthInterval& interval : simulation.truth) {
    ColumnModel& model = interval.label == LabelOf(Presence::kPerson) ? *person : *background;
    model.Restart();
    const auto windows =
        static_cast<int64_t>((interval.end_s - interval.start_s) * kWindowsPerSecond);
    for (int64_t i = 0; i < windows; ++i, window_start += kWindowNanos) {
      AppendWindow(*ends, window_start, model.Next(column_random), packet_random,
                   simulation.packets);
    }
  }
  return simulation;
}

}  // namespace silhouette::simulate
