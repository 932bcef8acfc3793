// File to PacketBatch in CPU time, against a bare libpcap loop over the same file in the same
// rounds, and the memory that it takes. Where most packets find their flow in the batch already
// (1,000 flows), and where hardly any does (60,000 flows, drawn uniformly).

#include <time.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "capture-svc/engine.h"
#include "capture-svc/source/open_capture.h"
#include "tests/bench/bare_loop.h"
#include "tests/bench/check.h"
#include "tests/bench/flood_file.h"
#include "tests/bench/private_memory.h"
#include "tests/bench/report.h"

namespace silhouette::bench {
namespace {

constexpr int kRounds = 7;
constexpr uint32_t kSnapBytes = 96;
constexpr double kMaxPrivateMib = 64;
constexpr std::string_view kMemoryOf = "--memory-of=";

struct Arguments {
  size_t packets = 10'000'000;
  bool json = false;
  std::string memory_of;  // instead of the bench: print the peak of reading this file
};

bool ParseCount(std::string_view text, size_t* count) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *count);
  return error == std::errc() && stop == end && *count > 0;
}

Arguments ParseArguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (argument == "--json") {
      arguments.json = true;
    } else if (argument.starts_with(kMemoryOf)) {
      arguments.memory_of = argument.substr(kMemoryOf.size());
    } else if (argument == "--packets" && ParseCount(value, &arguments.packets)) {
      ++i;
    } else {
      std::fprintf(stderr, "usage: %s [--packets N] [--json]\n", argv[0]);
      std::exit(2);
    }
  }
  return arguments;
}

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

// Of all threads and of the kernel on their behalf, so that a second core gains nothing and what
// else runs on the machine costs little.
double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double Seconds(size_t packets, const std::function<uint64_t()>& work) {
  const double start = CpuSeconds();
  const uint64_t seen = work();
  const double seconds = CpuSeconds() - start;
  if (seen != packets) {
    Check(absl::InternalError(absl::StrCat("of ", packets, " packets, ", seen, " were read")));
  }
  return seconds;
}

std::string CaseName(const char* what, const FloodOptions& flood) {
  return absl::StrCat(what, ", ", flood.flows, " flows, snap ", flood.snap_bytes);
}

void MeasureSpeed(const FloodOptions& flood, const std::string& path, double goal,
                  std::vector<Row>* rows) {
  std::vector<double> bare, engine, ratios;
  for (int round = -1; round < kRounds; ++round) {
    const double bare_s = Seconds(flood.packets, [&] { return BareLoop(path).packets; });
    const double engine_s = Seconds(flood.packets, [&] { return CaptureOnly(path); });
    if (round < 0) continue;  // it warms the cache
    bare.push_back(bare_s);
    engine.push_back(engine_s);
    ratios.push_back(bare_s / engine_s);
  }
  const auto packets = static_cast<double>(flood.packets);
  rows->push_back({CaseName("bare loop", flood), packets / Median(bare), "packets/s", {}, "", {}});
  rows->push_back({CaseName("engine", flood), packets / Median(engine), "packets/s", Median(ratios),
                   "bare loop", goal});
}

void MeasureMemory(const FloodOptions& flood, const std::string& path, std::vector<Row>* rows) {
  const auto kib = RunAfresh(absl::StrCat(std::string(kMemoryOf), path));
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
  if (!arguments.memory_of.empty()) {
    std::printf("%llu\n", static_cast<unsigned long long>(PeakOfReading(arguments.memory_of)));
    return 0;
  }
  Print(Measure(arguments.packets), arguments.json);
  return 0;
}
