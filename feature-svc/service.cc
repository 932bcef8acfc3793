#include "feature-svc/service.h"

#include <map>
#include <utility>

#include "common/link_sender.h"

namespace silhouette {

// One incoming stream. Its windows go on over a link of its own, so that the end of one is the end
// of the other.
class FeatureService::PushHandler : public BatchHandler<v1::PacketBatch> {
 public:
  PushHandler(FeatureService* service, SpecSet specs, AckWriter* acks)
      : service_(service),
        specs_(std::move(specs)),
        acks_(acks),
        link_(
            "classify-svc",
            [this](grpc::ClientContext* context) { return service_->classify_->Push(context); },
            [this](const v1::Ack& ack) { OnAck(ack); }) {}

  absl::Status Consume(const v1::PacketBatch& batch) override {
    auto engine = FindEngine(batch.header());
    if (!engine.ok()) return engine.status();
    return (*engine)->Consume(batch, [this](const v1::WindowBatch& windows) {
      for (const auto& table : windows.tables()) {
        service_->windows_.Increment(static_cast<double>(table.start_ns_size()));
      }
      const v1::BatchHeader& header = windows.header();
      service_->accounting_->Update(header.origin(), header.run(), header.accounting(),
                                    header.end_of_run());
      return link_.Send(windows);
    });
  }

  absl::Status Finish() override { return link_.Close(); }
  void Abort() override { link_.Cancel(); }

 private:
  using Key = std::pair<std::string, std::string>;

  absl::StatusOr<std::shared_ptr<FeatureEngine>> FindEngine(const v1::BatchHeader& header) {
    std::lock_guard lock(mutex_);
    std::shared_ptr<FeatureEngine>& engine = engines_[Key(header.origin(), header.run())];
    if (engine == nullptr) {
      auto created = FeatureEngine::Create(specs_);
      if (!created.ok()) return created.status();
      engine = *std::move(created);
    }
    return engine;
  }

  void OnAck(const v1::Ack& windows_ack) {
    std::shared_ptr<FeatureEngine> engine;
    {
      std::lock_guard lock(mutex_);
      auto at = engines_.find(Key(windows_ack.origin(), windows_ack.run()));
      if (at == engines_.end()) return;
      engine = at->second;
    }
    const v1::Ack ack = engine->AckFor(windows_ack);
    if (ack.sequence() != 0) acks_->Write(ack);
  }

  FeatureService* const service_;
  const SpecSet specs_;
  AckWriter* const acks_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<FeatureEngine>> engines_;  // guarded by mutex_
  LinkSender<v1::WindowBatch> link_;                       // last: its thread uses the others
};

FeatureService::FeatureService(std::shared_ptr<grpc::Channel> classify_channel)
    : classify_(v1::ClassifyService::NewStub(classify_channel)),
      accounting_(std::make_shared<AccountingMetrics>("feature")),
      registry_(std::make_shared<prometheus::Registry>()),
      windows_(prometheus::BuildCounter()
                   .Name("silhouette_feature_windows_total")
                   .Help("Windows closed")
                   .Register(*registry_)
                   .Add({})) {}

grpc::Status FeatureService::Push(grpc::ServerContext* context,
                                  grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>* stream) {
  return ServeLink<v1::PacketBatch>(
      context, stream, &streams_,
      [this, context](AckWriter* acks) -> absl::StatusOr<std::unique_ptr<PushHandler>> {
        auto specs = WaitForSpecs(*context);
        if (!specs.ok()) return specs.status();
        return std::make_unique<PushHandler>(this, *std::move(specs), acks);
      });
}

void FeatureService::SetSpecs(SpecSet specs) {
  std::lock_guard lock(mutex_);
  specs_ = std::move(specs);
  specs_changed_.notify_all();
}

absl::StatusOr<SpecSet> FeatureService::WaitForSpecs(const grpc::ServerContext& context) {
  constexpr std::chrono::milliseconds kCheckClient(200);
  std::unique_lock lock(mutex_);
  while (!specs_.has_value() && !stopping_ && !context.IsCancelled()) {
    specs_changed_.wait_for(lock, kCheckClient);
  }
  if (specs_.has_value()) return *specs_;
  return absl::UnavailableError("feature-svc ends before it knows any model");
}

void FeatureService::StopIntake(std::chrono::milliseconds grace) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    specs_changed_.notify_all();
  }
  streams_.Stop(grace);
}

}  // namespace silhouette
