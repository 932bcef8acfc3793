#pragma once

#include <httplib.h>

#include "gateway/rest/answer.h"

namespace silhouette {

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
