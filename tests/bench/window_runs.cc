#include "tests/bench/window_runs.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "capture-svc/capture.h"
#include "common/capture_file/open_capture.h"
#include "common/grpc_server.h"
#include "common/link_sender.h"
#include "common/window_spec.h"
#include "feature-svc/service.h"
#include "tests/bench/check.h"
#include "tests/bench/fake_classify_service.h"
#include "tests/bench/tcp_server.h"

namespace silhouette::bench {
namespace {

CaptureOptions OptionsOfRun() {
  CaptureOptions options;
  options.origin = "bench";
  options.run = NewRunName();
  return options;
}

std::unique_ptr<PacketSource> Open(const std::string& path) {
  auto source = OpenCapture(path);
  Check(source.status());
  return *std::move(source);
}

std::unique_ptr<FeatureEngine> MakeFeatures(const SpecSet& specs) {
  auto features = FeatureEngine::Create(specs);
  Check(features.status());
  return *std::move(features);
}

}  // namespace

SpecSet SpecsOf(const std::string& spec) {
  const auto parsed = ParseSpec(spec);
  Check(parsed.status());
  return {{*parsed}, SpecSetHash({*parsed})};
}

uint64_t WindowsInOneThread(const std::string& path, const std::string& spec) {
  const auto source = Open(path);
  const auto features = MakeFeatures(SpecsOf(spec));
  uint64_t windows = 0;
  CaptureEngine* engine = nullptr;
  const auto take = [&](const v1::WindowBatch& batch) {
    for (const v1::WindowTable& table : batch.tables()) {
      windows += static_cast<uint64_t>(table.start_ns_size());
    }
    v1::Ack ack;
    ack.set_sequence(batch.header().sequence());
    engine->OnAck(features->AckFor(ack));
    return absl::OkStatus();
  };
  CaptureEngine capture(
      OptionsOfRun(), [&](const v1::PacketBatch& batch) { return features->Consume(batch, take); });
  engine = &capture;
  Check(capture.Read(source.get()));
  if (windows == 0) Check(absl::InternalError(absl::StrCat(spec, ": no window came")));
  return capture.Progress().accounting.windowed();
}

struct ServiceRuns::Services {
  Services(const SpecSet& specs, const LinkOptions& windows, TlsCredentials* tls)
      : classify_server(StartInProcessServer(&classify)),
        classify_stub(v1::ClassifyService::NewStub(classify_server.channel)),
        feature(classify_server.channel, {}, windows),
        feature_server(&feature, tls) {
    spdlog::set_level(spdlog::level::warn);  // not each stream
    feature.SetSpecs(specs);
  }
  ~Services() { feature.StopIntake(std::chrono::milliseconds(0)); }

  FakeClassifyService classify;
  InProcessServer classify_server;
  std::unique_ptr<v1::ClassifyService::Stub> classify_stub;
  FeatureService feature;
  TcpServer feature_server;
};

ServiceRuns::ServiceRuns(const std::string& spec, const PipelineLinks& links, TlsCredentials* tls)
    : specs_(SpecsOf(spec)),
      links_(links),
      services_(std::make_unique<Services>(specs_, links_.windows, tls)) {}

ServiceRuns::~ServiceRuns() = default;

uint64_t ServiceRuns::Joined(const std::string& path) {
  const auto source = Open(path);
  const auto features = MakeFeatures(specs_);
  CaptureEngine* engine = nullptr;
  LinkSender<v1::WindowBatch> link(
      "classify-svc",
      [this](grpc::ClientContext* context) { return services_->classify_stub->Push(context); },
      {[&](const v1::Ack& ack) { engine->OnAck(features->AckFor(ack)); }, {}, {}});
  CaptureEngine capture(OptionsOfRun(), [&](const v1::PacketBatch& batch) {
    return features->Consume(batch,
                             [&](const v1::WindowBatch& windows) { return link.Send(windows); });
  });
  engine = &capture;
  Check(capture.Read(source.get()));
  Check(link.Close());
  return PacketsOfRun();
}

uint64_t ServiceRuns::OverGrpc(const std::string& path) {
  SourceOptions source;
  source.path = path;
  Capture capture(source, OptionsOfRun(), services_->feature_server.channel(), links_.packets);
  const HeldBytesWatch watch(links_, services_->feature, &held_);
  Check(capture.Run(Open(path)));
  return PacketsOfRun();
}

// As classify-svc was told: a link that keeps nothing forgets the run before its last acks.
uint64_t ServiceRuns::PacketsOfRun() {
  if (services_->classify.TakeWindows() == 0) {
    Check(absl::InternalError("no window came to classify-svc"));
  }
  return services_->classify.windowed();
}

}  // namespace silhouette::bench
