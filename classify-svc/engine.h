#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "classify-svc/bundle.h"
#include "silhouette/v1/verdict.pb.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// Gives windows verdicts with a fixed set of models. A verdict is a function of one window and one
// model version. Thread-safe.
class ClassifyEngine {
 public:
  explicit ClassifyEngine(std::vector<std::unique_ptr<Bundle>> bundles);

  // One VerdictBatch for one WindowBatch, under the same sequence, sorted by (window start,
  // subject, model). Errors: UNAVAILABLE (windows of another spec set), INVALID_ARGUMENT (columns
  // that contradict each other), INTERNAL (XGBoost).
  absl::StatusOr<v1::VerdictBatch> Classify(const v1::WindowBatch& windows) const;

  // As Bundle::Explain, by a model of this version. Errors: NOT_FOUND (it is not loaded),
  // INVALID_ARGUMENT (not as many features as its schema has), INTERNAL (XGBoost).
  absl::StatusOr<std::vector<double>> Explain(const std::string& model, const std::string& version,
                                              std::span<const double> features) const;

  const std::vector<std::unique_ptr<Bundle>>& bundles() const { return bundles_; }
  // What the models need, without repeats, in a fixed order.
  const std::vector<v1::WindowSpec>& specs() const { return specs_; }
  const std::string& spec_set_hash() const { return spec_set_hash_; }

 private:
  absl::Status ClassifyTable(const v1::WindowTable& table, v1::VerdictBatch* verdicts) const;

  const std::vector<std::unique_ptr<Bundle>> bundles_;
  std::vector<v1::WindowSpec> specs_;
  std::string spec_set_hash_;
};

}  // namespace silhouette
