#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

#include "gateway/rest/query.h"

namespace silhouette {

enum class RouteKind {
  kUnary,     // a JSON object
  kEvents,    // a stream of responses as server-sent events
  kUpload,    // the body becomes a stream of requests
  kDownload,  // a stream of responses becomes the body
};

// One way to call a method of GatewayService over HTTP.
struct Route {
  const char* http_method;
  // "/v1/jobs/{job}:cancel": what stands in braces fills the request's field of that name; it
  // stands for one or more characters, but not '/' or ':'.
  const char* path;
  const char* rpc;
  RouteKind kind = RouteKind::kUnary;
};

// All routes there are.
const std::vector<Route>& Routes();

// Its descriptor in GatewayService.
const google::protobuf::MethodDescriptor& MethodOf(const Route& route);

// The message that a route's parameters fill: the request, or for an upload its first part.
const google::protobuf::Descriptor& ParametersOf(const Route& route);

// What a path's braces are called, in their order: {"job"}.
std::vector<std::string> PathFields(const Route& route);

struct RouteMatch {
  const Route* route = nullptr;             // null: there is none
  std::vector<QueryParameter> path_fields;  // what stood where the braces are
  std::string allow;                        // "GET, POST": what the path takes; empty: unknown path
};

// Finds the route for a path as it came, percent-encoded. HEAD is taken for GET where the answer is
// short.
RouteMatch MatchRoute(std::string_view http_method, std::string_view path);

}  // namespace silhouette
