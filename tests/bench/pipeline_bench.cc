// How fast each stage is, on a simulated home of ten minutes, in interleaved rounds. The machine's
// speed drifts, so what counts is each round's ratio to a bare libpcap loop over the same file. And
// what the models of devices cost besides that of calls.

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
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
#include "tests/bench/rounds.h"

namespace silhouette::bench {
namespace {

constexpr int kRounds = 7;
constexpr double kMostCpuOfAllModels = 3;

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

// The bundled models, or the one of this name.
std::vector<std::unique_ptr<Bundle>> Models(std::string_view only = "") {
  auto bundles = LoadModels(FindInstalledFolder("models"));
  Check(bundles.status());
  if (!only.empty()) {
    std::erase_if(*bundles, [&](const auto& bundle) { return bundle->manifest().name() != only; });
  }
  return *std::move(bundles);
}

void Whole(const std::string& path, std::string_view only_model = "") {
  auto pipeline = Pipeline::Start(Models(only_model), "");
  Check(pipeline.status());
  CaptureOptions options;
  options.origin = "bench";
  options.run = NewRunName();
  SourceOptions source;
  source.path = path;
  Check(Capture(source, options, (*pipeline)->feature_channel()).Run());
}

std::vector<Case> StagesOf(const std::string& path, const SpecSet& specs, uint64_t packets) {
  const auto counting = [=](const std::function<void()>& work) {
    return [=] {
      work();
      return packets;  // Capture has checked that each is accounted for
    };
  };
  return {
      {"bare libpcap loop", counting([=] { BareLoop(path); })},
      {"capture engine", counting([=] { CaptureOnly(path); })},
      {"capture + feature engines", counting([=] { CaptureAndFeatures(path, specs); })},
      {"four services, one process", counting([=] { Whole(path); })},
      {"the same, presence alone", counting([=] { Whole(path, "presence"); })},
  };
}

// All models against the one that people in front of webcams are found by.
Row CpuOfAllModels(const Spent& all, const Spent& presence) {
  return {"CPU of all models against presence alone",
          MedianRatio(all.cpu_s, presence.cpu_s),
          "x",
          std::nullopt,
          "",
          kMostCpuOfAllModels,
          /*higher_is_better=*/false};
}

std::vector<Row> Measure(const std::string& path, uint64_t packets) {
  const ClassifyEngine classify(Models());
  const std::vector<Case> cases =
      StagesOf(path, {classify.specs(), classify.spec_set_hash()}, packets);
  const std::vector<Spent> spent = RunRounds(kRounds, packets, cases);
  std::vector<Row> rows;
  for (size_t i = 0; i < cases.size(); ++i) {
    Row row{cases[i].name,
            static_cast<double>(packets) / Median(spent[i].wall_s),
            "packets/s",
            std::nullopt,
            "",
            std::nullopt};
    if (i > 0) {
      row.ratio = MedianRatio(spent[0].wall_s, spent[i].wall_s);
      row.against = cases[0].name;
    }
    rows.push_back(row);
  }
  rows.push_back(CpuOfAllModels(spent[3], spent[4]));
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
  const auto rows = bench::Measure(path, simulation->packets.size());
  std::filesystem::remove(path);
  bench::Print(rows, json);
  return 0;
}
