// What a stranger's request line says, decoded: route, path, query, request. The first byte picks
// the method, the rest is the target. Whatever is taken is a message that JSON can say and read
// back; whatever is not, is the client's mistake, told in words.

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "common/proto_json.h"
#include "gateway/rest/answer.h"
#include "gateway/rest/guard.h"
#include "gateway/rest/request_filler.h"
#include "gateway/rest/route.h"

namespace silhouette {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void RequireReadsBack(const google::protobuf::Message& message) {
  const std::string json = ToJson(message);
  Require(json.size() >= 2 && json.find('\n') == std::string::npos);
  const auto copy = NewMessage(*message.GetDescriptor());
  Require(google::protobuf::util::JsonStringToMessage(json, copy.get()).ok());
  Require(google::protobuf::util::MessageDifferencer::Equals(message, *copy));
}

void Decode(const char* method, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = path.size() == target.size() ? "" : target.substr(path.size() + 1);
  const RouteMatch match = MatchRoute(method, path);
  const auto parameters = ParseQuery(query);
  if (!parameters.ok()) {
    Require(absl::IsInvalidArgument(parameters.status()));
    return;
  }
  // Without a route of its own, the query is tried on each.
  for (const Route& route : Routes()) {
    if (match.route != nullptr && match.route != &route) continue;
    const auto message = NewMessage(ParametersOf(route));
    RequestFiller filler(message.get());
    absl::Status status = filler.Fill(match.path_fields);
    Require(match.route == nullptr || status.ok());  // there is no other way to fill these
    if (status.ok()) status = filler.Fill(*parameters);
    Require(status.ok() || absl::IsInvalidArgument(status));
    Require(status.ok() || !status.message().empty());
    if (status.ok()) RequireReadsBack(*message);
  }
}

// A Host and an Origin never bring a stranger in.
void Knock(std::string_view text) {
  const size_t half = text.find(' ');
  RequestOrigin request;
  request.hosts = {std::string(text.substr(0, half))};
  if (half != std::string_view::npos) request.origin = std::string(text.substr(half + 1));
  request.local_address = "192.0.2.7";
  request.is_api = true;
  const auto refusal = Guard({"cam.example"}, nullptr).Check(request);
  if (request.hosts.front().find("attacker") != std::string::npos) Require(refusal.has_value());
  if (request.origin.find("attacker") != std::string::npos) Require(refusal.has_value());
}

}  // namespace
}  // namespace silhouette

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr const char* kMethods[] = {"GET", "POST", "PUT", "DELETE", "HEAD"};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'h') {
    silhouette::Knock(text);
  } else {
    silhouette::Decode(kMethods[data[0] % 5], text);
  }
  return 0;
}
