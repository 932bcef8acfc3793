#include "gateway/rest/upload.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/proto_json.h"
#include "common/text.h"
#include "gateway/rest/connection.h"
#include "gateway/rest/form_reader.h"
#include "gateway/rest/request_filler.h"
#include "silhouette/v1/gateway_service.pb.h"

namespace silhouette {
namespace {

constexpr size_t kPieceBytes = 256 << 10;       // of a capture in one message
constexpr size_t kMostFieldBytes = 2 << 20;     // of another part, a truth above all
constexpr std::chrono::minutes kAnswerTime(5);  // behind the last byte

// A capture on its way into SubmitPcap.
class Upload {
 public:
  Upload(const RestContext& context, const RestRequest& request)
      : call_(context.stub, RpcPath(request.route), TraceOf(request.http)),
        entry_(context.calls, &call_) {}

  void Begin(const v1::SubmitPcapHeader& header) {
    v1::SubmitPcapRequest message;
    *message.mutable_header() = header;
    is_refused_ = !call_.Write(message);
  }

  // False: it is refused.
  bool Add(const char* bytes, size_t size) {
    piece_.mutable_data()->append(bytes, size);
    if (piece_.data().size() >= kPieceBytes) Flush();
    return !is_refused_;
  }

  // The service wants no more of it: Finish tells why.
  bool is_refused() const { return is_refused_; }

  // Behind the last byte, or what was refused: what became of it.
  absl::Status Finish(v1::SubmitPcapResponse* response) {
    Flush();
    if (!is_refused_) call_.WritesDone();
    // The client need not wait for the answer: all of it is here.
    if (call_.Read(response, kAnswerTime) == RpcCall::Got::kNothingYet) call_.Cancel();
    return call_.Finish();
  }

  // Not all bytes came: the job waits for the rest.
  void BreakOff() { call_.Cancel(); }

 private:
  void Flush() {
    if (is_refused_ || piece_.data().empty()) return;
    is_refused_ = !call_.Write(piece_);
    piece_.mutable_data()->clear();
  }

  RpcCall call_;
  const OpenCalls::Entry entry_;
  v1::SubmitPcapRequest piece_;
  bool is_refused_ = false;
};

// Reads a body, and fills the header from it on the way.
class BodyReader {
 public:
  BodyReader(const RestContext& context, const RestRequest& request)
      : context_(context), request_(request), filler_(&header_) {}

  absl::Status FillHeader() {
    for (const auto& parameters : {request_.path_fields, request_.query}) {
      if (absl::Status status = filler_.Fill(parameters); !status.ok()) return status;
    }
    const std::string offset = request_.http.get_header_value("Upload-Offset");
    return offset.empty() ? absl::OkStatus() : filler_.Fill("offset", offset);
  }

  // The body is the capture.
  absl::Status ReadPlain(const httplib::ContentReader& body, v1::SubmitPcapResponse* response) {
    uint64_t length = 0;
    const std::string said = request_.http.get_header_value("Content-Length");
    if (!said.empty() && !absl::SimpleAtoi(said, &length)) {
      return absl::InvalidArgumentError("Content-Length: not a number of bytes");
    }
    if (header_.total_bytes() == 0 && length > 0) {
      header_.set_total_bytes(header_.offset() + length);
    }
    BeginUpload();
    const bool is_whole =
        body([this](const char* bytes, size_t size) { return upload_->Add(bytes, size); });
    return End(is_whole, response);
  }

  // A part of the body is.
  absl::Status ReadForm(const std::string& boundary, const httplib::ContentReader& body,
                        v1::SubmitPcapResponse* response) {
    if (boundary.empty()) {
      return absl::InvalidArgumentError("Content-Type: a form without a boundary of 1 to 70 bytes");
    }
    FormReader form(
        boundary, [this](const FormReader::Part& part) { return TakeField() && BeginPart(part); },
        [this](const char* bytes, size_t size) { return AddToPart(bytes, size); });
    const auto read = [&form](const char* bytes, size_t size) { return form.Read({bytes, size}); };
    const bool is_whole = body(read) && form.is_whole();
    if (is_whole) TakeField();
    if (error_.ok() && is_whole && !upload_) {
      error_ = absl::InvalidArgumentError(
          "no part \"capture\" in the form; curl -F capture=@call.pcap sends one");
    }
    return End(is_whole, response);
  }

 private:
  void BeginUpload() {
    upload_.emplace(context_, request_);
    upload_->Begin(header_);
  }

  bool BeginPart(const FormReader::Part& part) {
    if (upload_) {
      return Fail(absl::StrCat("part \"", ToUtf8(part.name),
                               "\" comes behind the capture; send the capture last"));
    }
    if (part.name.empty()) return Fail("a part of the form has no name");
    if (part.name != "capture") {
      field_ = part.name == "truth" ? "truth_csv" : part.name;
      return true;
    }
    if (header_.name().empty()) header_.set_name(ToUtf8(part.filename));
    BeginUpload();
    return true;
  }

  bool AddToPart(const char* bytes, size_t size) {
    if (upload_) return upload_->Add(bytes, size);
    field_value_.append(bytes, size);
    return field_value_.size() <= kMostFieldBytes ||
           Fail(absl::StrCat("part \"", ToUtf8(field_), "\" is larger than 2 MiB"));
  }

  // The part before, if it is not the capture, fills a field of the header.
  bool TakeField() {
    if (field_.empty()) return true;
    const std::string name = std::exchange(field_, "");
    const std::string value = std::exchange(field_value_, "");
    if (ToUtf8(value) != value) {
      return Fail(absl::StrCat("part \"", ToUtf8(name), "\" is not UTF-8 text"));
    }
    error_ = filler_.Fill(name, value);
    return error_.ok();
  }

  bool Fail(std::string message) {
    error_ = absl::InvalidArgumentError(std::move(message));
    return false;
  }

  absl::Status End(bool is_whole, v1::SubmitPcapResponse* response) {
    if (!error_.ok()) {
      if (upload_) upload_->BreakOff();
      return error_;
    }
    if (!upload_)
      return absl::InvalidArgumentError("the form breaks off or is malformed before the capture");
    if (is_whole || upload_->is_refused()) return upload_->Finish(response);
    upload_->BreakOff();
    return absl::InvalidArgumentError(
        "the body breaks off; the job waits for the rest, from received_bytes of GET "
        "/v1/jobs/{job} on");
  }

  const RestContext& context_;
  const RestRequest& request_;
  v1::SubmitPcapHeader header_;
  RequestFiller filler_;
  std::optional<Upload> upload_;
  std::string field_, field_value_;  // a part that is no capture
  absl::Status error_;
};

// Headers that say how the body is to be read. Errors: for the answer, with its HTTP status.
bool SaysHowLong(const httplib::Request& request, httplib::Response* response) {
  if (request.has_header("Content-Encoding")) {
    SetError(415,
             absl::InvalidArgumentError("Content-Encoding: send the capture as it is, gzip and "
                                        "zstd too; what it is packed by, its bytes tell"),
             response);
    return false;
  }
  if (request.has_header("Content-Length") || request.has_header("Transfer-Encoding")) return true;
  SetError(411, absl::InvalidArgumentError("no body: a capture has a Content-Length or is chunked"),
           response);
  return false;
}

}  // namespace

void AnswerUpload(const RestContext& context, const RestRequest& request,
                  const httplib::ContentReader& body, httplib::Response* response) {
  if (!SaysHowLong(request.http, response)) return;
  const auto place = TakePlace(context, response);
  if (place == nullptr) return;
  v1::SubmitPcapResponse answer;  // outlives the call, which reads into it
  BodyReader reader(context, request);
  absl::Status status = reader.FillHeader();
  if (status.ok()) {
    const auto boundary = FormBoundary(Connection::OfThisThread().content_type());
    status = boundary ? reader.ReadForm(*boundary, body, &answer) : reader.ReadPlain(body, &answer);
  }
  if (!status.ok()) return SetError(status, response);
  response->status = 200;
  response->set_content(ToJson(answer), "application/json");
}

}  // namespace silhouette
