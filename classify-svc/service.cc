#include "classify-svc/service.h"

#include <prometheus/gauge.h>

#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "common/batch_log.h"
#include "common/grpc_status.h"
#include "common/link_stream.h"
#include "common/trace_metadata.h"

namespace silhouette {

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
                                 std::shared_ptr<grpc::Channel> gateway_channel)
    : engine_(engine),
      gateway_(v1::GatewayService::NewStub(gateway_channel)),
      accounting_(std::make_shared<AccountingMetrics>("classify")),
      registry_(std::make_shared<prometheus::Registry>()),
      verdicts_(prometheus::BuildCounter()
                    .Name("silhouette_classify_verdicts_total")
                    .Help("Verdicts given, by model and class")
                    .Register(*registry_)) {
  auto& loaded = prometheus::BuildGauge()
                     .Name("silhouette_classify_model_info")
                     .Help("1 for each model that is loaded, with its version")
                     .Register(*registry_);
  for (const auto& bundle : engine_->bundles()) {
    const v1::ModelManifest& model = bundle->manifest();
    loaded.Add({{"model", model.name()}, {"version", model.version()}}).Set(1);
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
  accounting_->Update(header.origin(), header.run(), header.accounting(), header.end_of_run());
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> counts;  // by model and class
  for (const v1::ModelVerdict& verdict : verdicts.verdicts()) {
    ++counts[{verdict.model(), verdict.class_index()}];
  }
  for (const auto& [key, count] : counts) {
    const v1::ModelHead& model = verdicts.models(static_cast<int>(key.first));
    verdicts_.Add({{"model", model.name()}, {"class", model.classes(static_cast<int>(key.second))}})
        .Increment(static_cast<double>(count));
  }
}

}  // namespace silhouette
