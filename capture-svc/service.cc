#include "capture-svc/service.h"

namespace silhouette {

grpc::Status CaptureService::ListCaptures(grpc::ServerContext* context,
                                          const v1::ListCapturesRequest* request,
                                          v1::ListCapturesResponse* response) {
  for (const auto& capture : captures_->All()) *response->add_captures() = capture->Describe();
  return grpc::Status::OK;
}

}  // namespace silhouette
