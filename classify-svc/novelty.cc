#include "classify-svc/novelty.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

absl::Status CheckShape(const v1::NoveltyModel& model) {
  const int features = model.features_size();
  const int prototypes = model.radii_size();
  if (features == 0 || prototypes == 0 || model.low_size() != features ||
      model.high_size() != features || model.scale_size() != features ||
      model.prototypes_size() != features * prototypes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "its novelty has ", features, " features, ", model.low_size(), " low, ", model.high_size(),
        " high, ", model.scale_size(), " scale, ", prototypes, " radii and ",
        model.prototypes_size(), " prototype values, which do not fit each other"));
  }
  return absl::OkStatus();
}

absl::Status CheckNumbers(const v1::NoveltyModel& model) {
  const auto finite = [](double value) { return std::isfinite(value); };
  bool good = std::all_of(model.prototypes().begin(), model.prototypes().end(), finite);
  for (int i = 0; i < model.features_size(); ++i) {
    good = good && model.low(i) >= 0 && model.low(i) <= model.high(i) && finite(model.high(i)) &&
           finite(model.scale(i));
  }
  for (double radius : model.radii()) good = good && radius > 0 && finite(radius);
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "its novelty has a radius that is not positive, limits below 0 or reversed, or a number that "
      "is not finite");
}

}  // namespace

double NoveltyCoordinate(double value, double low, double high, double scale) {
  return std::log1p(std::clamp(value, low, high)) * scale;
}

absl::StatusOr<Novelty> Novelty::Create(const v1::NoveltyModel& model,
                                        const FeatureSchema& schema) {
  if (absl::Status s = CheckShape(model); !s.ok()) return s;
  if (absl::Status s = CheckNumbers(model); !s.ok()) return s;
  std::vector<size_t> columns;
  for (const std::string& name : model.features()) {
    const auto found = std::find_if(schema.features.begin(), schema.features.end(),
                                    [&](const auto& feature) { return feature.name == name; });
    if (found == schema.features.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("its novelty looks at ", name, ", which ", schema.name, " has not"));
    }
    columns.push_back(static_cast<size_t>(found - schema.features.begin()));
  }
  return Novelty(model, std::move(columns));
}

double Novelty::RadiiAway(std::span<const double> row) const {
  std::vector<double> at(columns_.size());
  for (size_t i = 0; i < at.size(); ++i) {
    const int f = static_cast<int>(i);
    at[i] = NoveltyCoordinate(row[columns_[i]], model_.low(f), model_.high(f), model_.scale(f));
  }
  double least = std::numeric_limits<double>::infinity();
  const double* prototype = model_.prototypes().data();
  for (double radius : model_.radii()) {
    double squares = 0;
    for (double value : at) {
      const double away = value - *prototype++;
      squares += away * away;
    }
    least = std::min(least, squares / (radius * radius));
  }
  return std::sqrt(least);
}

double Novelty::UnknownProbability(std::span<const double> row) const {
  const double radii = RadiiAway(row);
  return radii <= 1 ? 0 : 1 - 1 / (radii * radii);
}

}  // namespace silhouette
