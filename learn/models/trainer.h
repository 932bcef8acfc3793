#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"

namespace silhouette {

// How to grow the trees; the names are XGBoost's.
struct TrainerParameters {
  int num_boost_round;
  int max_depth;
  double eta;               // learning rate
  double min_child_weight;  // least sum of second derivatives in a leaf
  double lambda;            // L2 penalty on leaf values
};

// For presence.v1: see the .cc for why.
TrainerParameters PresenceParameters();

// What is given to XGBoost, by name, for a model of so many classes.
std::map<std::string, std::string> XgboostParameters(const TrainerParameters& parameters,
                                                     size_t classes);

// Trains on `rows` of `data` and returns the model as the bytes of a .ubj file. Equal input gives
// equal bytes. Errors: INVALID_ARGUMENT when a class has no row among `rows`; INTERNAL with
// XGBoost's words.
absl::StatusOr<std::string> TrainModel(const Dataset& data, std::span<const size_t> rows,
                                       const TrainerParameters& parameters);

}  // namespace silhouette
