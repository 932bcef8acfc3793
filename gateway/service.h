#pragma once

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "common/accounting_metrics.h"
#include "common/link_receiver.h"
#include "gateway/engine.h"
#include "gateway/incident_feed.h"
#include "gateway/incident_metrics.h"
#include "gateway/job_manager.h"
#include "gateway/model_client.h"
#include "gateway/patient_store.h"
#include "gateway/store_metrics.h"
#include "gateway/suite_status.h"
#include "gateway/verdict_feed.h"
#include "gateway/verdict_metrics.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {

// Serves GatewayService from a GatewayEngine.
class GatewayService final : public v1::GatewayService::Service {
 public:
  // `engine` must outlive the service.
  explicit GatewayService(GatewayEngine* engine);

  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::VerdictBatch>* stream) override;
  grpc::Status ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override;
  grpc::Status ListSubjects(grpc::ServerContext* context, const v1::ListSubjectsRequest* request,
                            v1::ListSubjectsResponse* response) override;
  grpc::Status ListVerdicts(grpc::ServerContext* context, const v1::ListVerdictsRequest* request,
                            v1::ListVerdictsResponse* response) override;
  grpc::Status WatchVerdicts(grpc::ServerContext* context, const v1::WatchVerdictsRequest* request,
                             grpc::ServerWriter<v1::WatchVerdictsResponse>* writer) override;
  grpc::Status GetTimeline(grpc::ServerContext* context, const v1::GetTimelineRequest* request,
                           v1::GetTimelineResponse* response) override;
  grpc::Status GetSummary(grpc::ServerContext* context, const v1::GetSummaryRequest* request,
                          v1::GetSummaryResponse* response) override;

  grpc::Status WatchTimeline(grpc::ServerContext* context, const v1::WatchTimelineRequest* request,
                             grpc::ServerWriter<v1::WatchTimelineResponse>* writer) override;
  grpc::Status ListIncidents(grpc::ServerContext* context, const v1::ListIncidentsRequest* request,
                             v1::ListIncidentsResponse* response) override;
  grpc::Status WatchIncidents(grpc::ServerContext* context,
                              const v1::WatchIncidentsRequest* request,
                              grpc::ServerWriter<v1::WatchIncidentsResponse>* writer) override;
  grpc::Status SubmitPcap(grpc::ServerContext* context,
                          grpc::ServerReader<v1::SubmitPcapRequest>* reader,
                          v1::SubmitPcapResponse* response) override;
  grpc::Status GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                      v1::GetJobResponse* response) override;
  grpc::Status ListJobs(grpc::ServerContext* context, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override;
  grpc::Status WatchJobs(grpc::ServerContext* context, const v1::WatchJobsRequest* request,
                         grpc::ServerWriter<v1::WatchJobsResponse>* writer) override;
  grpc::Status CancelJob(grpc::ServerContext* context, const v1::CancelJobRequest* request,
                         v1::CancelJobResponse* response) override;
  grpc::Status DeleteJob(grpc::ServerContext* context, const v1::DeleteJobRequest* request,
                         v1::DeleteJobResponse* response) override;
  grpc::Status GetJobResults(grpc::ServerContext* context, const v1::GetJobResultsRequest* request,
                             grpc::ServerWriter<v1::GetJobResultsResponse>* writer) override;

  // From here on it takes jobs, which must outlive it. Call before it serves.
  void SetJobs(JobManager* jobs) { jobs_ = jobs; }

  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override;

  // Where GetStatus has the services from; before any call. Without it they are unknown.
  void AnswerStatusWith(SuiteStatus status) { suite_status_ = std::move(status); }

  grpc::Status ExplainVerdict(grpc::ServerContext* context,
                              const v1::ExplainVerdictRequest* request,
                              v1::ExplainVerdictResponse* response) override;
  grpc::Status ListModels(grpc::ServerContext* context, const v1::ListModelsRequest* request,
                          v1::ListModelsResponse* response) override;

  // Whom ListModels and ExplainVerdict ask; before any call. Without it they are UNAVAILABLE.
  void AskAboutModels(ModelClient client) { model_client_ = std::move(client); }

  // Ends all streams; for an orderly shutdown.
  void StopIntake(std::chrono::milliseconds grace);

  std::vector<std::shared_ptr<prometheus::Collectable>> metrics() const {
    auto all = verdict_metrics_.metrics();
    all.insert(all.end(), {accounting_, registry_, store_metrics_, streams_.metrics(),
                           incident_metrics_.metrics()});
    return all;
  }

 private:
  class PushHandler;

  absl::Status FillSubjects(const v1::ListSubjectsRequest& request,
                            v1::ListSubjectsResponse* response);
  absl::Status FillSummary(const v1::GetSummaryRequest& request, v1::GetSummaryResponse* response);
  absl::Status FillPage(const v1::ListVerdictsRequest& request, v1::ListVerdictsResponse* response);
  absl::Status FollowFeed(const v1::WatchVerdictsRequest& request, grpc::ServerContext* context,
                          grpc::ServerWriter<v1::WatchVerdictsResponse>* writer);
  absl::Status FillTimeline(const v1::GetTimelineRequest& request,
                            v1::GetTimelineResponse* response);
  absl::Status Explain(const v1::ExplainVerdictRequest& request, const v1::TraceContext& trace,
                       v1::ExplainVerdictResponse* response);

  absl::Status FollowTimeline(const v1::WatchTimelineRequest& request, grpc::ServerContext* context,
                              grpc::ServerWriter<v1::WatchTimelineResponse>* writer);
  absl::Status FillIncidents(const v1::ListIncidentsRequest& request,
                             v1::ListIncidentsResponse* response);
  absl::Status FollowIncidents(const v1::WatchIncidentsRequest& request,
                               grpc::ServerContext* context,
                               grpc::ServerWriter<v1::WatchIncidentsResponse>* writer);
  absl::StatusOr<JobManager*> Jobs() const;
  absl::Status Receive(const v1::Job& job, uint64_t known, JobManager* jobs,
                       grpc::ServerReader<v1::SubmitPcapRequest>* reader);

  GatewayEngine* const engine_;
  JobManager* jobs_ = nullptr;  // null: it takes none
  const std::shared_ptr<AccountingMetrics> accounting_;
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Gauge& watchers_;
  VerdictMetrics verdict_metrics_;
  IncidentMetrics incident_metrics_;
  const std::shared_ptr<StoreMetrics> store_metrics_;
  std::atomic<bool> stopping_ = false;
  PatientStore patient_store_;
  VerdictFeed feed_;
  IncidentFeed incident_feed_;
  OpenStreams streams_{"gateway"};
  std::optional<SuiteStatus> suite_status_;
  ModelClient model_client_;
};

}  // namespace silhouette
