#pragma once

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "silhouette/v1/batch.pb.h"
#include "silhouette/v1/model.pb.h"
#include "silhouette/v1/verdict.pb.h"

namespace silhouette {

// Why a model said what it said.
struct Explanation {
  v1::ModelManifest model;
  // See ExplainResponse.contributions.
  std::vector<double> contributions;
};

// Asks classify-svc about its models: one replica after the other, until one knows the answer, each
// for two seconds at most. Thread-safe.
class ModelClient {
 public:
  // Called each time; replicas come and go.
  using FindReplicas = std::function<std::vector<std::shared_ptr<grpc::Channel>>()>;

  // Knows none.
  ModelClient() = default;
  explicit ModelClient(FindReplicas find_replicas) : find_replicas_(std::move(find_replicas)) {}

  // Those that are loaded, sorted by name. Errors: UNAVAILABLE (none is known, or answers).
  absl::StatusOr<std::vector<v1::ModelManifest>> ListModels() const;

  // Of a verdict with its features, by the version that gave it. Errors: FAILED_PRECONDITION (it is
  // not loaded any more, or on other features), UNAVAILABLE (none is known, or answers), INTERNAL.
  absl::StatusOr<Explanation> Explain(const v1::Verdict& verdict,
                                      const v1::TraceContext& trace = {}) const;

 private:
  FindReplicas find_replicas_;
};

}  // namespace silhouette
