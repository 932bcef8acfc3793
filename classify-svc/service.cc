#include "classify-svc/service.h"

#include <prometheus/gauge.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "classify-svc/metric_list.h"
#include "common/batch_log.h"
#include "common/grpc_status.h"
#include "common/link_stream.h"
#include "common/trace_metadata.h"

namespace silhouette {
namespace {

constexpr char kName[] = "classify";  // in metrics
// Upper ends.
const std::vector<double> kProbabilities{0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1};

size_t BucketOf(double probability) {
  const auto at = std::lower_bound(kProbabilities.begin(), kProbabilities.end(), probability);
  return static_cast<size_t>(at - kProbabilities.begin());
}

}  // namespace

// One incoming stream and its stream on to the gateway. It keeps nothing: an ack of the gateway's
// is an ack of the windows under the same sequence, and the end of either stream ends the other.
class ClassifyService::PushHandler : public BatchHandler<v1::WindowBatch> {
 public:
  PushHandler(ClassifyService* service, AckWriter* acks, const v1::TraceContext& trace)
      : service_(service),
        stream_("gateway",
                [this, trace](grpc::ClientContext* context) {
                  SendTrace(trace, context);
                  return service_->gateway_->Push(context);
                },
                {[acks](const v1::Ack& ack) { acks->Write(ack); }, [acks] { acks->AskForEnd(); }}) {
  }

  absl::Status Consume(const v1::WindowBatch& batch) override {
    const auto began = StageClock::now();
    auto verdicts = service_->engine_->Classify(batch);
    if (!verdicts.ok()) return verdicts.status();
    service_->Count(*verdicts);
    absl::Status sent = stream_.Send(*verdicts);
    if (sent.ok()) LogSent(*verdicts, {began, {}});
    return sent;
  }

  absl::Status Finish() override { return stream_.Close(); }
  void Abort() override { stream_.Cancel(); }

 private:
  ClassifyService* const service_;
  LinkStream<v1::VerdictBatch> stream_;
};

ClassifyService::ClassifyService(const ClassifyEngine* engine,
                                 std::shared_ptr<grpc::Channel> gateway_channel,
                                 size_t refused_models)
    : engine_(engine),
      gateway_(v1::GatewayService::NewStub(gateway_channel)),
      accounting_(std::make_shared<AccountingMetrics>(kName)),
      registry_(std::make_shared<prometheus::Registry>()),
      verdicts_(AddCounters(registry_.get(), kName, Find(kClassifyMetrics, "verdicts_total"))),
      probabilities_(AddHistograms(registry_.get(), kName,
                                   Find(kClassifyMetrics, "verdict_probability_ratio"))) {
  AddCounter(registry_.get(), kName, Find(kClassifyMetrics, "refused_models_total"))
      .Increment(static_cast<double>(refused_models));
  auto& info = AddGauges(registry_.get(), kName, Find(kClassifyMetrics, "model_info"));
  auto& loaded =
      AddGauges(registry_.get(), kName, Find(kClassifyMetrics, "model_loaded_timestamp_seconds"));
  const auto now_s = static_cast<double>(absl::GetCurrentTimeNanos()) / 1e9;
  for (const auto& bundle : engine_->bundles()) {
    const v1::ModelManifest& model = bundle->manifest();
    info.Add({{"model", model.name()}, {"version", model.version()}}).Set(1);
    loaded.Add({{"model", model.name()}, {"version", model.version()}}).Set(now_s);
    probabilities_.Add({{"model", model.name()}}, kProbabilities);
  }
}

grpc::Status ClassifyService::Push(grpc::ServerContext* context,
                                   grpc::ServerReaderWriter<v1::Ack, v1::WindowBatch>* stream) {
  return ServeLink<v1::WindowBatch>(context, stream, &streams_, [this, context](AckWriter* acks) {
    return absl::StatusOr<std::unique_ptr<PushHandler>>(
        std::make_unique<PushHandler>(this, acks, ReceivedTrace(*context)));
  });
}

grpc::Status ClassifyService::WatchModels(grpc::ServerContext* context,
                                          const v1::WatchModelsRequest* request,
                                          grpc::ServerWriter<v1::WatchModelsResponse>* writer) {
  v1::WatchModelsResponse response;
  for (const auto& bundle : engine_->bundles()) *response.add_models() = bundle->manifest();
  for (const v1::WindowSpec& spec : engine_->specs()) *response.add_specs() = spec;
  response.set_spec_set_hash(engine_->spec_set_hash());
  writer->Write(response);
  // The set is fixed while the process runs; the stream stays open until either side ends.
  constexpr std::chrono::milliseconds kCheckClient(200);
  std::unique_lock lock(mutex_);
  while (!stopping_ && !context->IsCancelled()) stopped_.wait_for(lock, kCheckClient);
  return grpc::Status::OK;
}

grpc::Status ClassifyService::Explain(grpc::ServerContext* context,
                                      const v1::ExplainRequest* request,
                                      v1::ExplainResponse* response) {
  LogFields fields = {{"model", request->model()}, {"version", request->version()}};
  AddTrace(ReceivedTrace(*context), &fields);
  LogDebug("explains a verdict", fields);
  auto contributions =
      engine_->Explain(request->model(), request->version(),
                       std::vector<double>(request->features().begin(), request->features().end()));
  if (!contributions.ok()) return ToGrpcStatus(contributions.status());
  response->mutable_contributions()->Add(contributions->begin(), contributions->end());
  return grpc::Status::OK;
}

void ClassifyService::StopIntake(std::chrono::milliseconds grace) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    stopped_.notify_all();
  }
  streams_.Stop(grace);
}

void ClassifyService::Count(const v1::VerdictBatch& verdicts) {
  const v1::BatchHeader& header = verdicts.header();
  accounting_->Update(header, header.accounting());
  const std::string source = sources_.Of(header);
  for (int m = 0; m < verdicts.models_size(); ++m) {
    const v1::ModelHead& model = verdicts.models(m);
    std::vector<uint64_t> said(static_cast<size_t>(model.classes_size()));
    std::vector<double> buckets(kProbabilities.size() + 1);
    double sum = 0;
    for (const v1::ModelVerdict& verdict : verdicts.verdicts()) {
      if (verdict.model() != static_cast<uint32_t>(m)) continue;
      ++said[verdict.class_index()];
      const double probability = verdict.probabilities(static_cast<int>(verdict.class_index()));
      ++buckets[BucketOf(probability)];
      sum += probability;
    }
    for (size_t c = 0; c < said.size(); ++c) {
      if (said[c] == 0) continue;
      verdicts_
          .Add({{"class", model.classes(static_cast<int>(c))},
                {"model", model.name()},
                {"source", source}})
          .Increment(static_cast<double>(said[c]));
    }
    probabilities_.Add({{"model", model.name()}}, kProbabilities).ObserveMultiple(buckets, sum);
  }
}

}  // namespace silhouette
