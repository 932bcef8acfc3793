#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace silhouette {

// An XGBoost model loaded for prediction. Its const methods are safe from many threads.
class Booster {
 public:
  // Errors: NOT_FOUND, INVALID_ARGUMENT when XGBoost cannot read the file.
  static absl::StatusOr<Booster> Load(const std::string& path);
  // The same of what such a file holds.
  static absl::StatusOr<Booster> LoadFromBytes(std::string_view model);

  Booster(Booster&&) noexcept;
  Booster& operator=(Booster&&) noexcept;
  ~Booster();

  // Columns that the model was trained on.
  size_t features() const { return features_; }

  // `rows` is row-major, n x features(). Appends n x classes probabilities, row-major, to
  // `probabilities`; a binary model's single output p becomes (1 - p, p).
  // Errors: INTERNAL with XGBoost's words, INVALID_ARGUMENT when the outputs are not `classes`.
  absl::Status Predict(std::span<const double> rows, size_t classes,
                       std::vector<float>* probabilities) const;

  // Why: SHAP values, what each feature adds to a row's score (log odds, before the logistic or
  // softmax). Appends n x outputs x (features() + 1) of them, row-major, to `contributions`; the
  // last of each output is the score of no knowledge, and together they are the row's score. A
  // binary model has one output, its second class's. Errors: as Predict.
  absl::Status Explain(std::span<const double> rows, size_t classes,
                       std::vector<float>* contributions) const;

  // By how much all splits on each feature lowered the training's loss; 0 for one that no tree
  // looks at. features() values. Errors: INTERNAL with XGBoost's words.
  absl::StatusOr<std::vector<double>> TotalGains() const;

 private:
  explicit Booster(void* handle) : handle_(handle) {}
  // `name` is for messages.
  static absl::StatusOr<Booster> LoadAs(const std::string& name, std::string_view model);

  void* handle_;  // BoosterHandle, owned
  size_t features_ = 0;
};

}  // namespace silhouette
