#include "gateway/incident_feed.h"

#include <algorithm>

#include "gateway/page_token.h"

namespace silhouette {

void IncidentFeed::OnStored(const StorePosition& newest) {
  std::lock_guard lock(mutex_);
  if (newest.store_id != newest_.store_id) newest_ = newest;
  // Two that stored at once may say so in either order.
  newest_.number = std::max(newest_.number, newest.number);
  knows_newest_ = true;
  changed_.notify_all();
}

absl::StatusOr<StorePosition> IncidentFeed::Newest() {
  std::lock_guard lock(mutex_);
  if (knows_newest_) return newest_;
  auto newest = store_->NewestIncident();
  if (!newest.ok()) return newest.status();
  newest_ = *newest;
  knows_newest_ = true;
  return newest_;
}

absl::StatusOr<IncidentChanges> IncidentFeed::Next(const StorePosition& position,
                                                   const IncidentFilter& filter,
                                                   std::chrono::milliseconds patience) {
  if (absl::Status status = Newest().status(); !status.ok()) return status;
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return stopped_ || newest_ != position; });
    if (stopped_) return absl::CancelledError("the gateway ends");
    if (absl::Status status = CheckWatchCursor(position, newest_); !status.ok()) return status;
    if (newest_ == position) return IncidentChanges{{}, position};
  }
  auto changes = store_->ReadIncidentsBehind(position.number, filter, kPage);
  // What is committed may be read before OnStored tells of it: the watcher must not be ahead of us.
  if (changes.ok()) OnStored(changes->position);
  return changes;
}

void IncidentFeed::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace silhouette
