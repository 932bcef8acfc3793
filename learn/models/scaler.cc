#include "learn/models/scaler.h"

#include <cmath>
#include <limits>

namespace silhouette {
namespace {

// A variance that rounding alone may have left: scikit-learn's bound.
bool IsOfRounding(double variance, double mean, double rows) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  return variance <= rows * kEpsilon * variance + std::pow(rows * mean * kEpsilon, 2);
}

}  // namespace

Standardizer::Standardizer(const Dataset& data, std::span<const size_t> rows) {
  const auto count = static_cast<double>(rows.size());
  for (size_t feature = 0; feature < data.feature_names.size(); ++feature) {
    double sum = 0;
    for (size_t row : rows) sum += data.row(row)[feature];
    const double mean = sum / count;
    double squares = 0;
    for (size_t row : rows) squares += std::pow(data.row(row)[feature] - mean, 2);
    const double variance = squares / count;
    mean_.push_back(mean);
    scale_.push_back(IsOfRounding(variance, mean, count) ? 1 : std::sqrt(variance));
  }
}

Dataset Standardizer::Apply(Dataset data) const {
  for (size_t i = 0; i < data.features.size(); ++i) {
    const size_t feature = i % mean_.size();
    data.features[i] = (data.features[i] - mean_[feature]) / scale_[feature];
  }
  return data;
}

}  // namespace silhouette
