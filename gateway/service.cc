#include "gateway/service.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/batch_log.h"
#include "common/metrics.h"
#include "gateway/metric_list.h"
#include "gateway/page_token.h"

namespace silhouette {
namespace {

constexpr uint32_t kDefaultPage = 1000;
constexpr uint32_t kMaxPage = 10'000;
constexpr uint32_t kMostPoints = 200'000;  // 2.8 MB; gRPC clients take 4 MiB unless told otherwise

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

v1::SubjectSummary Describe(const StoredSubject& subject) {
  v1::SubjectSummary summary;
  summary.set_subject(subject.subject);
  summary.set_model(subject.model.name());
  summary.set_windows(subject.windows);
  summary.set_from_ns(subject.first_start_ns);
  summary.set_to_ns(subject.last_start_ns + subject.model.length_ns());
  summary.set_schema(subject.model.schema());
  if (subject.shape) *summary.mutable_shape() = *subject.shape;
  summary.set_last_class(subject.last_class);
  summary.set_last_probability(subject.last_probability);
  return summary;
}

SummaryStep StepOf(v1::SummaryStep step) {
  if (step == v1::SUMMARY_STEP_HOUR) return SummaryStep::kHour;
  if (step == v1::SUMMARY_STEP_DAY) return SummaryStep::kDay;
  return SummaryStep::kWhole;
}

v1::SummaryRow Describe(const SummaryRow& row) {
  v1::SummaryRow described;
  described.set_model(row.model);
  described.set_from_ns(row.from_ns);
  described.set_to_ns(row.to_ns);
  uint64_t all = 0;
  for (const auto& [name, windows] : row.windows) all += windows;
  described.set_windows(all);
  for (const auto& [name, windows] : row.windows) {
    v1::ClassShare* share = described.add_classes();
    share->set_class_(name);
    share->set_windows(windows);
    share->set_share(static_cast<double>(windows) / static_cast<double>(all));
  }
  return described;
}

uint32_t PageLimit(uint32_t asked) { return asked == 0 ? kDefaultPage : std::min(asked, kMaxPage); }

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
    const auto began = StageClock::now();
    auto added =
        service_->patient_store_.Add(batch, [this] { return aborted_ || service_->stopping_; });
    if (!added.ok()) return added.status();
    const v1::BatchHeader& header = batch.header();
    service_->verdict_metrics_.OnStored(batch, added->count);
    service_->incident_metrics_.OnStored(batch, added->incident_news);
    if (added->count > 0) service_->feed_.OnStored(added->position);
    if (added->incidents) service_->incident_feed_.OnStored(*added->incidents);
    service_->accounting_->Update(header, header.accounting());
    v1::Ack ack;
    ack.set_origin(header.origin());
    ack.set_run(header.run());
    ack.set_sequence(header.sequence());
    acks_->Write(ack);
    LogStored(batch, {began, {}}, added->count);
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
      watchers_(AddGauge(registry_.get(), "gateway", Find(kGatewayMetrics, "watchers"))),
      store_metrics_(std::make_shared<StoreMetrics>()),
      patient_store_(engine->store(), store_metrics_),
      feed_(engine->store()),
      incident_feed_(engine->store()) {}

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
  return ToGrpcStatus(FillSubjects(*request, response));
}

absl::Status GatewayService::FillSubjects(const v1::ListSubjectsRequest& request,
                                          v1::ListSubjectsResponse* response) {
  auto run = engine_->store()->FindRun(request.run().origin(), request.run().run());
  if (!run.ok()) return run.status();
  std::optional<SubjectCursor> after;
  if (!request.page_token().empty()) {
    auto cursor = ParseSubjectToken(request.page_token());
    if (!cursor.ok()) return cursor.status();
    after = *std::move(cursor);
  }
  const uint32_t limit = PageLimit(request.page_size());
  auto subjects = engine_->store()->ListSubjects(run->id, after, limit);
  if (!subjects.ok()) return subjects.status();
  for (const StoredSubject& subject : *subjects) *response->add_subjects() = Describe(subject);
  if (subjects->size() < limit) return absl::OkStatus();
  response->set_next_page_token(
      SubjectToken({subjects->back().subject, subjects->back().model.name()}));
  return absl::OkStatus();
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
  query.limit = PageLimit(request.page_size());
  if (!request.page_token().empty()) {
    auto cursor = ParsePageToken(request.page_token());
    if (!cursor.ok()) return cursor.status();
    query.after = *std::move(cursor);
  }
  auto verdicts = engine_->store()->ListVerdicts(query);
  if (!verdicts.ok()) return verdicts.status();
  // Receivers refuse messages above 4 MiB.
  constexpr size_t kMostBytes = 3 << 20;
  size_t bytes = 0;
  for (v1::Verdict& verdict : *verdicts) {
    bytes += verdict.ByteSizeLong();
    if (bytes > kMostBytes && response->verdicts_size() > 0) break;
    *response->add_verdicts() = std::move(verdict);
  }
  const auto given = static_cast<size_t>(response->verdicts_size());
  if (given < query.limit && given == verdicts->size()) return absl::OkStatus();
  const v1::Verdict& last = response->verdicts(response->verdicts_size() - 1);
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

grpc::Status GatewayService::GetStatus(grpc::ServerContext* context,
                                       const v1::GetStatusRequest* request,
                                       v1::GetStatusResponse* response) {
  if (suite_status_) suite_status_->Fill(response);
  v1::StoreStatus* const store = response->mutable_store();
  store->set_path(engine_->store()->path());
  if (const auto usage = engine_->store()->Usage(); usage.ok()) {
    store->set_bytes(usage->bytes);
    store->set_free_bytes(usage->free_bytes);
    store->set_verdicts(usage->verdicts);
    store->set_runs(usage->runs);
  }
  return grpc::Status::OK;
}

void GatewayService::StopIntake(std::chrono::milliseconds grace) {
  stopping_ = true;
  feed_.Stop();
  incident_feed_.Stop();
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
  if (request.max_points() == 1) {
    return absl::InvalidArgumentError(
        "max_points: is 2 at least, or unset for as many as there may be");
  }
  if (request.has_from_ns() && request.has_to_ns() && request.from_ns() > request.to_ns()) {
    return absl::InvalidArgumentError("from_ns: lies behind to_ns");
  }
  TimelineQuery query{request.subject(), request.model(), MethodOf(request.method())};
  if (request.has_from_ns()) query.from_ns = request.from_ns();
  if (request.has_to_ns()) query.to_ns = request.to_ns();
  query.max_points =
      request.max_points() > 0 ? std::min(request.max_points(), kMostPoints) : kMostPoints;
  if (request.no_points()) query.max_points = 0;
  auto timeline = engine_->Timeline(*run, query);
  if (!timeline.ok()) return timeline.status();
  response->set_origin(run->origin);
  response->set_run(run->run);
  response->set_model(timeline->model);
  response->mutable_segments()->Add(timeline->segments.begin(), timeline->segments.end());
  *response->mutable_points() = std::move(timeline->points);
  response->mutable_classes()->Add(timeline->classes.begin(), timeline->classes.end());
  response->set_method(timeline->method == TimelineMethod::kViterbi ? v1::TIMELINE_METHOD_VITERBI
                                                                    : v1::TIMELINE_METHOD_FORWARD);
  return absl::OkStatus();
}

grpc::Status GatewayService::GetSummary(grpc::ServerContext* context,
                                        const v1::GetSummaryRequest* request,
                                        v1::GetSummaryResponse* response) {
  return ToGrpcStatus(FillSummary(*request, response));
}

absl::Status GatewayService::FillSummary(const v1::GetSummaryRequest& request,
                                         v1::GetSummaryResponse* response) {
  constexpr int kMostMinutes = 24 * 60;
  if (request.utc_offset_minutes() < -kMostMinutes || request.utc_offset_minutes() > kMostMinutes) {
    return absl::InvalidArgumentError("utc_offset_minutes: lies between -1440 and 1440");
  }
  if (request.subject().empty()) {
    return absl::InvalidArgumentError("subject: name one; ListSubjects tells which there are");
  }
  SummaryQuery query;
  query.subject = request.subject();
  query.model = request.model();
  if (!request.run().origin().empty() || !request.run().run().empty()) {
    auto run = engine_->store()->FindRun(request.run().origin(), request.run().run());
    if (!run.ok()) return run.status();
    query.run_id = run->id;
  }
  query.step = StepOf(request.step());
  if (request.has_from_ns()) query.from_ns = request.from_ns();
  if (request.has_to_ns()) query.to_ns = request.to_ns();
  query.utc_offset_minutes = request.utc_offset_minutes();
  auto rows = engine_->Summary(query);
  if (!rows.ok()) return rows.status();
  for (const SummaryRow& row : *rows) *response->add_rows() = Describe(row);
  return absl::OkStatus();
}

}  // namespace silhouette
