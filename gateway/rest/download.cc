#include "gateway/rest/download.h"

#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "silhouette/v1/gateway_service.pb.h"

namespace silhouette {
namespace {

constexpr std::chrono::minutes kMostSilence(5);

// A file's name behind "attachment; filename=".
std::string FileName(const v1::GetJobResultsRequest& request) {
  std::string name;
  for (const char c : request.job()) {
    const bool is_plain =
        absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
    name += is_plain ? c : '_';
  }
  switch (request.format()) {
    case v1::RESULT_FORMAT_CSV:
      return name + ".csv";
    case v1::RESULT_FORMAT_SEGMENTS:
      return name + ".segments.csv";
    default:
      return name + ".jsonl";
  }
}

class Download {
 public:
  Download(const RestContext& context, const RestRequest& request)
      : call_(context.stub, RpcPath(request.route), TraceOf(request.http)),
        entry_(context.calls, &call_) {}

  // Waits for the first piece. Errors: the call's, where it has ended before.
  absl::Status Begin(const v1::GetJobResultsRequest& request) {
    if (call_.Write(request)) call_.WritesDone();
    ReadNext();
    return end_;
  }

  // Writes all of it. False: it is cut off.
  bool Run(httplib::DataSink& sink) {
    for (; got_ == RpcCall::Got::kResponse; ReadNext()) {
      const std::string& data = piece_.data();
      // An empty piece would end what httplib sends.
      if (!data.empty() && !sink.write(data.data(), data.size())) return false;
    }
    return end_.ok();
  }

 private:
  void ReadNext() {
    got_ = ReadForClient(&call_, &piece_, kMostSilence);
    if (got_ == RpcCall::Got::kNothingYet) call_.Cancel();
    if (got_ != RpcCall::Got::kResponse) end_ = call_.Finish();
  }

  v1::GetJobResultsResponse piece_;  // outlives the call, which reads into it
  RpcCall call_;
  const OpenCalls::Entry entry_;
  RpcCall::Got got_ = RpcCall::Got::kNothingYet;
  absl::Status end_;
};

}  // namespace

void AnswerDownload(const RestContext& context, const RestRequest& request,
                    httplib::Response* response) {
  v1::GetJobResultsRequest message;
  absl::Status status = FillMessage(request, &message);
  if (!status.ok()) return SetError(status, response);
  const auto place = TakePlace(context, response);
  if (place == nullptr) return;
  auto download = std::make_shared<Download>(context, request);
  if (status = download->Begin(message); !status.ok()) return SetError(status, response);
  const bool is_csv =
      message.format() == v1::RESULT_FORMAT_CSV || message.format() == v1::RESULT_FORMAT_SEGMENTS;
  response->set_header("Content-Disposition",
                       absl::StrCat("attachment; filename=\"", FileName(message), "\""));
  SetPieces(
      request.http, is_csv ? "text/csv; charset=utf-8" : "application/x-ndjson",
      [download, place](httplib::DataSink& sink) { return download->Run(sink); }, response);
}

}  // namespace silhouette
