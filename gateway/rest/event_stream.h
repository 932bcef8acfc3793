#pragma once

#include <httplib.h>
#include <prometheus/gauge.h>

#include <atomic>
#include <memory>

#include "gateway/rest/answer.h"

namespace silhouette {

// So many event streams at once. Thread-safe.
class WatcherPlaces {
 public:
  WatcherPlaces(int most, prometheus::Gauge* taken) : most_(most), gauge_(taken) {}

  // A place, which is given back when the last copy of it goes; null when all are taken.
  std::shared_ptr<void> Take();

 private:
  const int most_;
  prometheus::Gauge* const gauge_;
  std::atomic<int> taken_ = 0;
};

// A stream of responses as server-sent events, for EventSource and for anything that reads lines:
//
//   id: CURSOR            where the response has a cursor; sent back as Last-Event-ID, it goes on
//   data: JSON
//
// A line ":" every 15 seconds tells that all is well. The last event is `end`, or `error` with the
// JSON of an error. An error before the first response is an ordinary one.
void AnswerEvents(const RestContext& context, const RestRequest& request,
                  httplib::Response* response);

}  // namespace silhouette
