#include "tests/bench/feature_memory.h"

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "feature-svc/engine.h"
#include "tests/bench/arguments.h"
#include "tests/bench/check.h"
#include "tests/bench/private_memory.h"
#include "tests/bench/rounds.h"
#include "tests/bench/scan_batches.h"
#include "tests/bench/window_runs.h"

namespace silhouette::bench {
namespace {

constexpr const char* kSubjects = "subjects";
constexpr const char* kScan = "scan";
constexpr const char* kScanSpec = "schema=presence.v1,subject=flow,window=500ms";
constexpr size_t kFewest = 10, kMost = 100'000;
constexpr double kMaxSubjectBytes = 512, kMaxGrowth = 1.1;

// Without what the heap only keeps to use again.
uint64_t HeldKib() {
  malloc_trim(0);
  const auto kib = PrivateKib();
  Check(kib.status());
  return *kib;
}

std::unique_ptr<FeatureEngine> MakeEngine(const std::string& spec) {
  auto engine = FeatureEngine::Create(SpecsOf(spec));
  Check(engine.status());
  return *std::move(engine);
}

// As the receiver of windows does: settles them at once.
void Consume(const v1::PacketBatch& batch, FeatureEngine* engine) {
  Check(engine->Consume(batch, [engine](const v1::WindowBatch& windows) {
    v1::Ack ack;
    ack.set_sequence(windows.header().sequence());
    engine->AckFor(ack);
    return absl::OkStatus();
  }));
}

// One packet of each of so many subjects, then the end of their window.
void FeedSubjects(size_t subjects, int64_t window_ns, FeatureEngine* engine) {
  ScanBatches scan;
  while (scan.packets() < subjects) Consume(scan.Next(subjects - scan.packets()), engine);
  Consume(scan.Quiet(ScanBatches::kStartNs + window_ns), engine);
}

void PrintSubjects(size_t subjects, const std::string& spec) {
  const SpecSet specs = SpecsOf(spec);
  const auto engine = MakeEngine(spec);
  const uint64_t before_kib = HeldKib();
  FeedSubjects(subjects, specs.specs[0].length_ns(), engine.get());
  const uint64_t after_kib = HeldKib();
  const FeatureUse use = engine->use();
  if (use.subjects != subjects || use.samples != 0) {
    Check(absl::InternalError(absl::StrCat("of ", subjects, " subjects without samples, ",
                                           use.subjects, " with ", use.samples, " are held")));
  }
  std::printf("%llu\n", static_cast<unsigned long long>(after_kib - before_kib));
}

void PrintScan(size_t flows) {
  const auto engine = MakeEngine(kScanSpec);
  ScanBatches scan;
  uint64_t full_kib = 0;
  double seconds = 0;
  while (scan.packets() < flows) {
    const v1::PacketBatch& batch = scan.Next(flows - scan.packets());
    const double start = CpuSeconds();
    Consume(batch, engine.get());
    seconds += CpuSeconds() - start;
    // Once all places were used again, so that what is kept for windows has its size too.
    const FeatureUse use = engine->use();
    if (full_kib == 0 && use.evicted_subjects > use.subjects) full_kib = HeldKib();
  }
  std::printf("%llu %llu %.6f\n", static_cast<unsigned long long>(full_kib),
              static_cast<unsigned long long>(HeldKib()), seconds);
}

std::istringstream RunWorkAfresh(const std::string& work) {
  const auto text = RunAfresh(AfreshArgument(work));
  Check(text.status());
  return std::istringstream(*text);
}

}  // namespace

void RunMemoryWork(const std::string& work) {
  std::istringstream words(work);
  std::string what, spec;
  size_t count = 0;
  words >> what >> count >> spec;
  if (what == kSubjects) {
    PrintSubjects(count, spec);
  } else if (what == kScan) {
    PrintScan(count);
  } else {
    Check(absl::InvalidArgumentError(absl::StrCat(work, ": not a bench's work")));
  }
}

std::vector<Row> MeasureSubjects(const std::string& name, const std::string& spec) {
  std::vector<Row> rows;
  for (size_t subjects = kFewest; subjects <= kMost; subjects *= 10) {
    double kib = 0;
    RunWorkAfresh(absl::StrCat(kSubjects, " ", subjects, " ", spec)) >> kib;
    rows.push_back({absl::StrCat(name, ", memory of ", subjects, " subjects"),
                    kib,
                    "KiB",
                    {},
                    "",
                    {},
                    /*higher_is_better=*/false});
  }
  const double bytes = 1024 * (rows.back().value - rows.front().value) / (kMost - kFewest);
  rows.push_back({absl::StrCat(name, ", memory of one more subject"),
                  bytes,
                  "bytes",
                  {},
                  "",
                  kMaxSubjectBytes,
                  /*higher_is_better=*/false});
  return rows;
}

std::vector<Row> MeasureScan(size_t flows) {
  flows = std::min(flows, ScanBatches::kMostPackets);
  double full_kib = 0, end_kib = 0, seconds = 0;
  RunWorkAfresh(absl::StrCat(kScan, " ", flows)) >> full_kib >> end_kib >> seconds;
  if (full_kib == 0) {
    std::fprintf(stderr, "bench: a scan of %zu flows does not reach the cap of subjects\n", flows);
    return {};
  }
  const std::string name = absl::StrCat("scan of ", flows, " flows, presence.v1");
  return {{name, static_cast<double>(flows) / seconds, "packets/s", {}, "", {}},
          {name + ", memory when full",
           full_kib / 1024,
           "MiB",
           {},
           "",
           {},
           /*higher_is_better=*/false},
          {name + ", memory at the end", end_kib / 1024, "MiB", end_kib / full_kib, "when full",
           kMaxGrowth, /*higher_is_better=*/false}};
}

}  // namespace silhouette::bench
