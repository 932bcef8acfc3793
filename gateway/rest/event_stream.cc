#include "gateway/rest/event_stream.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/proto_json.h"
#include "common/text.h"
#include "gateway/rest/connection.h"
#include "gateway/rest/http_error.h"
#include "gateway/rest/request_filler.h"

namespace silhouette {
namespace {

using google::protobuf::Message;

class EventStream {
 public:
  EventStream(const RestContext& context, const RestRequest& request)
      : response_(NewMessage(*MethodOf(request.route).output_type())),
        call_(context.stub, RpcPath(request.route), TraceOf(request.http)),
        entry_(context.calls, &call_),
        heartbeat_(context.heartbeat) {}

  // Waits for the first response. Errors: the call's, where it has ended before.
  absl::Status Begin(const Message& request) {
    if (call_.Write(request)) call_.WritesDone();
    ReadNext();
    return end_;
  }

  // Writes events until the stream ends. False: the client is gone.
  bool Run(httplib::DataSink& sink) {
    if (!Write(sink, "retry: 3000\n\n")) return false;
    while (got_ != RpcCall::Got::kEnd) {
      const bool is_new = got_ == RpcCall::Got::kResponse;
      if (!Write(sink, is_new ? Event() : ":\n\n")) return false;
      ReadNext();
    }
    return Write(sink, end_.ok() ? "event: end\ndata: {}\n\n"
                                 : absl::StrCat("event: error\ndata: ", ErrorJson(end_), "\n\n"));
  }

 private:
  void ReadNext() {
    got_ = ReadForClient(&call_, response_.get(), heartbeat_);
    if (got_ == RpcCall::Got::kEnd) end_ = call_.Finish();
  }

  static bool Write(httplib::DataSink& sink, const std::string& text) {
    return sink.write(text.data(), text.size());
  }

  std::string Event() const {
    std::string event;
    const auto* const cursor = FindField(*response_->GetDescriptor(), "cursor");
    if (cursor != nullptr) {
      absl::StrAppend(&event, "id: ", response_->GetReflection()->GetString(*response_, cursor),
                      "\n");
    }
    return absl::StrCat(event, "data: ", ToJson(*response_), "\n\n");
  }

  const std::unique_ptr<Message> response_;  // outlives the call, which reads into it
  RpcCall call_;
  const OpenCalls::Entry entry_;
  const std::chrono::milliseconds heartbeat_;
  RpcCall::Got got_ = RpcCall::Got::kNothingYet;
  absl::Status end_;
};

absl::Status FillWatch(const RestRequest& request, Message* message) {
  if (absl::Status status = FillMessage(request, message); !status.ok()) return status;
  const auto* const cursor = FindField(*message->GetDescriptor(), "cursor");
  const std::string last = request.http.get_header_value("Last-Event-ID");
  if (cursor == nullptr || last.empty()) return absl::OkStatus();
  if (ToUtf8(last) != last) {
    return absl::InvalidArgumentError("Last-Event-ID: not an id that an event had");
  }
  // A browser that comes back says again what it said at first, and where it was by now.
  message->GetReflection()->SetString(message, cursor, last);
  return absl::OkStatus();
}

}  // namespace

void AnswerEvents(const RestContext& context, const RestRequest& request,
                  httplib::Response* response) {
  const auto place = TakePlace(context, response, &context.metrics->watchers());
  if (place == nullptr) return;
  const auto message = NewMessage(*MethodOf(request.route).input_type());
  if (absl::Status status = FillWatch(request, message.get()); !status.ok()) {
    return SetError(status, response);
  }
  auto stream = std::make_shared<EventStream>(context, request);
  if (absl::Status status = stream->Begin(*message); !status.ok()) {
    return SetError(status, response);
  }
  response->set_header("X-Accel-Buffering", "no");  // for a proxy before us
  SetPieces(
      request.http, "text/event-stream",
      [stream, place](httplib::DataSink& sink) { return stream->Run(sink); }, response);
}

}  // namespace silhouette
