#include "gateway/service.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/metrics.h"
#include "gateway/page_token.h"

namespace silhouette {
namespace {

constexpr uint32_t kDefaultPage = 1000;
constexpr uint32_t kMaxPage = 10'000;

v1::RunStatus Describe(const StoredRun& run) {
  v1::RunStatus status;
  status.set_origin(run.origin);
  status.set_run(run.run);
  status.set_first_packet_ns(run.first_packet_ns);
  status.set_grid_start_ns(run.grid_start_ns);
  status.set_watermark_ns(run.watermark_ns);
  *status.mutable_accounting() = run.accounting;
  status.set_ended(run.ended);
  status.set_incomplete(run.incomplete);
  return status;
}

std::optional<TimelineMethod> MethodOf(v1::TimelineMethod method) {
  if (method == v1::TIMELINE_METHOD_FORWARD) return TimelineMethod::kForward;
  if (method == v1::TIMELINE_METHOD_VITERBI) return TimelineMethod::kViterbi;
  return std::nullopt;
}

}  // namespace

// Stores a stream's batches and acks each once it is committed.
class GatewayService::PushHandler : public BatchHandler<v1::VerdictBatch> {
 public:
  PushHandler(GatewayService* service, AckWriter* acks) : service_(service), acks_(acks) {}

  absl::Status Consume(const v1::VerdictBatch& batch) override {
    auto added =
        service_->patient_store_.Add(batch, [this] { return aborted_ || service_->stopping_; });
    if (!added.ok()) return added.status();
    const v1::BatchHeader& header = batch.header();
    service_->stored_.Increment(static_cast<double>(added->count));
    service_->repeated_.Increment(static_cast<double>(batch.verdicts_size()) -
                                  static_cast<double>(added->count));
    if (added->count > 0) service_->feed_.OnStored(added->position);
    service_->accounting_->Update(header.origin(), header.run(), header.accounting(),
                                  header.end_of_run());
    v1::Ack ack;
    ack.set_origin(header.origin());
    ack.set_run(header.run());
    ack.set_sequence(header.sequence());
    acks_->Write(ack);
    return absl::OkStatus();
  }

  absl::Status Finish() override { return absl::OkStatus(); }
  void Abort() override { aborted_ = true; }

 private:
  GatewayService* const service_;
  AckWriter* const acks_;
  std::atomic<bool> aborted_ = false;
};

GatewayService::GatewayService(GatewayEngine* engine)
    : engine_(engine),
      accounting_(std::make_shared<AccountingMetrics>("gateway")),
      registry_(std::make_shared<prometheus::Registry>()),
      stored_(AddCounter(registry_.get(), "silhouette_gateway_stored_verdicts_total",
                         "Verdicts stored")),
      repeated_(AddCounter(registry_.get(), "silhouette_gateway_repeated_verdicts_total",
                           "Verdicts that the store held already")),
      watchers_(AddGauge(registry_.get(), "silhouette_gateway_watchers",
                         "Streams that follow verdicts as they are stored")),
      patient_store_(engine->store(), registry_.get()),
      feed_(engine->store()) {}

grpc::Status GatewayService::Push(grpc::ServerContext* context,
                                  grpc::ServerReaderWriter<v1::Ack, v1::VerdictBatch>* stream) {
  return ServeLink<v1::VerdictBatch>(context, stream, &streams_, [this](AckWriter* acks) {
    return absl::StatusOr<std::unique_ptr<PushHandler>>(std::make_unique<PushHandler>(this, acks));
  });
}

grpc::Status GatewayService::ListRuns(grpc::ServerContext* context,
                                      const v1::ListRunsRequest* request,
                                      v1::ListRunsResponse* response) {
  auto runs = engine_->store()->ListRuns();
  if (!runs.ok()) return ToGrpcStatus(runs.status());
  for (const StoredRun& run : *runs) *response->add_runs() = Describe(run);
  return grpc::Status::OK;
}

grpc::Status GatewayService::ListSubjects(grpc::ServerContext* context,
                                          const v1::ListSubjectsRequest* request,
                                          v1::ListSubjectsResponse* response) {
  auto run = engine_->store()->FindRun(request->run().origin(), request->run().run());
  if (!run.ok()) return ToGrpcStatus(run.status());
  auto subjects = engine_->store()->ListSubjects(run->id);
  if (!subjects.ok()) return ToGrpcStatus(subjects.status());
  for (const StoredSubject& subject : *subjects) {
    v1::SubjectSummary* summary = response->add_subjects();
    summary->set_subject(subject.subject);
    summary->set_model(subject.model.name());
    summary->set_windows(subject.windows);
    summary->set_from_ns(subject.first_start_ns);
    summary->set_to_ns(subject.last_start_ns + subject.model.length_ns());
    summary->set_schema(subject.model.schema());
    if (subject.shape) *summary->mutable_shape() = *subject.shape;
  }
  return grpc::Status::OK;
}

grpc::Status GatewayService::ListVerdicts(grpc::ServerContext* context,
                                          const v1::ListVerdictsRequest* request,
                                          v1::ListVerdictsResponse* response) {
  return ToGrpcStatus(FillPage(*request, response));
}

absl::Status GatewayService::FillPage(const v1::ListVerdictsRequest& request,
                                      v1::ListVerdictsResponse* response) {
  auto run = engine_->store()->FindRun(request.run().origin(), request.run().run());
  if (!run.ok()) return run.status();
  VerdictQuery query;
  query.run_id = run->id;
  query.subjects.assign(request.subjects().begin(), request.subjects().end());
  query.model = request.model();
  query.class_name = request.class_();
  if (request.has_from_ns()) query.from_ns = request.from_ns();
  if (request.has_to_ns()) query.to_ns = request.to_ns();
  query.limit = request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage);
  if (!request.page_token().empty()) {
    auto cursor = ParsePageToken(request.page_token());
    if (!cursor.ok()) return cursor.status();
    query.after = *std::move(cursor);
  }
  auto verdicts = engine_->store()->ListVerdicts(query);
  if (!verdicts.ok()) return verdicts.status();
  response->mutable_verdicts()->Add(verdicts->begin(), verdicts->end());
  if (verdicts->size() < query.limit) return absl::OkStatus();
  const v1::Verdict& last = verdicts->back();
  response->set_next_page_token(
      PageToken({last.window_start_ns(), last.subject(), last.model(), last.version()}));
  return absl::OkStatus();
}

grpc::Status GatewayService::WatchVerdicts(grpc::ServerContext* context,
                                           const v1::WatchVerdictsRequest* request,
                                           grpc::ServerWriter<v1::WatchVerdictsResponse>* writer) {
  watchers_.Increment();
  const absl::Status status = FollowFeed(*request, context, writer);
  watchers_.Decrement();
  return ToGrpcStatus(status);
}

absl::Status GatewayService::FollowFeed(const v1::WatchVerdictsRequest& request,
                                        grpc::ServerContext* context,
                                        grpc::ServerWriter<v1::WatchVerdictsResponse>* writer) {
  const VerdictFeed::Filter filter{request.origin(),
                                   request.run(),
                                   {request.subjects().begin(), request.subjects().end()},
                                   request.model(),
                                   request.class_()};
  auto position = request.cursor().empty() ? feed_.Newest() : ParseWatchCursor(request.cursor());
  if (!position.ok()) return position.status();
  constexpr std::chrono::milliseconds kCheckClient(200);
  std::chrono::milliseconds patience(0);  // the first response comes at once
  bool is_first = true;
  while (!context->IsCancelled()) {
    auto page = feed_.Next(*position, filter, patience);
    if (!page.ok()) return page.status();
    position = page->position;
    patience = kCheckClient;
    const bool is_new = !page->verdicts.empty() || page->missed > 0;
    if (!is_new && !is_first) continue;
    is_first = false;
    v1::WatchVerdictsResponse response;
    response.mutable_verdicts()->Add(std::make_move_iterator(page->verdicts.begin()),
                                     std::make_move_iterator(page->verdicts.end()));
    response.set_cursor(WatchCursor(*position));
    response.set_missed(page->missed);
    if (!writer->Write(response)) break;
  }
  return absl::CancelledError("the watcher is gone");
}

void GatewayService::StopIntake(std::chrono::milliseconds grace) {
  stopping_ = true;
  feed_.Stop();
  streams_.Stop(grace);
}

grpc::Status GatewayService::GetTimeline(grpc::ServerContext* context,
                                         const v1::GetTimelineRequest* request,
                                         v1::GetTimelineResponse* response) {
  return ToGrpcStatus(FillTimeline(*request, response));
}

absl::Status GatewayService::FillTimeline(const v1::GetTimelineRequest& request,
                                          v1::GetTimelineResponse* response) {
  auto run = engine_->store()->FindRun(request.run().origin(), request.run().run());
  if (!run.ok()) return run.status();
  auto timeline =
      engine_->Timeline(*run, request.subject(), request.model(), MethodOf(request.method()));
  if (!timeline.ok()) return timeline.status();
  response->mutable_segments()->Add(timeline->segments.begin(), timeline->segments.end());
  response->mutable_points()->Add(timeline->points.begin(), timeline->points.end());
  response->mutable_classes()->Add(timeline->classes.begin(), timeline->classes.end());
  response->set_method(timeline->method == TimelineMethod::kViterbi ? v1::TIMELINE_METHOD_VITERBI
                                                                    : v1::TIMELINE_METHOD_FORWARD);
  return absl::OkStatus();
}

}  // namespace silhouette
