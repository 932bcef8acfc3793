#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "classify-svc/booster.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// A model bundle that passed all checks. Safe from many threads.
class Bundle {
 public:
  // Loads DIR/manifest.json and DIR/model.ubj and checks that the schema is this build's, the
  // shapes fit and the golden rows get their scores again.
  // Errors: INVALID_ARGUMENT or NOT_FOUND naming the file and what does not match.
  static absl::StatusOr<std::unique_ptr<Bundle>> Load(const std::string& dir);

  // With the spec normalized.
  const v1::ModelManifest& manifest() const { return manifest_; }
  size_t classes() const { return static_cast<size_t>(manifest_.classes_size()); }

  // `rows` is row-major, n x features of the schema; gives n x classes, row-major.
  absl::StatusOr<std::vector<float>> Predict(std::span<const double> rows) const;

  // Why: what each of a row's features adds to the score of each class, and last the score without
  // any; classes x (features + 1), row-major. Of two classes the first has none: all 0. They add up
  // to the score, the log odds before the logistic or softmax. Errors: INTERNAL (XGBoost).
  absl::StatusOr<std::vector<double>> Explain(std::span<const double> row) const;

  // Which class to say: the most probable one whose probability reaches its threshold, and the
  // most probable one when none does.
  size_t ChooseClass(std::span<const float> probabilities) const;

 private:
  Bundle(v1::ModelManifest manifest, Booster booster)
      : manifest_(std::move(manifest)), booster_(std::move(booster)) {}
  absl::Status CheckShapes() const;
  absl::Status CheckGoldenRows() const;

  v1::ModelManifest manifest_;
  Booster booster_;
};

// Loads the newest version of each model under DIR (DIR/NAME/VERSION), sorted by name.
// One that is refused refuses the folder; or, where `refused` is given, its error is put there, and
// the folder is refused only when none is left.
// Errors: as Bundle::Load, and NOT_FOUND when there is no model at all.
absl::StatusOr<std::vector<std::unique_ptr<Bundle>>> LoadModels(
    const std::string& dir, std::vector<absl::Status>* refused = nullptr);

}  // namespace silhouette
