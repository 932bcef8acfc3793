// Packet headers to windows of features: on one core against a bare libpcap loop over the same
// flood in the same rounds.

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "capture-svc/engine.h"
#include "capture-svc/source/open_capture.h"
#include "common/window_spec.h"
#include "feature-svc/engine.h"
#include "tests/bench/arguments.h"
#include "tests/bench/bare_loop.h"
#include "tests/bench/check.h"
#include "tests/bench/flood_file.h"
#include "tests/bench/report.h"
#include "tests/bench/rounds.h"

namespace silhouette::bench {
namespace {

constexpr int kRounds = 7;
constexpr const char* kPresence = "schema=presence.v1,subject=conversation,window=500ms";
constexpr const char* kTraffic = "schema=traffic.v1,subject=device,window=5s";

SpecSet SpecsOf(const std::string& text) {
  const auto spec = ParseSpec(text);
  Check(spec.status());
  return {{*spec}, SpecSetHash({*spec})};
}

// The packets that windows took.
uint64_t Windowed(const std::string& path, const std::string& spec) {
  auto source = OpenCapture(path);
  Check(source.status());
  auto features = FeatureEngine::Create(SpecsOf(spec));
  Check(features.status());
  CaptureOptions options;
  options.origin = "bench";
  options.run = "1";
  uint64_t windows = 0;
  CaptureEngine* capture = nullptr;
  const auto take = [&](const v1::WindowBatch& batch) {
    for (const v1::WindowTable& table : batch.tables()) {
      windows += static_cast<uint64_t>(table.start_ns_size());
    }
    v1::Ack ack;
    ack.set_sequence(batch.header().sequence());
    capture->OnAck((*features)->AckFor(ack));
    return absl::OkStatus();
  };
  CaptureEngine engine(
      options, [&](const v1::PacketBatch& batch) { return (*features)->Consume(batch, take); });
  capture = &engine;
  Check(engine.Read(source->get()));
  if (windows == 0) Check(absl::InternalError("no window came"));
  return engine.Progress().accounting.windowed();
}

std::string CaseName(const char* what, const FloodOptions& flood) {
  return absl::StrCat(what, ", ", flood.flows, " flows");
}

void MeasureSpeed(const FloodOptions& flood, double presence_goal, double traffic_goal,
                  std::vector<Row>* rows) {
  const auto file = FloodFile::Write(flood);
  Check(file.status());
  const std::string path = (*file)->path();
  const std::vector<Case> cases = {
      {CaseName("bare loop", flood), [&] { return BareLoop(path).packets; }},
      {CaseName("presence.v1", flood), [&] { return Windowed(path, kPresence); }},
      {CaseName("traffic.v1", flood), [&] { return Windowed(path, kTraffic); }},
  };
  const std::vector<Spent> spent = RunRounds(kRounds, flood.packets, cases);
  const double goals[] = {0, presence_goal, traffic_goal};
  for (size_t i = 0; i < cases.size(); ++i) {
    Row row{cases[i].name,
            static_cast<double>(flood.packets) / Median(spent[i].cpu_s),
            "packets/s",
            {},
            "",
            {}};
    if (i > 0) {
      row.ratio = MedianRatio(spent[0].cpu_s, spent[i].cpu_s);
      row.against = "bare loop";
      row.goal = goals[i];
    }
    rows->push_back(row);
  }
}

}  // namespace
}  // namespace silhouette::bench

int main(int argc, char** argv) {
  using namespace silhouette::bench;
  const Arguments arguments = ParseArguments(argc, argv);
  std::vector<Row> rows;
  MeasureSpeed({.packets = arguments.packets, .flows = 1'000}, 1.2, 0.6, &rows);
  MeasureSpeed({.packets = arguments.packets, .flows = 60'000}, 1.0, 0.5, &rows);
  Print(rows, arguments.json);
  return 0;
}
