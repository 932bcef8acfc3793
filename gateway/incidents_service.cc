// GatewayService's incidents.

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "common/grpc_status.h"
#include "gateway/page_token.h"
#include "gateway/service.h"

namespace silhouette {
namespace {

constexpr uint32_t kDefaultPage = 100;
constexpr uint32_t kMaxPage = 1000;

// Of a request to list or to watch.
template <typename Request>
IncidentFilter FilterOf(const Request& request) {
  return {request.origin(),
          request.run(),
          {request.subjects().begin(), request.subjects().end()},
          request.kind(),
          request.min_severity()};
}

}  // namespace

grpc::Status GatewayService::ListIncidents(grpc::ServerContext* context,
                                           const v1::ListIncidentsRequest* request,
                                           v1::ListIncidentsResponse* response) {
  return ToGrpcStatus(FillIncidents(*request, response));
}

absl::Status GatewayService::FillIncidents(const v1::ListIncidentsRequest& request,
                                           v1::ListIncidentsResponse* response) {
  if (request.has_from_ns() && request.has_to_ns() && request.from_ns() > request.to_ns()) {
    return absl::InvalidArgumentError("from_ns: lies behind to_ns");
  }
  IncidentQuery query{FilterOf(request)};
  if (request.has_from_ns()) query.from_ns = request.from_ns();
  if (request.has_to_ns()) query.to_ns = request.to_ns();
  query.limit = request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage);
  if (!request.page_token().empty()) {
    auto cursor = ParseIncidentToken(request.page_token());
    if (!cursor.ok()) return cursor.status();
    query.after = *cursor;
  }
  auto incidents = engine_->store()->ListIncidents(query);
  if (!incidents.ok()) return incidents.status();
  response->mutable_incidents()->Add(std::make_move_iterator(incidents->begin()),
                                     std::make_move_iterator(incidents->end()));
  if (incidents->size() < query.limit) return absl::OkStatus();
  const v1::Incident& last = response->incidents(response->incidents_size() - 1);
  response->set_next_page_token(IncidentToken({last.from_ns(), last.number()}));
  return absl::OkStatus();
}

grpc::Status GatewayService::WatchIncidents(
    grpc::ServerContext* context, const v1::WatchIncidentsRequest* request,
    grpc::ServerWriter<v1::WatchIncidentsResponse>* writer) {
  watchers_.Increment();
  const absl::Status status = FollowIncidents(*request, context, writer);
  watchers_.Decrement();
  return ToGrpcStatus(status);
}

absl::Status GatewayService::FollowIncidents(
    const v1::WatchIncidentsRequest& request, grpc::ServerContext* context,
    grpc::ServerWriter<v1::WatchIncidentsResponse>* writer) {
  const IncidentFilter filter = FilterOf(request);
  auto position =
      request.cursor().empty() ? incident_feed_.Newest() : ParseWatchCursor(request.cursor());
  if (!position.ok()) return position.status();
  constexpr std::chrono::milliseconds kCheckClient(200);
  std::chrono::milliseconds patience(0);  // the first response comes at once
  bool is_first = true;
  while (!context->IsCancelled()) {
    auto changes = incident_feed_.Next(*position, filter, patience);
    if (!changes.ok()) return changes.status();
    position = changes->position;
    patience = kCheckClient;
    if (changes->incidents.empty() && !is_first) continue;
    is_first = false;
    v1::WatchIncidentsResponse response;
    response.mutable_incidents()->Add(std::make_move_iterator(changes->incidents.begin()),
                                      std::make_move_iterator(changes->incidents.end()));
    response.set_cursor(WatchCursor(*position));
    if (!writer->Write(response)) break;
  }
  return absl::CancelledError("the watcher is gone");
}

}  // namespace silhouette
