#include "capture-svc/service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "capture-svc/source/interfaces.h"
#include "common/grpc_status.h"
#include "common/text.h"
#include "common/trace_metadata.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

v1::Interface ToProto(const InterfaceInfo& info, bool with_addresses) {
  v1::Interface interface;
  interface.set_name(ToUtf8(info.name));
  interface.set_description(ToUtf8(info.description));
  interface.set_up(info.up);
  interface.set_running(info.running);
  interface.set_loopback(info.loopback);
  interface.set_wireless(info.wireless);
  if (with_addresses) {
    for (const IpAddress& address : info.addresses) interface.add_addresses(address.ToString());
  }
  interface.set_received_packets(info.received_packets);
  interface.set_received_bytes(info.received_bytes);
  interface.set_dropped_packets(info.dropped_packets);
  return interface;
}

SourceOptions ToSource(const v1::InterfaceSource& interface) {
  SourceOptions source;
  source.kind = SourceOptions::Kind::kInterface;
  source.live.interface = interface.interface();
  source.live.filter = interface.filter();
  if (interface.snap_length() != 0) {
    source.live.snap_length = static_cast<int>(std::min(interface.snap_length(), 262'144u));
  }
  source.live.promiscuous = !interface.not_promiscuous();
  return source;
}

}  // namespace

grpc::Status CaptureService::ListCaptures(grpc::ServerContext* context,
                                          const v1::ListCapturesRequest* request,
                                          v1::ListCapturesResponse* response) {
  for (const auto& capture : captures_->All()) *response->add_captures() = capture->Describe();
  return grpc::Status::OK;
}

grpc::Status CaptureService::ListInterfaces(grpc::ServerContext* context,
                                            const v1::ListInterfacesRequest* request,
                                            v1::ListInterfacesResponse* response) {
  const bool with_addresses = options_.capture.anonymize_key.empty();
  for (const InterfaceInfo& info : silhouette::ListInterfaces()) {
    *response->add_interfaces() = ToProto(info, with_addresses);
  }
  return grpc::Status::OK;
}

grpc::Status CaptureService::StartCapture(grpc::ServerContext* context,
                                          const v1::StartCaptureRequest* request,
                                          v1::StartCaptureResponse* response) {
  auto capture = Start(*request);
  if (!capture.ok()) return ToGrpcStatus(capture.status());
  *response->mutable_capture() = *std::move(capture);
  return grpc::Status::OK;
}

grpc::Status CaptureService::StopCapture(grpc::ServerContext* context,
                                         const v1::StopCaptureRequest* request,
                                         v1::StopCaptureResponse* response) {
  auto capture = captures_->Stop(request->origin(), request->run());
  if (!capture.ok()) return ToGrpcStatus(capture.status());
  *response->mutable_capture() = (*capture)->Describe();
  return grpc::Status::OK;
}

grpc::Status CaptureService::Submit(grpc::ServerContext* context, Submission::Stream* stream) {
  const auto make_capture = [this, context](const v1::SubmitHeader& header,
                                            std::shared_ptr<ByteChannel> channel) {
    SourceOptions source;
    source.kind = SourceOptions::Kind::kSubmitted;
    source.path = header.origin();
    source.channel = std::move(channel);
    CaptureOptions options = options_.capture;
    options.origin = header.origin();
    options.run = header.run();
    options.trace = ReceivedTrace(*context);
    return std::make_shared<Capture>(std::move(source), std::move(options),
                                     options_.feature_channel, options_.link);
  };
  return ToGrpcStatus(Submission(captures_, &submissions_, context, stream).Serve(make_capture));
}

void CaptureService::WaitForSubmissions() { submissions_.WaitUntilNone(std::chrono::seconds(1)); }

absl::StatusOr<v1::Capture> CaptureService::Start(const v1::StartCaptureRequest& request) {
  auto source = SourceOf(request);
  if (!source.ok()) return source.status();
  auto opened = OpenSource(*source);
  if (!opened.ok()) return opened.status();
  if (!opened->warning.empty()) spdlog::warn("{}", opened->warning);
  CaptureOptions options = options_.capture;
  options.origin = request.origin();
  auto capture =
      std::make_shared<Capture>(*source, options, options_.feature_channel, options_.link);
  std::vector<PlannedCapture> planned;
  planned.push_back({capture, std::move(opened->source)});
  if (absl::Status status = captures_->Start(std::move(planned)); !status.ok()) return status;
  return capture->Describe();
}

absl::StatusOr<SourceOptions> CaptureService::SourceOf(
    const v1::StartCaptureRequest& request) const {
  SourceOptions source;
  switch (request.source_case()) {
    case v1::StartCaptureRequest::kInterface:
      if (options_.privileges_given_up) {
        return absl::FailedPreconditionError(
            "this capture-svc has given up the right to open interfaces; name them by --interface "
            "when it starts, or start it with --no-sandbox");
      }
      return ToSource(request.interface());
    case v1::StartCaptureRequest::kFile: {
      auto path = AllowedPath(request.file().path());
      if (!path.ok()) return path.status();
      source.path = *path;
      const double speed = request.file().speed();
      if (speed < 0 || !std::isfinite(speed)) {
        return absl::InvalidArgumentError("file.speed: is a number above 0, or unset");
      }
      if (speed > 0) source.speed = speed;
      return source;
    }
    case v1::StartCaptureRequest::kFolder: {
      auto path = AllowedPath(request.folder().path());
      if (!path.ok()) return path.status();
      source.kind = SourceOptions::Kind::kFolder;
      source.path = *path;
      source.glob = request.folder().glob();
      source.follow = request.folder().follow();
      source.follow_links = false;  // they may lead out of it
      return source;
    }
    case v1::StartCaptureRequest::SOURCE_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("source: name an interface, a file or a folder");
}

// Links are followed first: what is outside stays outside.
absl::StatusOr<std::string> CaptureService::AllowedPath(const std::string& relative) const {
  if (options_.files_from.empty()) {
    return absl::FailedPreconditionError(
        "this capture-svc reads no files by request; start it with --files-from FOLDER");
  }
  std::error_code error;
  const fs::path folder = fs::canonical(options_.files_from, error);
  const fs::path path = error ? fs::path() : fs::canonical(folder / relative, error);
  if (error) {
    return absl::NotFoundError(
        absl::StrCat(ToUtf8(relative), ": no such file in the folder of --files-from"));
  }
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  if (end != folder.end()) {
    return absl::PermissionDeniedError(
        absl::StrCat(ToUtf8(relative), ": lies outside of the folder of --files-from"));
  }
  if (!fs::is_regular_file(path, error) && !fs::is_directory(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(ToUtf8(relative), ": is neither a file nor a folder"));
  }
  return path.string();
}

}  // namespace silhouette
