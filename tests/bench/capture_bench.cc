// File to PacketBatch in CPU time, against a bare libpcap loop over the same file in the same
// rounds, and the memory that it takes. Where most packets find their flow in the batch already
// (1,000 flows), and where hardly any does (60,000 flows, drawn uniformly).

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "capture-svc/engine.h"
#include "common/capture_file/open_capture.h"
#include "tests/bench/arguments.h"
#include "tests/bench/bare_loop.h"
#include "tests/bench/check.h"
#include "tests/bench/flood_file.h"
#include "tests/bench/private_memory.h"
#include "tests/bench/report.h"
#include "tests/bench/rounds.h"

namespace silhouette::bench {
namespace {

constexpr int kRounds = 7;
constexpr uint32_t kSnapBytes = 96;
constexpr double kMaxPrivateMib = 64;

// The number of packets, so that none can be skipped unnoticed.
uint64_t ReadBatches(const std::string& path, const CaptureEngine::Emit& emit) {
  auto source = OpenCapture(path);
  Check(source.status());
  CaptureOptions options;
  options.origin = "bench";
  options.run = "1";
  CaptureEngine engine(options, emit);
  Check(engine.Read(source->get()));
  return engine.Progress().accounting.pending();
}

uint64_t CaptureOnly(const std::string& path) {
  return ReadBatches(path, [](const v1::PacketBatch&) { return absl::OkStatus(); });
}

// The most private memory at any batch, in KiB.
uint64_t PeakOfReading(const std::string& path) {
  uint64_t peak = 0;
  ReadBatches(path, [&](const v1::PacketBatch&) {
    const auto now = PrivateKib();
    if (now.ok()) peak = std::max(peak, *now);
    return now.status();
  });
  return peak;
}

std::string CaseName(const char* what, const FloodOptions& flood) {
  return absl::StrCat(what, ", ", flood.flows, " flows, snap ", flood.snap_bytes);
}

void MeasureSpeed(const FloodOptions& flood, const std::string& path, double goal,
                  std::vector<Row>* rows) {
  const std::vector<Case> cases = {
      {CaseName("bare loop", flood), [&] { return BareLoop(path).packets; }},
      {CaseName("engine", flood), [&] { return CaptureOnly(path); }},
  };
  const std::vector<Spent> spent = RunRounds(kRounds, flood.packets, cases);
  const auto packets = static_cast<double>(flood.packets);
  rows->push_back({cases[0].name, packets / Median(spent[0].cpu_s), "packets/s", {}, "", {}});
  rows->push_back({cases[1].name, packets / Median(spent[1].cpu_s), "packets/s",
                   MedianRatio(spent[0].cpu_s, spent[1].cpu_s), "bare loop", goal});
}

void MeasureMemory(const FloodOptions& flood, const std::string& path, std::vector<Row>* rows) {
  const auto kib = RunAfresh(AfreshArgument(path));
  Check(kib.status());
  rows->push_back({CaseName("private", flood),
                   std::stod(*kib) / 1024,
                   "MiB",
                   {},
                   "",
                   kMaxPrivateMib,
                   /*higher_is_better=*/false});
}

std::vector<Row> Measure(size_t packets) {
  std::vector<Row> rows;
  for (const auto& [flows, goal] : {std::pair<size_t, double>{1'000, 2.0}, {60'000, 1.5}}) {
    const FloodOptions flood{.packets = packets, .flows = flows, .snap_bytes = kSnapBytes};
    const auto file = FloodFile::Write(flood);
    Check(file.status());
    MeasureSpeed(flood, (*file)->path(), goal, &rows);
    MeasureMemory(flood, (*file)->path(), &rows);
  }
  return rows;
}

}  // namespace
}  // namespace silhouette::bench

int main(int argc, char** argv) {
  using namespace silhouette::bench;
  const Arguments arguments = ParseArguments(argc, argv);
  if (!arguments.afresh.empty()) {
    std::printf("%llu\n", static_cast<unsigned long long>(PeakOfReading(arguments.afresh)));
    return 0;
  }
  Print(Measure(arguments.packets), arguments.json);
  return 0;
}
