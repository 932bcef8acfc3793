#include "gateway/rest/route.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_join.h"
#include "silhouette/v1/gateway_service.pb.h"

namespace silhouette {
namespace {

// The part of a path before and behind the braces of one of its segments.
struct Segment {
  explicit Segment(std::string_view text) : before(text) {
    const size_t open = text.find('{');
    if (open == std::string_view::npos) return;
    const size_t close = text.find('}', open);
    before = text.substr(0, open);
    field = text.substr(open + 1, close - open - 1);
    behind = text.substr(close + 1);
  }
  std::string_view before, field, behind;
};

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    segments.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

bool MatchSegment(const Segment& pattern, std::string_view text,
                  std::vector<QueryParameter>* fields) {
  if (pattern.field.empty()) return text == pattern.before;
  if (text.size() <= pattern.before.size() + pattern.behind.size() ||
      !text.starts_with(pattern.before) || !text.ends_with(pattern.behind)) {
    return false;
  }
  text.remove_prefix(pattern.before.size());
  text.remove_suffix(pattern.behind.size());
  auto value = DecodePercent(text);
  if (text.find(':') != std::string_view::npos || !value.ok()) return false;
  fields->push_back({std::string(pattern.field), *std::move(value)});
  return true;
}

bool MatchPath(std::string_view pattern, std::string_view path,
               std::vector<QueryParameter>* fields) {
  const auto patterns = Segments(pattern);
  const auto parts = Segments(path);
  if (patterns.size() != parts.size()) return false;
  fields->clear();
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!MatchSegment(Segment(patterns[i]), parts[i], fields)) return false;
  }
  return true;
}

bool IsGet(const Route& route) { return std::string_view(route.http_method) == "GET"; }

}  // namespace

const std::vector<Route>& Routes() {
  static const std::vector<Route> routes{
      {"GET", "/v1/status", "GetStatus"},
      {"GET", "/v1/models", "ListModels"},
      {"GET", "/v1/runs", "ListRuns"},
      {"GET", "/v1/subjects", "ListSubjects"},
      {"GET", "/v1/verdicts", "ListVerdicts"},
      {"GET", "/v1/verdicts:watch", "WatchVerdicts", RouteKind::kEvents},
      {"GET", "/v1/timeline", "GetTimeline"},
      {"GET", "/v1/timeline:watch", "WatchTimeline", RouteKind::kEvents},
      {"GET", "/v1/summary", "GetSummary"},
      {"GET", "/v1/incidents", "ListIncidents"},
      {"GET", "/v1/incidents:watch", "WatchIncidents", RouteKind::kEvents},
      {"GET", "/v1/explanation", "ExplainVerdict"},
      {"GET", "/v1/jobs", "ListJobs"},
      {"POST", "/v1/jobs", "SubmitPcap", RouteKind::kUpload},
      {"GET", "/v1/jobs:watch", "WatchJobs", RouteKind::kEvents},
      {"GET", "/v1/jobs/{job}", "GetJob"},
      {"POST", "/v1/jobs/{job}", "SubmitPcap", RouteKind::kUpload},
      {"PUT", "/v1/jobs/{job}", "SubmitPcap", RouteKind::kUpload},
      {"DELETE", "/v1/jobs/{job}", "DeleteJob"},
      {"POST", "/v1/jobs/{job}:cancel", "CancelJob"},
      {"GET", "/v1/jobs/{job}/results", "GetJobResults", RouteKind::kDownload},
  };
  return routes;
}

const google::protobuf::MethodDescriptor& MethodOf(const Route& route) {
  return *v1::ListRunsRequest::descriptor()
              ->file()
              ->FindServiceByName("GatewayService")
              ->FindMethodByName(route.rpc);
}

const google::protobuf::Descriptor& ParametersOf(const Route& route) {
  if (route.kind == RouteKind::kUpload) return *v1::SubmitPcapHeader::descriptor();
  return *MethodOf(route).input_type();
}

std::vector<std::string> PathFields(const Route& route) {
  std::vector<std::string> names;
  for (std::string_view text : Segments(route.path)) {
    if (const Segment segment(text); !segment.field.empty()) names.emplace_back(segment.field);
  }
  return names;
}

RouteMatch MatchRoute(std::string_view http_method, std::string_view path) {
  RouteMatch match;
  std::set<std::string> allowed;
  std::vector<QueryParameter> fields;
  for (const Route& route : Routes()) {
    if (!MatchPath(route.path, path, &fields)) continue;
    allowed.insert(route.http_method);
    const bool has_head = IsGet(route) && route.kind == RouteKind::kUnary;
    if (has_head) allowed.insert("HEAD");
    if (http_method != route.http_method && !(has_head && http_method == "HEAD")) continue;
    match.route = &route;
    match.path_fields = fields;
  }
  match.allow = absl::StrJoin(allowed, ", ");
  return match;
}

}  // namespace silhouette
