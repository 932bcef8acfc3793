#pragma once

#include "capture-svc/capture.h"
#include "silhouette/v1/capture_service.grpc.pb.h"

namespace silhouette {

// Answers about the captures of this process; a stateless adapter over CaptureList.
class CaptureService final : public v1::CaptureService::Service {
 public:
  explicit CaptureService(const CaptureList* captures) : captures_(captures) {}

  grpc::Status ListCaptures(grpc::ServerContext* context, const v1::ListCapturesRequest* request,
                            v1::ListCapturesResponse* response) override;

 private:
  const CaptureList* captures_;
};

}  // namespace silhouette
