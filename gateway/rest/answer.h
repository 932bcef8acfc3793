#pragma once

#include <httplib.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/rest/places.h"
#include "gateway/rest/route.h"
#include "gateway/rest/rpc_call.h"
#include "gateway/rest/web_metrics.h"

namespace silhouette {

// What all answers of the API need; it outlives them.
struct RestContext {
  RpcCall::Stub* stub;
  OpenCalls* calls;
  Places* places;
  WebMetrics* metrics;
  std::chrono::milliseconds heartbeat;  // of event streams
};

// A request that a route was found for.
struct RestRequest {
  const httplib::Request& http;
  const Route& route;
  std::vector<QueryParameter> path_fields;
  std::vector<QueryParameter> query;
};

// How often a waiting answer looks whether its client is still there.
constexpr std::chrono::milliseconds kCheckClient(500);

// Fills `message` from the path's fields and the query. Errors: INVALID_ARGUMENT for people.
absl::Status FillMessage(const RestRequest& request, google::protobuf::Message* message);

// "/silhouette.v1.GatewayService/ListRuns"
std::string RpcPath(const Route& route);

// The request's header traceparent; unset where there is none, or none that can be read.
v1::TraceContext TraceOf(const httplib::Request& request);

// A new message of a type of this program.
std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor& type);

void SetError(const absl::Status& status, httplib::Response* response);
void SetError(int http_status, const absl::Status& status, httplib::Response* response);

// A place for an answer that may take long, counted by `gauge`, if any; null: there is none, and
// the answer says so.
std::shared_ptr<void> TakePlace(const RestContext& context, httplib::Response* response,
                                prometheus::Gauge* gauge = nullptr);

// An answer in pieces of unknown number. `write` is called once; false cuts the connection off.
void SetPieces(const httplib::Request& request, const char* content_type,
               std::function<bool(httplib::DataSink&)> write, httplib::Response* response);

// Waits for the next response, and cancels the call when the client goes away meanwhile. What it
// gives is never kNothingYet unless `patience` is over.
RpcCall::Got ReadForClient(RpcCall* call, google::protobuf::Message* response,
                           std::chrono::milliseconds patience);

// One response as a JSON object.
void AnswerUnary(const RestContext& context, const RestRequest& request,
                 httplib::Response* response);

}  // namespace silhouette
