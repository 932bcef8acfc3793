#pragma once

#include <grpcpp/channel.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "common/accounting_metrics.h"
#include "common/link_flags.h"
#include "common/link_receiver.h"
#include "common/link_sender.h"
#include "common/source_labels.h"
#include "common/source_lag.h"
#include "feature-svc/engine.h"
#include "silhouette/v1/classify_service.grpc.pb.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {

// Serves FeatureService.Push: an engine for each run and a link on to classify-svc for each stream.
class FeatureService final : public v1::FeatureService::Service {
 public:
  // `link` is for the windows of one stream that classify-svc has not acked.
  explicit FeatureService(std::shared_ptr<grpc::Channel> classify_channel,
                          FeatureLimits limits = {}, LinkOptions link = WindowLink());

  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>* stream) override;

  // Sets what is computed: for runs that there are, from their next batch on. Streams wait for the
  // first. Thread-safe.
  void SetSpecs(SpecSet specs);

  // Ends all streams after a flush, which gets the grace period; for an orderly shutdown.
  void StopIntake(std::chrono::milliseconds grace);

  std::vector<std::shared_ptr<prometheus::Collectable>> metrics() const {
    return {accounting_, registry_, streams_.metrics(), link_.metrics, lag_};
  }

 private:
  class PushHandler;
  using RunKey = std::pair<std::string, std::string>;  // origin, run

  // A run goes on over this stream; one that it came over before has nothing more to do.
  void TakeOver(const RunKey& run, PushHandler* handler);
  void Forget(PushHandler* handler);

  // How far behind an interface's packets are that came now.
  void TellLag(const v1::BatchHeader& header);

  // Waits for the first specs. Errors: UNAVAILABLE when the service stops or the client leaves
  // first.
  absl::Status WaitForSpecs(const grpc::ServerContext& context);
  // The last ones that were set; null before the first.
  std::shared_ptr<const SpecSet> specs();

  const std::unique_ptr<v1::ClassifyService::Stub> classify_;
  const FeatureLimits limits_;
  const LinkOptions link_;
  const std::shared_ptr<AccountingMetrics> accounting_;
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Counter& windows_;
  prometheus::Counter& partial_windows_;
  prometheus::Counter& evicted_subjects_;
  prometheus::Gauge& subjects_;
  prometheus::Gauge& samples_;
  prometheus::Gauge& spec_count_;
  SourceLabels sources_;
  const std::shared_ptr<SourceLag> lag_;
  OpenStreams streams_{"feature"};
  std::mutex mutex_;
  std::condition_variable specs_changed_;
  std::shared_ptr<const SpecSet> specs_;  // guarded by mutex_
  bool stopping_ = false;                 // guarded by mutex_
  std::mutex handlers_mutex_;
  std::map<RunKey, PushHandler*> handlers_;  // guarded by handlers_mutex_
};

}  // namespace silhouette
