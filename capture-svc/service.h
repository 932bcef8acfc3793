#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "capture-svc/capture_manager.h"
#include "capture-svc/submission.h"
#include "silhouette/v1/capture_service.grpc.pb.h"

namespace silhouette {

// What captures started by an RPC have in common.
struct RemoteCaptureOptions {
  CaptureOptions capture;
  std::shared_ptr<grpc::Channel> feature_channel;
  std::string files_from;            // folder of the files that may be named; empty: none
  bool privileges_given_up = false;  // interfaces cannot be opened any more
  LinkOptions link = PacketLink();
};

// Answers about the captures of this process, starts and stops them; an adapter over
// CaptureManager.
class CaptureService final : public v1::CaptureService::Service {
 public:
  CaptureService(CaptureManager* captures, RemoteCaptureOptions options)
      : captures_(captures), options_(std::move(options)) {}

  grpc::Status ListCaptures(grpc::ServerContext* context, const v1::ListCapturesRequest* request,
                            v1::ListCapturesResponse* response) override;
  grpc::Status StartCapture(grpc::ServerContext* context, const v1::StartCaptureRequest* request,
                            v1::StartCaptureResponse* response) override;
  grpc::Status StopCapture(grpc::ServerContext* context, const v1::StopCaptureRequest* request,
                           v1::StopCaptureResponse* response) override;
  grpc::Status ListInterfaces(grpc::ServerContext* context,
                              const v1::ListInterfacesRequest* request,
                              v1::ListInterfacesResponse* response) override;
  grpc::Status Submit(grpc::ServerContext* context, Submission::Stream* stream) override;

  // Behind the manager's Shutdown: lets the clients of Submit hear of it, which takes a moment.
  void WaitForSubmissions();

 private:
  absl::StatusOr<SourceOptions> SourceOf(const v1::StartCaptureRequest& request) const;
  absl::StatusOr<std::string> AllowedPath(const std::string& relative) const;
  absl::StatusOr<v1::Capture> Start(const v1::StartCaptureRequest& request);

  CaptureManager* const captures_;
  const RemoteCaptureOptions options_;
  RunningSubmissions submissions_;
};

}  // namespace silhouette
