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
  std::vector<bool> seen(data.classes.size(), false);
  for (size_t row : rows) seen[static_cast<size_t>(data.label[row])] = true;
  for (size_t c = 0; c < seen.size(); ++c) {
    if (seen[c]) continue;
    return absl::InvalidArgumentError(absl::StrCat("no training row is of class ", data.classes[c],
                                                   "; more blocks of each class are needed"));
  }
  return absl::OkStatus();
}

}  // namespace silhouette
