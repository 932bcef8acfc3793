#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "classify-svc/booster.h"
#include "classify-svc/novelty.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// Which class to say: the most probable one whose probability reaches its threshold (by class; none
// are given where `thresholds` is empty), and the most probable one when none does.
template <typename Probability>
size_t ChooseClass(std::span<const double> thresholds, std::span<const Probability> probabilities) {
  const auto best = std::max_element(probabilities.begin(), probabilities.end());
  size_t chosen = static_cast<size_t>(best - probabilities.begin());
  bool reached = false;
  for (size_t c = 0; c < thresholds.size(); ++c) {
    if (static_cast<double>(probabilities[c]) < thresholds[c]) continue;
    if (!reached || probabilities[c] > probabilities[chosen]) chosen = c;
    reached = true;
  }
  return chosen;
}

// The probabilities of one row, of classes without `unknown`, after a calibration that has passed
// Bundle's checks. In place.
void Calibrate(const v1::Calibration& calibration, std::span<double> probabilities);

// A model bundle that passed all checks. Safe from many threads.
class Bundle {
 public:
  // Loads DIR/manifest.json and DIR/model.ubj and checks that the schema is this build's, the
  // shapes fit and the golden rows get their scores again.
  // Errors: INVALID_ARGUMENT or NOT_FOUND naming the file and what does not match.
  static absl::StatusOr<std::unique_ptr<Bundle>> Load(const std::string& dir);

  // Of a model that is being made: only what Predict needs is checked. Errors: INVALID_ARGUMENT.
  static absl::StatusOr<std::unique_ptr<Bundle>> Unproven(v1::ModelManifest manifest,
                                                          Booster booster);

  // With the spec normalized.
  const v1::ModelManifest& manifest() const { return manifest_; }
  size_t classes() const { return static_cast<size_t>(manifest_.classes_size()); }

  // `rows` is row-major, n x features of the schema; gives n x classes, row-major: what the booster
  // says, calibrated, and what is unknown, where the manifest has these.
  absl::StatusOr<std::vector<float>> Predict(std::span<const double> rows) const;

  // Why: what each of a row's features adds to the score of each class, and last the score without
  // any; classes x (features + 1), row-major. `unknown`, and of two classes the first, have none:
  // all 0. They add up to the booster's score, the log odds before the logistic or softmax. Errors:
  // INTERNAL (XGBoost).
  absl::StatusOr<std::vector<double>> Explain(std::span<const double> row) const;

  // By the manifest's thresholds; see above.
  size_t ChooseClass(std::span<const float> probabilities) const {
    return silhouette::ChooseClass(
        std::span(manifest_.thresholds().data(), static_cast<size_t>(manifest_.thresholds_size())),
        probabilities);
  }

 private:
  Bundle(v1::ModelManifest manifest, Booster booster)
      : manifest_(std::move(manifest)), booster_(std::move(booster)) {}
  absl::Status CheckShapes() const;
  absl::Status CheckIncidents() const;
  absl::Status SetNovelty();
  absl::Status CheckGoldenRows() const;
  // Of the booster: all but `unknown`.
  size_t known_classes() const { return classes() - (novelty_.has_value() ? 1 : 0); }

  v1::ModelManifest manifest_;
  Booster booster_;
  std::optional<Novelty> novelty_;
};

// Loads the newest version of each model under DIR (DIR/NAME/VERSION), sorted by name.
// One that is refused refuses the folder; or, where `refused` is given, its error is put there, and
// the folder is refused only when none is left.
// Errors: as Bundle::Load, and NOT_FOUND when there is no model at all.
absl::StatusOr<std::vector<std::unique_ptr<Bundle>>> LoadModels(
    const std::string& dir, std::vector<absl::Status>* refused = nullptr);

}  // namespace silhouette
