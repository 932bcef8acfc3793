#include "learn/models/classifier.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace silhouette {

std::vector<double> FeaturesOf(const Dataset& data, std::span<const size_t> rows) {
  std::vector<double> features;
  features.reserve(rows.size() * data.feature_names.size());
  for (size_t row : rows) {
    features.insert(features.end(), data.row(row).begin(), data.row(row).end());
  }
  return features;
}

absl::StatusOr<std::vector<double>> PredictRows(const Classifier& model, const Dataset& data,
                                                std::span<const size_t> rows) {
  std::vector<double> probabilities;
  if (absl::Status s = model.Predict(FeaturesOf(data, rows), &probabilities); !s.ok()) return s;
  return probabilities;
}

size_t MostProbableClass(std::span<const double> probabilities) {
  const auto greatest = std::max_element(probabilities.begin(), probabilities.end());
  return static_cast<size_t>(greatest - probabilities.begin());
}

absl::Status CheckEveryClassHasARow(const Dataset& data, std::span<const size_t> rows) {
  const std::vector<size_t> count = RowsByClass(data, rows);
  const auto missing = std::find(count.begin(), count.end(), 0U);
  if (missing == count.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "no training row is of class ", data.classes[static_cast<size_t>(missing - count.begin())],
      "; more blocks of each class are needed"));
}

}  // namespace silhouette
