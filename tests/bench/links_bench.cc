// What it costs that links keep what is not settled, against the same links with acks at receipt,
// which keep nothing, and what TLS costs: of the whole pipeline, of the packets' link with services
// at both ends, and of a sender alone. The ways take turns, so that ratios are of the same rounds.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "capture-svc/capture.h"
#include "learn/simulate/home.h"
#include "learn/simulate/pcap_writer.h"
#include "tests/bench/arguments.h"
#include "tests/bench/bench_tls.h"
#include "tests/bench/check.h"
#include "tests/bench/flood_file.h"
#include "tests/bench/pipeline_links.h"
#include "tests/bench/report.h"
#include "tests/bench/rounds.h"
#include "tests/bench/sender_runs.h"
#include "tests/bench/tcp_services.h"
#include "tests/bench/window_runs.h"

namespace silhouette::bench {
namespace {

constexpr int kRounds = 9;
constexpr double kSettledGoal = 0.9, kTlsGoal = 0.7;
constexpr double kMostHeldMib = LinkLimits::kDefaultBytes >> 20;
constexpr const char* kPresence = "schema=presence.v1,subject=conversation,window=500ms";

// The ways to run a case that take turns.
enum Way { kAtReceipt, kSettled, kSettledTls, kWays };
constexpr const char* kNames[kWays] = {"acks at receipt", "settled acks", "settled acks, TLS"};

// Runs the case in each way, and compares settled acks with those at receipt, and TLS with none.
std::vector<Spent> Compare(const std::string& what, uint64_t packets,
                           const std::function<uint64_t(Way)>& run, std::vector<Row>* rows) {
  std::vector<Case> cases;
  for (const Way way : {kAtReceipt, kSettled, kSettledTls}) {
    cases.push_back({what + ", " + kNames[way], [&run, way] { return run(way); }});
  }
  std::vector<Spent> spent = RunRounds(kRounds, packets, cases);
  for (size_t i = 0; i < cases.size(); ++i) {
    Row row{cases[i].name,
            static_cast<double>(packets) / Median(spent[i].wall_s),
            "packets/s",
            {},
            "",
            {}};
    if (i > 0) {
      row.ratio = MedianRatio(spent[i - 1].wall_s, spent[i].wall_s);
      row.against = kNames[i - 1];
      row.goal = i == kSettled ? kSettledGoal : kTlsGoal;
    }
    rows->push_back(row);
  }
  const auto added_percent = [&](Way way) {
    return 100 * (MedianRatio(spent[way].cpu_s, spent[way - 1].cpu_s) - 1);
  };
  rows->push_back({what + ", CPU that settled acks add",
                   added_percent(kSettled),
                   "%",
                   {},
                   "",
                   {},
                   /*higher_is_better=*/false});
  rows->push_back({what + ", CPU that TLS adds",
                   added_percent(kSettledTls),
                   "%",
                   {},
                   "",
                   {},
                   /*higher_is_better=*/false});
  return spent;
}

void AddHeld(const std::string& name, size_t bytes, std::vector<Row>* rows) {
  rows->push_back({name,
                   static_cast<double>(bytes) / (1 << 20),
                   "MiB",
                   {},
                   "",
                   kMostHeldMib,
                   /*higher_is_better=*/false});
}

// Services whose links keep what is not settled, and others whose links do not.
template <typename Services>
void CompareServices(
    const std::string& what, uint64_t packets,
    const std::function<std::unique_ptr<Services>(const PipelineLinks&, TlsCredentials*)>& make,
    const std::function<uint64_t(Services*)>& run, std::vector<Row>* rows) {
  BenchTls tls;
  const std::unique_ptr<Services> services[kWays] = {make(AcksAtReceipt(), nullptr),
                                                     make(SettledAcks(), nullptr),
                                                     make(SettledAcks(), tls.credentials())};
  Compare(
      what, packets, [&](Way way) { return run(services[way].get()); }, rows);
  for (const Way way : {kAtReceipt, kSettled}) {
    const HeldBytes& held = services[way]->held();
    AddHeld(what + ", " + kNames[way] + ", packets held", held.packets, rows);
    AddHeld(what + ", " + kNames[way] + ", windows held", held.windows, rows);
  }
}

// A simulated home, with a call of most of the time.
simulate::Simulation Home(size_t packets) {
  constexpr double kPacketsPerSecond = 630;
  simulate::HomeOptions home;
  home.call.duration_s =
      std::max(10.0, std::round(static_cast<double>(packets) / kPacketsPerSecond));
  auto simulation = simulate::SimulateHome(home);
  Check(simulation.status());
  return *std::move(simulation);
}

// The whole, from the file to verdicts on the disk.
void MeasurePipeline(size_t packets, std::vector<Row>* rows) {
  const simulate::Simulation home = Home(packets);
  const std::string path =
      (std::filesystem::temp_directory_path() / ("silhouette-bench-" + NewRunName() + ".pcap"))
          .string();
  Check(simulate::WritePcap(path, home.packets));
  CompareServices<TcpServices>(
      "pipeline", home.packets.size(),
      [](const PipelineLinks& links, TlsCredentials* tls) {
        return std::make_unique<TcpServices>(links, tls);
      },
      [&](TcpServices* services) { return services->Run(path); }, rows);
  std::filesystem::remove(path);
}

// The packets' link, with windows that are acked at once: no store hides what it costs.
void MeasurePacketLink(size_t packets, std::vector<Row>* rows) {
  const auto flood = FloodFile::Write({.packets = packets, .flows = 1'000});
  Check(flood.status());
  const std::string path = (*flood)->path();
  CompareServices<ServiceRuns>(
      "capture to windows", packets,
      [](const PipelineLinks& links, TlsCredentials* tls) {
        return std::make_unique<ServiceRuns>(kPresence, links, tls);
      },
      [&](ServiceRuns* services) { return services->OverGrpc(path); }, rows);
}

// A sender of full packet batches that does nothing else, and a receiver that only acks them.
void MeasureSender(size_t packets, std::vector<Row>* rows) {
  BatchLoop loop;
  const size_t batches = std::max<size_t>(1, packets / loop.batch_packets());
  BenchTls tls;
  SenderRuns runs[kWays] = {{nullptr, AcksAtReceipt().packets},
                            {nullptr, SettledAcks().packets},
                            {tls.credentials(), SettledAcks().packets}};
  const auto spent = Compare(
      "sender alone", batches * loop.batch_packets(),
      [&](Way way) { return runs[way].Send(batches, &loop); }, rows);
  for (const Way way : {kAtReceipt, kSettled, kSettledTls}) {
    const std::string name = std::string("sender alone, ") + kNames[way];
    const double batches_s = static_cast<double>(batches) / Median(spent[way].wall_s);
    rows->push_back({name + ", batches", batches_s, "batches/s", {}, "", {}});
    rows->push_back(
        {name + ", on the wire", batches_s * loop.batch_bytes() / 1e6, "MB/s", {}, "", {}});
    AddHeld(name + ", packets held", runs[way].held(), rows);
  }
}

}  // namespace
}  // namespace silhouette::bench

int main(int argc, char** argv) {
  using namespace silhouette::bench;
  const Arguments arguments = ParseArguments(argc, argv);
  spdlog::set_level(spdlog::level::warn);  // not each stream
  std::vector<Row> rows;
  MeasurePipeline(arguments.packets / 10, &rows);
  MeasurePacketLink(arguments.packets, &rows);
  MeasureSender(4 * arguments.packets, &rows);
  Print(rows, arguments.json);
  return 0;
}
