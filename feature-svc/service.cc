#include "feature-svc/service.h"

#include <map>
#include <utility>

#include "absl/time/clock.h"
#include "common/batch_log.h"
#include "common/metrics.h"
#include "common/trace_metadata.h"
#include "feature-svc/metric_list.h"

namespace silhouette {
namespace {

constexpr char kName[] = "feature";  // in metrics

LinkOptions WithMetrics(LinkOptions link) {
  link.metrics = std::make_shared<LinkMetrics>(kName);
  return link;
}

// How long a stream's last windows may wait for classify-svc once no packets come over it.
constexpr std::chrono::seconds kFlushPatience(60);

}  // namespace

// One incoming stream. Its windows go on over a link of its own, so that the end of one is the end
// of the other.
class FeatureService::PushHandler : public BatchHandler<v1::PacketBatch> {
 public:
  PushHandler(FeatureService* service, AckWriter* acks, const v1::TraceContext& trace)
      : service_(service),
        acks_(acks),
        first_specs_(service_->specs()),
        link_(
            "classify-svc",
            [this, trace](grpc::ClientContext* context) {
              SendTrace(trace, context);
              return service_->classify_->Push(context);
            },
            {[this](const v1::Ack& ack) { OnAck(ack); }, [this] { acks_->AskForEnd(); },
             [this] { return service_->specs() != first_specs_; }},
            service_->link_) {}

  ~PushHandler() override {
    service_->Forget(this);
    for (auto& [key, run] : runs_) Tell({}, &run.told);
  }

  absl::Status Consume(const v1::PacketBatch& batch) override {
    const auto began = StageClock::now();
    bool closes_any = false;
    service_->TellLag(batch.header());
    auto found = FindRun(batch.header());
    if (!found.ok()) return found.status();
    Run* run = *found;
    const absl::Status status = run->engine->Consume(batch, [&](const v1::WindowBatch& windows) {
      closes_any = true;
      for (const auto& table : windows.tables()) {
        service_->windows_.Increment(static_cast<double>(table.start_ns_size()));
      }
      return link_.Send(windows, began);
    });
    if (status.ok() && !closes_any) LogTaken(batch, {began, {}});
    const v1::BatchHeader& header = batch.header();
    Tell(run->engine->use(), &run->told);
    // Context was counted before the break.
    if (status.ok() && !header.replay_of_settled()) {
      service_->accounting_->Update(header, run->engine->Accounts(header));
    }
    return status;
  }

  absl::Status Finish() override { return link_.Close(kFlushPatience); }
  void Abort() override { link_.Cancel(); }
  // Its windows are whole, and a sender that is not coming back has no other way to have them.
  bool FlushesForNobody() const override { return true; }

 private:
  struct Run {
    std::unique_ptr<FeatureEngine> engine;
    std::shared_ptr<const SpecSet> specs;  // what it computes
    FeatureUse told;                       // what the metrics know of it
  };

  // The run, which computes what is asked for now. Runs stay where they are as long as the stream
  // does.
  absl::StatusOr<Run*> FindRun(const v1::BatchHeader& header) {
    const auto specs = service_->specs();
    const RunKey key(header.origin(), header.run());
    std::unique_lock lock(mutex_);
    Run& run = runs_[key];
    if (run.specs == specs) return &run;
    if (run.engine == nullptr) {
      lock.unlock();
      service_->TakeOver(key, this);
      lock.lock();
    }
    if (run.engine != nullptr) {
      if (absl::Status status = run.engine->SetSpecs(*specs); !status.ok()) return status;
    } else {
      auto created = FeatureEngine::Create(*specs, service_->limits_);
      if (!created.ok()) return created.status();
      run.engine = *std::move(created);
    }
    run.specs = specs;
    return &run;
  }

  // Brings the metrics from what they know of a run to what is so now.
  void Tell(const FeatureUse& now, FeatureUse* told) {
    const auto change = [](auto from, auto to) {
      return static_cast<double>(to) - static_cast<double>(from);
    };
    service_->subjects_.Increment(change(told->subjects, now.subjects));
    service_->samples_.Increment(change(told->samples, now.samples));
    if (now.evicted_subjects > told->evicted_subjects) {
      service_->evicted_subjects_.Increment(change(told->evicted_subjects, now.evicted_subjects));
    }
    if (now.partial_windows > told->partial_windows) {
      service_->partial_windows_.Increment(change(told->partial_windows, now.partial_windows));
    }
    *told = now;
  }

  void OnAck(const v1::Ack& windows_ack) {
    FeatureEngine* engine;
    {
      std::lock_guard lock(mutex_);
      auto at = runs_.find(RunKey(windows_ack.origin(), windows_ack.run()));
      if (at == runs_.end()) return;
      engine = at->second.engine.get();
    }
    acks_->Write(engine->AckFor(windows_ack));
  }

  FeatureService* const service_;
  AckWriter* const acks_;
  std::mutex mutex_;
  std::map<RunKey, Run> runs_;  // guarded by mutex_
  // Windows that classify-svc did not ack before it came back with other models are of no use: the
  // packets have to be sent again.
  const std::shared_ptr<const SpecSet> first_specs_;
  LinkSender<v1::WindowBatch> link_;  // last: its thread uses the others
};

FeatureService::FeatureService(std::shared_ptr<grpc::Channel> classify_channel,
                               FeatureLimits limits, LinkOptions link)
    : classify_(v1::ClassifyService::NewStub(classify_channel)),
      limits_(limits),
      link_(WithMetrics(std::move(link))),
      accounting_(std::make_shared<AccountingMetrics>(kName)),
      registry_(std::make_shared<prometheus::Registry>()),
      windows_(AddCounter(registry_.get(), kName, Find(kFeatureMetrics, "windows_total"))),
      partial_windows_(
          AddCounter(registry_.get(), kName, Find(kFeatureMetrics, "partial_windows_total"))),
      evicted_subjects_(
          AddCounter(registry_.get(), kName, Find(kFeatureMetrics, "evicted_subjects_total"))),
      subjects_(AddGauge(registry_.get(), kName, Find(kFeatureMetrics, "subjects"))),
      samples_(AddGauge(registry_.get(), kName, Find(kFeatureMetrics, "samples"))),
      spec_count_(AddGauge(registry_.get(), kName, Find(kFeatureMetrics, "specs"))),
      lag_(std::make_shared<SourceLag>(kName, Find(kFeatureMetrics, "watermark_lag_seconds"))) {}

grpc::Status FeatureService::Push(grpc::ServerContext* context,
                                  grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>* stream) {
  return ServeLink<v1::PacketBatch>(
      context, stream, &streams_,
      [this, context](AckWriter* acks) -> absl::StatusOr<std::unique_ptr<PushHandler>> {
        if (absl::Status status = WaitForSpecs(*context); !status.ok()) return status;
        return std::make_unique<PushHandler>(this, acks, ReceivedTrace(*context));
      });
}

void FeatureService::TakeOver(const RunKey& run, PushHandler* handler) {
  std::lock_guard lock(handlers_mutex_);
  PushHandler*& before = handlers_[run];
  if (before != nullptr && before != handler) before->Abort();
  before = handler;
}

void FeatureService::Forget(PushHandler* handler) {
  std::lock_guard lock(handlers_mutex_);
  std::erase_if(handlers_, [=](const auto& entry) { return entry.second == handler; });
}

void FeatureService::TellLag(const v1::BatchHeader& header) {
  if (header.source_kind() != v1::SOURCE_KIND_INTERFACE || header.replay_of_settled()) return;
  const std::string source = sources_.Of(header);
  if (header.end_of_run()) return lag_->Remove(source);
  if (header.watermark_ns() == 0) return;  // no packet yet
  lag_->Set(source, static_cast<double>(absl::GetCurrentTimeNanos() - header.watermark_ns()) / 1e9);
}

void FeatureService::SetSpecs(SpecSet specs) {
  auto shared = std::make_shared<const SpecSet>(std::move(specs));
  std::lock_guard lock(mutex_);
  // As a watch that was broken tells again.
  if (specs_ != nullptr && specs_->hash == shared->hash) return;
  specs_ = std::move(shared);
  spec_count_.Set(static_cast<double>(specs_->specs.size()));
  specs_changed_.notify_all();
}

std::shared_ptr<const SpecSet> FeatureService::specs() {
  std::lock_guard lock(mutex_);
  return specs_;
}

absl::Status FeatureService::WaitForSpecs(const grpc::ServerContext& context) {
  constexpr std::chrono::milliseconds kCheckClient(200);
  std::unique_lock lock(mutex_);
  while (specs_ == nullptr && !stopping_ && !context.IsCancelled()) {
    specs_changed_.wait_for(lock, kCheckClient);
  }
  if (specs_ != nullptr) return absl::OkStatus();
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
