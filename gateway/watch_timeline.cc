// GatewayService's live timelines.

#include <chrono>
#include <optional>
#include <utility>

#include "common/grpc_status.h"
#include "gateway/live_timeline.h"
#include "gateway/page_token.h"
#include "gateway/service.h"

namespace silhouette {
namespace {

// What each response says besides its points.
v1::WatchTimelineResponse ResponseOf(const StoredRun& run, const LiveTimeline& live,
                                     const StorePosition& position) {
  v1::WatchTimelineResponse response;
  *response.mutable_classes() = live.model().classes();
  response.set_length_ns(live.model().length_ns());
  response.set_cursor(WatchCursor(position));
  response.set_origin(run.origin);
  response.set_run(run.run);
  response.set_model(live.model().name());
  return response;
}

}  // namespace

grpc::Status GatewayService::WatchTimeline(grpc::ServerContext* context,
                                           const v1::WatchTimelineRequest* request,
                                           grpc::ServerWriter<v1::WatchTimelineResponse>* writer) {
  watchers_.Increment();
  const absl::Status status = FollowTimeline(*request, context, writer);
  watchers_.Decrement();
  return ToGrpcStatus(status);
}

absl::Status GatewayService::FollowTimeline(const v1::WatchTimelineRequest& request,
                                            grpc::ServerContext* context,
                                            grpc::ServerWriter<v1::WatchTimelineResponse>* writer) {
  VerdictStore* const store = engine_->store();
  const bool resumes = !request.cursor().empty();
  auto position = resumes ? ParseWatchCursor(request.cursor()) : feed_.Newest();
  if (!position.ok()) return position.status();
  if (absl::Status status = feed_.CheckPosition(*position); !status.ok()) return status;
  auto run = store->FindRun(request.run().origin(), request.run().run());
  if (!run.ok()) return run.status();
  auto live =
      LiveTimeline::Start(engine_, *run, request.subject(), request.model(), position->number);
  if (!live.ok()) return live.status();
  v1::WatchTimelineResponse first = ResponseOf(*run, *live, *position);
  if (!resumes) *first.mutable_points() = live->Last();
  if (!writer->Write(first)) return absl::CancelledError("the watcher is gone");

  constexpr std::chrono::milliseconds kCheckClient(200);
  const VerdictFeed::Filter filter{
      run->origin, run->run, {request.subject()}, live->model().name(), {}};
  while (!context->IsCancelled()) {
    // Asked before: what is stored behind the end belongs to others.
    auto now = store->FindRun(run->origin, run->run);
    if (!now.ok()) return now.status();
    if (now->ended) {  // its last verdicts may be stored without the feed knowing by now
      auto newest = store->Newest();
      if (!newest.ok()) return newest.status();
      feed_.OnStored(*newest);
    }
    auto page =
        feed_.Next(*position, filter, now->ended ? std::chrono::milliseconds(0) : kCheckClient);
    if (!page.ok()) return page.status();
    const bool is_all = page->position == *position;
    position = page->position;
    v1::WatchTimelineResponse response = ResponseOf(*run, *live, *position);
    *response.mutable_points() = live->Add(page->verdicts);
    response.set_missed(page->missed);
    response.set_ended(now->ended && is_all);
    const bool is_new = response.points().window_start_ns_size() > 0 || page->missed > 0;
    if ((is_new || response.ended()) && !writer->Write(response)) break;
    if (response.ended()) return absl::OkStatus();
  }
  return absl::CancelledError("the watcher is gone");
}

}  // namespace silhouette
