#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {

// An UNAVAILABLE of a gateway at `address` with what to do about it; other statuses as they are.
absl::Status ExplainUnavailable(const absl::Status& status, const std::string& address);

// Asks a gateway, in this process or another. Errors: the gateway's, and UNAVAILABLE when there is
// none at the address.
class GatewayClient {
 public:
  explicit GatewayClient(std::shared_ptr<grpc::Channel> channel)
      : stub_(v1::GatewayService::NewStub(channel)) {}

  // The newest run that fits; empty names fit all.
  absl::StatusOr<v1::RunStatus> FindRun(const std::string& origin, const std::string& run);
  absl::StatusOr<std::vector<v1::SubjectSummary>> ListSubjects(const v1::RunStatus& run);
  // All of them, page by page, sorted by (window start, subject, model).
  absl::StatusOr<std::vector<v1::Verdict>> ListVerdicts(const v1::RunStatus& run,
                                                        const std::vector<std::string>& subjects);
  // Segments, without points.
  absl::StatusOr<v1::GetTimelineResponse> GetTimeline(const v1::RunStatus& run,
                                                      const std::string& subject,
                                                      const std::string& model);

  // All that fit, page by page, the newest first.
  absl::StatusOr<std::vector<v1::Incident>> ListIncidents(v1::ListIncidentsRequest request);
  // Those that classify-svc has loaded; none where it does not answer soon.
  std::vector<v1::ModelManifest> ListModels();

 private:
  std::unique_ptr<v1::GatewayService::Stub> stub_;
};

}  // namespace silhouette
