#include "gateway/rest/answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/proto_json.h"
#include "common/trace_context.h"
#include "gateway/rest/connection.h"
#include "gateway/rest/http_error.h"
#include "gateway/rest/request_filler.h"

namespace silhouette {
namespace {

constexpr std::chrono::seconds kUnaryTime(60);

}  // namespace

absl::Status FillMessage(const RestRequest& request, google::protobuf::Message* message) {
  RequestFiller filler(message);
  if (absl::Status status = filler.Fill(request.path_fields); !status.ok()) return status;
  return filler.Fill(request.query);
}

std::string RpcPath(const Route& route) {
  const auto& method = MethodOf(route);
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

v1::TraceContext TraceOf(const httplib::Request& request) {
  constexpr char kName[] = "traceparent";
  if (request.get_header_value_count(kName) != 1) return {};
  return ParseTraceparent(request.get_header_value(kName)).value_or(v1::TraceContext());
}

std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor& type) {
  auto* const factory = google::protobuf::MessageFactory::generated_factory();
  return std::unique_ptr<google::protobuf::Message>(factory->GetPrototype(&type)->New());
}

void SetError(int http_status, const absl::Status& status, httplib::Response* response) {
  response->status = http_status;
  response->set_content(ErrorJson(status), "application/json");
  if (http_status == 503) response->set_header("Retry-After", "5");
}

void SetError(const absl::Status& status, httplib::Response* response) {
  SetError(HttpStatus(status.code()), status, response);
}

std::shared_ptr<void> TakePlace(const RestContext& context, httplib::Response* response,
                                prometheus::Gauge* gauge) {
  auto place = context.places->Take(gauge);
  if (place != nullptr) return place;
  context.metrics->CountRefusal("watchers");
  SetError(absl::UnavailableError("there are as many event streams, uploads and downloads as "
                                  "--max-watchers allows; try again in a few seconds"),
           response);
  return nullptr;
}

void SetPieces(const httplib::Request& request, const char* content_type,
               std::function<bool(httplib::DataSink&)> write, httplib::Response* response) {
  response->status = 200;
  auto provider = [write = std::move(write)](size_t, httplib::DataSink& sink) {
    if (!write(sink)) return false;
    sink.done();
    return true;
  };
  if (request.version == "HTTP/1.0") {
    response->set_content_provider(content_type, std::move(provider));
  } else {
    response->set_chunked_content_provider(content_type, std::move(provider));
  }
}

RpcCall::Got ReadForClient(RpcCall* call, google::protobuf::Message* response,
                           std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    const RpcCall::Got got = call->Read(response, std::min(patience, kCheckClient));
    if (got != RpcCall::Got::kNothingYet) return got;
    if (Connection::OfThisThread().PeerIsGone()) {
      call->Cancel();
    } else if (std::chrono::steady_clock::now() >= until) {
      return got;
    }
  }
}

void AnswerUnary(const RestContext& context, const RestRequest& request,
                 httplib::Response* response) {
  const auto& method = MethodOf(request.route);
  const auto message = NewMessage(*method.input_type());
  absl::Status status = FillMessage(request, message.get());
  if (!status.ok()) return SetError(status, response);
  const auto answer = NewMessage(*method.output_type());  // outlives the call, which reads into it
  RpcCall call(context.stub, RpcPath(request.route), TraceOf(request.http));
  const OpenCalls::Entry entry(context.calls, &call);
  if (call.Write(*message)) call.WritesDone();
  if (ReadForClient(&call, answer.get(), kUnaryTime) == RpcCall::Got::kNothingYet) {
    call.Cancel();
    return SetError(absl::DeadlineExceededError("there was no answer within a minute"), response);
  }
  status = call.Finish();
  if (!status.ok()) return SetError(status, response);
  response->status = 200;
  response->set_content(ToJson(*answer), "application/json");
}

}  // namespace silhouette
