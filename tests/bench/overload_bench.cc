// A live source that is twice as fast as feature-svc for a minute: how much still gets through, how
// much memory it takes, whether every packet is accounted for, and how soon all is well again. The
// packets are made as they come, capture and windows are real, and a receiver acks the windows.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "capture-svc/capture.h"
#include "common/accounting.h"
#include "common/grpc_server.h"
#include "common/parse/link_type.h"
#include "common/parse/test_frames.h"
#include "common/window_spec.h"
#include "feature-svc/service.h"
#include "tests/bench/check.h"
#include "tests/bench/fake_classify_service.h"
#include "tests/bench/private_memory.h"
#include "tests/bench/report.h"

namespace silhouette::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kHosts = 200, kPeers = 5;
constexpr size_t kKernelBuffer = 131'072;  // packets: 16 MiB of 128 bytes

double SecondsSince(Clock::time_point from) {
  return std::chrono::duration<double>(Clock::now() - from).count();
}

// Packets of many devices at a rate that the bench sets, as an interface has them: what is not
// read in time is dropped.
class PacedTraffic : public PacketSource {
 public:
  PacedTraffic() {
    for (int host = 0; host < kHosts; ++host) {
      for (int peer = 0; peer < kPeers; ++peer) {
        test_frames::Ipv4Fields fields;
        fields.source = absl::StrCat("192.168.", host / 100, ".", 1 + host % 100);
        fields.destination = absl::StrCat("203.0.113.", 1 + peer);
        frames_.push_back(test_frames::UdpFrame(fields));
      }
    }
  }

  // Packets per second; 0: as fast as they are read.
  void SetRate(double rate) {
    rate_ = rate;
    due_ = 0;
    since_ = Clock::now();
  }
  void StopAfter(uint64_t packets) { most_ = packets; }
  uint64_t dropped() const { return dropped_; }

  absl::StatusOr<PacketBlock> Read() override {
    if (finished_ || given_ >= most_) return PacketBlock{{}, true};
    size_t count = PacketBlock::kMaxPackets;
    if (rate_ > 0) {
      size_t waiting = Waiting();
      if (waiting == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        waiting = Waiting();
      }
      if (waiting > kKernelBuffer) {
        dropped_ += waiting - kKernelBuffer;
        due_ += static_cast<double>(waiting - kKernelBuffer);
        waiting = kKernelBuffer;
      }
      count = std::min(count, waiting);
      due_ += static_cast<double>(count);
    }
    Make(count);
    given_ += count;
    return PacketBlock{{packets_, count}, false};
  }
  int64_t quiet_until_ns() const override { return NowNs(); }
  bool Finish() override {
    finished_ = true;
    return true;
  }
  SourceLoss loss() const override { return {dropped_, 0}; }
  uint64_t bytes_read() const override { return 0; }
  uint64_t bytes_total() const override { return 0; }

 private:
  static int64_t NowNs() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  size_t Waiting() {
    const double came = SecondsSince(since_) * rate_;
    return came > due_ ? static_cast<size_t>(came - due_) : 0;
  }
  // Spread evenly up to now since those before; as fast as they are read, packets are 2 us apart.
  void Make(size_t count) {
    constexpr int64_t kApartNs = 2000;
    if (time_ns_ == 0) time_ns_ = NowNs();
    const auto packets = static_cast<int64_t>(count);
    const int64_t start_ns = time_ns_;
    const int64_t span_ns =
        rate_ > 0 ? std::max<int64_t>(NowNs() - start_ns, 0) : kApartNs * packets;
    for (int64_t i = 0; i < packets; ++i) {
      const auto& frame = frames_[next_];
      next_ = (next_ + 7) % frames_.size();  // each flow now and then
      RawPacket* packet = &packets_[i];
      packet->time_ns = time_ns_ = start_ns + span_ns * (i + 1) / packets;
      packet->wire_bytes = 200 + static_cast<uint32_t>(next_);
      packet->link_type = kLinkEthernet;
      packet->captured = frame;
    }
  }

  std::vector<test_frames::Bytes> frames_;
  RawPacket packets_[PacketBlock::kMaxPackets];
  std::atomic<double> rate_ = 0;
  double due_ = 0;
  Clock::time_point since_ = Clock::now();
  std::atomic<bool> finished_ = false;
  uint64_t most_ = std::numeric_limits<uint64_t>::max();
  uint64_t given_ = 0;
  std::atomic<uint64_t> dropped_ = 0;
  int64_t time_ns_ = 0;
  size_t next_ = 0;
};

SpecSet Specs() {
  SpecSet set;
  for (const char* text : {"subject=flow,window=1s,hop=500ms,schema=traffic.v1",
                           "subject=device,window=5s,hop=1s,schema=traffic.v1"}) {
    auto spec = ParseSpec(text);
    Check(spec.status());
    set.specs.push_back(*spec);
  }
  set.hash = SpecSetHash(set.specs);
  return set;
}

struct Services {
  Services() { feature.SetSpecs(Specs()); }
  ~Services() {
    feature.StopIntake(std::chrono::milliseconds(0));
    feature_server.server->Shutdown();
    classify_server.server->Shutdown();
  }

  FakeClassifyService classify;
  InProcessServer classify_server = StartInProcessServer(&classify);
  FeatureService feature{classify_server.channel};
  InProcessServer feature_server = StartInProcessServer(&feature);
};

// One capture of such traffic.
class Run {
 public:
  Run(SourceOptions::Kind kind, double rate, uint64_t packets) {
    CaptureOptions options;
    options.origin = "bench";
    options.run = NewRunName();
    SourceOptions source;
    source.kind = kind;
    auto traffic = std::make_unique<PacedTraffic>();
    traffic_ = traffic.get();
    traffic_->SetRate(rate);
    traffic_->StopAfter(packets);
    LinkOptions link = PacketLink();
    link.metrics = link_metrics_;
    capture_ = std::make_unique<Capture>(source, options, services_.feature_server.channel, link);
    thread_ = std::thread(
        [this, owned = std::move(traffic)]() mutable { Check(capture_->Run(std::move(owned))); });
  }
  void Wait() { thread_.join(); }
  void Stop() {
    capture_->Stop();
    Wait();
  }
  PacedTraffic* traffic() { return traffic_; }
  CaptureProgress progress() const { return capture_->Progress(); }
  // What a metric of the capture's link or of feature-svc says now.
  double Metric(const std::string& name) const {
    double value = -1;
    auto sources = services_.feature.metrics();
    sources.push_back(link_metrics_);
    for (const auto& source : sources) {
      for (const auto& family : source->Collect()) {
        if (family.name == "silhouette_" + name) value = family.metric.front().gauge.value;
      }
    }
    return value;
  }

 private:
  const std::shared_ptr<LinkMetrics> link_metrics_ = std::make_shared<LinkMetrics>("capture");
  Services services_;
  std::unique_ptr<Capture> capture_;
  PacedTraffic* traffic_;
  std::thread thread_;
};

// Packets/s of a source that waits.
double SustainableRate(double seconds) {
  Run run(SourceOptions::Kind::kFile, 0, std::numeric_limits<uint64_t>::max());
  const auto windowed = [&] { return run.progress().accounting.windowed(); };
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds / 4));
  const uint64_t before = windowed();
  const auto start = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const double rate = static_cast<double>(windowed() - before) / SecondsSince(start);
  run.traffic()->Finish();
  run.Wait();
  return rate;
}

struct Measured {
  double rate = 0;     // sustainable, packets/s
  double goodput = 0;  // packets/s under overload
  // At most: of the process, more than before; of both links; of open windows.
  double memory_mib = 0, packets_mib = 0, windows_mib = 0, samples = 0;
  double recovery_s = 0;
  v1::Accounting accounting;
  uint64_t dropped = 0;
};

Measured Measure(double rate, double seconds) {
  Measured measured;
  measured.rate = rate;
  const auto before = PrivateKib();
  Check(before.status());
  Run run(SourceOptions::Kind::kInterface, 2 * rate, std::numeric_limits<uint64_t>::max());
  const auto start = Clock::now();
  constexpr double kWarmUp = 3;
  uint64_t first = 0;
  double first_s = 0;
  while (SecondsSince(start) < seconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto now = PrivateKib();
    Check(now.status());
    measured.memory_mib = std::max(
        measured.memory_mib, (static_cast<double>(*now) - static_cast<double>(*before)) / 1024);
    constexpr double kMib = 1 << 20;
    const auto raise = [](double* most, double value) { *most = std::max(*most, value); };
    raise(&measured.packets_mib, run.Metric("capture_link_held_bytes") / kMib);
    raise(&measured.windows_mib, run.Metric("feature_link_held_bytes") / kMib);
    raise(&measured.samples, run.Metric("feature_samples"));
    if (first == 0 && SecondsSince(start) > kWarmUp) {
      first = run.progress().accounting.windowed();
      first_s = SecondsSince(start);
    }
  }
  measured.goodput = static_cast<double>(run.progress().accounting.windowed() - first) /
                     (SecondsSince(start) - first_s);
  // Half of what it can: from when on is nothing shed any more?
  run.traffic()->SetRate(rate / 2);
  const auto eased = Clock::now();
  uint64_t lost = 0;
  while (SecondsSince(eased) < 10) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const uint64_t now = run.progress().accounting.shed() + run.traffic()->dropped();
    if (now != lost) measured.recovery_s = SecondsSince(eased);
    lost = now;
  }
  run.Stop();
  measured.accounting = run.progress().accounting;
  measured.dropped = run.traffic()->dropped();
  return measured;
}

int Main(int argc, char** argv) {
  bool json = false;
  double seconds = 60;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--json") {
      json = true;
    } else if (argument == "--seconds" && i + 1 < argc) {
      seconds = std::max(5.0, std::atof(argv[++i]));
    } else {
      std::fprintf(stderr, "usage: bench_overload [--seconds N] [--json]\n");
      return 2;
    }
  }
  spdlog::set_level(spdlog::level::off);
  const double rate = SustainableRate(seconds / 4);
  const Measured measured = Measure(rate, seconds);
  const double mib = static_cast<double>(LinkLimits::kDefaultBytes >> 20);
  const auto most_samples = static_cast<double>(FeatureLimits().samples * Specs().specs.size());
  // A sample takes 20 bytes in vectors that grow to twice their length, and as much again in those
  // that a window is closed with.
  const double most_mib = 2 * mib + most_samples * 80 / (1 << 20);
  const v1::Accounting& accounts = measured.accounting;
  std::vector<Row> rows = {
      {"sustainable", measured.rate, "packets/s", {}, "", {}},
      {"under twice that", measured.goodput, "packets/s", measured.goodput / measured.rate,
       "sustainable", 0.9},
      {"link of packets held", measured.packets_mib, "MiB", {}, "", mib, false},
      {"link of windows held", measured.windows_mib, "MiB", {}, "", mib, false},
      {"samples of open windows", measured.samples, "samples", {}, "", most_samples, false},
      {"memory it took", measured.memory_mib, "MiB", {}, "", most_mib, false},
      {"all packets again after", measured.recovery_s, "s", {}, "", 5, false},
      {"shed and counted", static_cast<double>(accounts.shed()), "packets", {}, "", {}},
      {"dropped as by the kernel", static_cast<double>(measured.dropped), "packets", {}, "", {}},
  };
  Print(rows, json);
  if (Balanced(accounts) && accounts.pending() == 0) return 0;
  std::fprintf(stderr, "bench: the accounts do not add up: %s\n",
               accounts.ShortDebugString().c_str());
  return 1;
}

}  // namespace
}  // namespace silhouette::bench

int main(int argc, char** argv) { return silhouette::bench::Main(argc, argv); }
