#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "common/schema.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// The class of a window that is unlike all of the training; the last one of a model that says it.
inline constexpr char kUnknownClass[] = "unknown";

// How far a window lies from those of the training; see v1::NoveltyModel. Safe from many threads.
class Novelty {
 public:
  // Errors: INVALID_ARGUMENT for features that the schema has not, lists that do not fit each
  // other, and numbers that no distance comes from.
  static absl::StatusOr<Novelty> Create(const v1::NoveltyModel& model, const FeatureSchema& schema);

  // Of a row of the schema: the least ratio of its distance from a prototype to that one's radius.
  double RadiiAway(std::span<const double> row) const;
  // The probability that it is unknown, 0 to 1.
  double UnknownProbability(std::span<const double> row) const;

 private:
  Novelty(v1::NoveltyModel model, std::vector<size_t> columns)
      : model_(std::move(model)), columns_(std::move(columns)) {}

  v1::NoveltyModel model_;
  std::vector<size_t> columns_;  // of the model's features in the schema
};

// Where a row's value of a feature stands: log(1 + value clamped to [low, high]) * scale. Values of
// all schemas' features are 0 or greater.
double NoveltyCoordinate(double value, double low, double high, double scale);

}  // namespace silhouette
