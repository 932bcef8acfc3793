// From the packet whose time closes a window to the watcher who is told of its verdict: through
// feature-svc, classify-svc and gateway as processes, with a store on disk.

#include <grpcpp/client_context.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "capture-svc/engine.h"
#include "capture-svc/source/paced_source.h"
#include "common/capture_file/fake_packet_source.h"
#include "common/files.h"
#include "common/grpc_server.h"
#include "common/link_sender.h"
#include "common/parse/test_frames.h"
#include "silhouette/v1/feature_service.grpc.pb.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"
#include "tests/bench/check.h"
#include "tests/bench/report.h"
#include "tests/bench/service_process.h"

namespace silhouette::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int64_t kSecond = 1'000'000'000, kWindow = kSecond / 2;
constexpr double kGoalMs = 50;

// So many calls at once, each of a hundred packets a second.
std::unique_ptr<PacketSource> Calls(int calls, int seconds) {
  auto source = std::make_unique<FakePacketSource>();
  const int64_t start_ns = absl::GetCurrentTimeNanos();
  for (int64_t i = 0; i < 100 * seconds; ++i) {
    for (int call = 0; call < calls; ++call) {
      test_frames::Ipv4Fields way;
      way.source = absl::StrCat("192.168.1.", 1 + call % 250);
      way.destination = absl::StrCat("203.0.113.", 1 + call / 250);
      if (i % 2 == 1) std::swap(way.source, way.destination);
      source->Add(start_ns + i * kSecond / 100,
                  i % 2 == 0 ? test_frames::UdpFrame(way, 50'000, 8801)
                             : test_frames::UdpFrame(way, 8801, 50'000),
                  900);
    }
  }
  return source;
}

// When each window could close first, and how long its verdicts took from there.
class Delays {
 public:
  // All windows that end at or before the watermark can close.
  void OnWatermark(int64_t watermark_ns) {
    std::lock_guard lock(mutex_);
    closed_.try_emplace(watermark_ns, Steady::now());
  }
  void OnVerdict(int64_t window_end_ns) {
    const Steady::time_point now = Steady::now();
    std::lock_guard lock(mutex_);
    const auto closed = closed_.lower_bound(window_end_ns);
    if (closed == closed_.end()) return;  // the run's end closed it
    ms_.push_back(std::chrono::duration<double, std::milli>(now - closed->second).count());
  }
  std::vector<double> ms() {
    std::lock_guard lock(mutex_);
    return ms_;
  }

 private:
  std::mutex mutex_;
  std::map<int64_t, Steady::time_point> closed_;  // by watermark; guarded by mutex_
  std::vector<double> ms_;                        // guarded by mutex_
};

void Watch(v1::GatewayService::Stub* gateway, grpc::ClientContext* context, Delays* delays) {
  auto reader = gateway->WatchVerdicts(context, {});
  v1::WatchVerdictsResponse response;
  while (reader->Read(&response)) {
    for (const v1::Verdict& verdict : response.verdicts()) {
      delays->OnVerdict(verdict.window_end_ns());
    }
  }
  reader->Finish();
}

void Feed(const std::string& feature_address, int calls, int seconds, Delays* delays) {
  const auto stub = v1::FeatureService::NewStub(OpenChannel(feature_address));
  LinkSender<v1::PacketBatch> sender(
      "feature-svc", [&](grpc::ClientContext* context) { return stub->Push(context); },
      {[](const v1::Ack&) {}});
  CaptureOptions options;
  options.origin = "bench";
  options.run = "1";
  options.lateness_ns = 0;
  options.flush_after_ns = kSecond / 10;
  CaptureEngine engine(options, [&](const v1::PacketBatch& batch) {
    delays->OnWatermark(batch.header().watermark_ns());
    return sender.Send(batch);
  });
  PacedSource source(Calls(calls, seconds), 1);
  Check(engine.Read(&source));
  Check(sender.Close());
}

double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto at = static_cast<size_t>(share * static_cast<double>(values.size() - 1));
  return values[at];
}

void Measure(int calls, int seconds, std::vector<Row>* rows) {
  const BenchFolder folder;
  const ServiceProcess gateway("gateway", folder,
                               {"--store", folder.File("verdicts.db"), "--web-listen", ""});
  const ServiceProcess classify(
      "classify-svc", folder,
      {"--gateway-address", gateway.address(), "--models", FindInstalledFolder("models")});
  const ServiceProcess feature("feature-svc", folder, {"--classify-address", classify.address()});
  const auto stub = v1::GatewayService::NewStub(OpenChannel(gateway.address()));
  Delays delays;
  grpc::ClientContext context;
  std::thread watcher([&] { Watch(stub.get(), &context, &delays); });
  Feed(feature.address(), calls, seconds, &delays);
  context.TryCancel();
  watcher.join();
  const std::vector<double> ms = delays.ms();
  if (ms.empty()) Check(absl::UnknownError("no verdict came"));
  const std::string name = absl::StrCat(calls, calls == 1 ? " call" : " calls");
  rows->push_back({name + ", median", Quantile(ms, 0.5), "ms", {}, "", {}, false});
  rows->push_back({name + ", p99", Quantile(ms, 0.99), "ms", {}, "", kGoalMs, false});
  rows->push_back({name + ", longest", Quantile(ms, 1), "ms", {}, "", {}, false});
  rows->push_back({name + ", verdicts", static_cast<double>(ms.size()), "", {}, "", {}});
}

}  // namespace
}  // namespace silhouette::bench

int main(int argc, char** argv) {
  using namespace silhouette::bench;
  int seconds = 60;
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (std::strcmp(argv[i], "--seconds") == 0 && i + 1 < argc &&
               std::atoi(argv[i + 1]) > 1) {
      seconds = std::atoi(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: %s [--seconds N] [--json]\n", argv[0]);
      return 2;
    }
  }
  spdlog::set_level(spdlog::level::warn);
  std::vector<Row> rows;
  for (const int calls : {1, 100}) Measure(calls, seconds, &rows);
  Print(rows, json);
  return 0;
}
