// How fast each stage is, on a simulated home of ten minutes, in interleaved rounds. The machine's
// speed drifts, so what counts is each round's ratio to a bare libpcap loop over the same file.

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "capture-svc/capture.h"
#include "cli/pipeline.h"
#include "common/capture_file/open_capture.h"
#include "common/files.h"
#include "learn/simulate/home.h"
#include "learn/simulate/pcap_writer.h"
#include "tests/bench/bare_loop.h"
#include "tests/bench/check.h"
#include "tests/bench/report.h"

namespace silhouette::bench {
namespace {

constexpr int kRounds = 7;

void ReadBatches(const std::string& path, const CaptureEngine::Emit& emit) {
  auto source = OpenCapture(path);
  Check(source.status());
  CaptureOptions options;
  options.origin = "bench";
  options.run = "1";
  CaptureEngine engine(options, emit);
  Check(engine.Read(source->get()));
}

void CaptureOnly(const std::string& path) {
  ReadBatches(path, [](const v1::PacketBatch&) { return absl::OkStatus(); });
}

void CaptureAndFeatures(const std::string& path, const SpecSet& specs) {
  auto engine = FeatureEngine::Create(specs);
  Check(engine.status());
  ReadBatches(path, [&](const v1::PacketBatch& batch) {
    return (*engine)->Consume(batch, [](const v1::WindowBatch&) { return absl::OkStatus(); });
  });
}

void Whole(const std::string& path) {
  auto bundles = LoadModels(FindInstalledFolder("models"));
  Check(bundles.status());
  auto pipeline = Pipeline::Start(*std::move(bundles), "");
  Check(pipeline.status());
  CaptureOptions options;
  options.origin = "bench";
  options.run = NewRunName();
  SourceOptions source;
  source.path = path;
  Check(Capture(source, options, (*pipeline)->feature_channel()).Run());
}

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<Row> Measure(const std::string& path, double packets) {
  auto bundles = LoadModels(FindInstalledFolder("models"));
  Check(bundles.status());
  const ClassifyEngine classify(*std::move(bundles));
  const SpecSet specs{classify.specs(), classify.spec_set_hash()};
  struct Case {
    std::string name;
    std::function<void()> work;
    std::vector<double> seconds = {};
  };
  std::vector<Case> cases = {
      {"bare libpcap loop", [&] { BareLoop(path); }},
      {"capture engine", [&] { CaptureOnly(path); }},
      {"capture + feature engines", [&] { CaptureAndFeatures(path, specs); }},
      {"four services, one process", [&] { Whole(path); }},
  };
  for (int round = -1; round < kRounds; ++round) {
    for (Case& c : cases) {
      const double seconds = Seconds(c.work);
      if (round >= 0) c.seconds.push_back(seconds);  // round -1 warms the cache
    }
  }
  std::vector<Row> rows;
  for (const Case& c : cases) {
    std::vector<double> ratios;
    for (int i = 0; i < kRounds; ++i) {
      const auto at = static_cast<size_t>(i);
      ratios.push_back(cases[0].seconds[at] / c.seconds[at]);
    }
    Row row{c.name, packets / Median(c.seconds), "packets/s", std::nullopt, "", std::nullopt};
    if (&c != &cases[0]) {
      row.ratio = Median(ratios);
      row.against = cases[0].name;
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace
}  // namespace silhouette::bench

int main(int argc, char** argv) {
  using namespace silhouette;
  const bool json = bench::ParseJsonFlag(argc, argv);
  simulate::HomeOptions home;
  home.call.duration_s = 600;
  auto simulation = simulate::SimulateHome(home);
  bench::Check(simulation.status());
  const std::string path =
      (std::filesystem::temp_directory_path() / ("silhouette-bench-" + NewRunName() + ".pcap"))
          .string();
  bench::Check(simulate::WritePcap(path, simulation->packets));
  const auto rows = bench::Measure(path, static_cast<double>(simulation->packets.size()));
  std::filesystem::remove(path);
  bench::Print(rows, json);
  return 0;
}
