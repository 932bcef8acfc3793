// Packet headers to windows of features: on one core and over gRPC, against a bare libpcap loop
// over the same flood in the same rounds; what subjects and a scan take; and what other tools do
// with the same packets.

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/arguments.h"
#include "tests/bench/bare_loop.h"
#include "tests/bench/check.h"
#include "tests/bench/feature_memory.h"
#include "tests/bench/flood_file.h"
#include "tests/bench/peers.h"
#include "tests/bench/report.h"
#include "tests/bench/rounds.h"
#include "tests/bench/window_runs.h"

namespace silhouette::bench {
namespace {

constexpr int kRounds = 7;
constexpr const char* kPresence = "schema=presence.v1,subject=conversation,window=500ms";
constexpr const char* kTraffic = "schema=traffic.v1,subject=device,window=5s";
constexpr const char* kConnections = "schema=traffic.v2,subject=device,window=5s";
constexpr double kGrpcGoal = 1.2, kMaxGrpcPercent = 15;

// Times of the cases over one flood; the first is the bare loop.
struct Flood {
  const FloodOptions& options;
  const std::vector<Case>& cases;
  const std::vector<Spent> spent;

  Row CpuRow(size_t i) const { return RowOf(i, ", CPU", &Spent::cpu_s); }
  Row WallRow(size_t i) const { return RowOf(i, ", wall", &Spent::wall_s); }

 private:
  Row RowOf(size_t i, const char* clock, std::vector<double> Spent::*seconds) const {
    Row row{absl::StrCat(cases[i].name, ", ", options.flows, " flows", clock),
            static_cast<double>(options.packets) / Median(spent[i].*seconds),
            "packets/s",
            {},
            "",
            {}};
    if (i == 0) return row;
    row.ratio = MedianRatio(spent[0].*seconds, spent[i].*seconds);
    row.against = cases[0].name;
    return row;
  }
};

Row WithGoal(Row row, double goal) {
  row.goal = goal;
  return row;
}

std::vector<Case> OneCoreCases(const std::string& path) {
  return {
      {"bare loop", [=] { return BareLoop(path).packets; }},
      {"presence.v1", [=] { return WindowsInOneThread(path, kPresence); }},
      {"traffic.v1", [=] { return WindowsInOneThread(path, kTraffic); }},
      {"traffic.v2", [=] { return WindowsInOneThread(path, kConnections); }},
  };
}

// What gRPC between capture and features costs. Windows go on by gRPC in both cases, so that the
// packets alone differ.
void AddGrpcRows(const Flood& flood, size_t joined, size_t over_grpc, std::vector<Row>* rows) {
  rows->push_back(flood.WallRow(0));
  rows->push_back(flood.WallRow(joined));
  rows->push_back(WithGoal(flood.WallRow(over_grpc), kGrpcGoal));
  const double ratio = MedianRatio(flood.spent[over_grpc].cpu_s, flood.spent[joined].cpu_s);
  rows->push_back({"CPU that gRPC adds to the joined engines",
                   100 * (ratio - 1),
                   "%",
                   {},
                   "",
                   kMaxGrpcPercent,
                   /*higher_is_better=*/false});
}

void MeasureFewFlows(size_t packets, std::vector<Row>* rows) {
  const FloodOptions options{.packets = packets, .flows = 1'000};
  const auto file = FloodFile::Write(options);
  Check(file.status());
  const std::string path = (*file)->path();
  {
    ServiceRuns services(kPresence);
    std::vector<Case> cases = OneCoreCases(path);
    cases.push_back(
        {"presence.v1, joined, windows by gRPC", [&] { return services.Joined(path); }});
    cases.push_back({"presence.v1, packets and windows by gRPC, two cores",
                     [&] { return services.OverGrpc(path); }});
    const Flood flood{options, cases, RunRounds(kRounds, packets, cases)};
    rows->push_back(flood.CpuRow(0));
    rows->push_back(WithGoal(flood.CpuRow(1), 1.2));
    rows->push_back(WithGoal(flood.CpuRow(2), 0.6));
    AddGrpcRows(flood, 3, 4, rows);
  }
  for (const Row& row : ComparePeers(path, packets)) rows->push_back(row);
}

void MeasureManyFlows(size_t packets, std::vector<Row>* rows) {
  const FloodOptions options{.packets = packets, .flows = 60'000};
  const auto file = FloodFile::Write(options);
  Check(file.status());
  const std::vector<Case> cases = OneCoreCases((*file)->path());
  const Flood flood{options, cases, RunRounds(kRounds, packets, cases)};
  rows->push_back(flood.CpuRow(0));
  rows->push_back(WithGoal(flood.CpuRow(1), 1.0));
  rows->push_back(WithGoal(flood.CpuRow(2), 0.5));
}

void MeasureMemory(size_t flows, std::vector<Row>* rows) {
  for (const Row& row : MeasureSubjects("presence.v1", kPresence)) rows->push_back(row);
  for (const Row& row : MeasureSubjects("traffic.v1", kTraffic)) rows->push_back(row);
  for (const Row& row : MeasureScan(flows)) rows->push_back(row);
}

}  // namespace
}  // namespace silhouette::bench

int main(int argc, char** argv) {
  using namespace silhouette::bench;
  const Arguments arguments = ParseArguments(argc, argv);
  if (!arguments.afresh.empty()) {
    RunMemoryWork(arguments.afresh);
    return 0;
  }
  std::vector<Row> rows;
  MeasureFewFlows(arguments.packets, &rows);
  MeasureManyFlows(arguments.packets, &rows);
  MeasureMemory(arguments.packets, &rows);
  Print(rows, arguments.json);
  return 0;
}
