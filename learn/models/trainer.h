#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"

namespace silhouette {

// How to grow the trees; the names are XGBoost's.
struct TrainerParameters {
  int num_boost_round = 100;
  int max_depth = 1;
  double eta = 0.05;            // learning rate
  double min_child_weight = 1;  // least sum of second derivatives in a leaf
  double lambda = 1;            // L2 penalty on leaf values
  // Shares of the rows for each tree and of the columns for each node, drawn by a fixed seed:
  // neighbouring windows look alike, so half of them say nearly all.
  double subsample = 0.5;
  double colsample_bynode = 0.5;
  // Each class weighs the same, however many rows it has; else each row does.
  bool balanced = false;
  // Trees look at 256 bins of each feature's values, however few rows there are.
  bool binned = false;
};

// Above so many rows, trees look at 256 bins of each feature's values instead of all of them.
inline constexpr size_t kExactRows = 50'000;

// What is given to XGBoost, by name, for a model of so many classes and training rows.
std::map<std::string, std::string> XgboostParameters(const TrainerParameters& parameters,
                                                     size_t classes, size_t rows);

// Trains on `rows` of `data` and returns the model as the bytes of a .ubj file. Equal input gives
// equal bytes. Errors: INVALID_ARGUMENT when a class has no row among `rows`; INTERNAL with
// XGBoost's words.
absl::StatusOr<std::string> TrainModel(const Dataset& data, std::span<const size_t> rows,
                                       const TrainerParameters& parameters);

// A model that grows round by round, and what it says of rows that were held out.
class HeldOutTraining {
 public:
  // Errors: as TrainModel.
  static absl::StatusOr<HeldOutTraining> Begin(const Dataset& data, std::span<const size_t> rows,
                                               std::span<const size_t> held_out,
                                               const TrainerParameters& parameters);
  HeldOutTraining(HeldOutTraining&&) noexcept;
  HeldOutTraining& operator=(HeldOutTraining&&) noexcept;
  ~HeldOutTraining();

  // One more round; the mean log loss of the held-out rows after it, in nats.
  absl::StatusOr<double> Grow();

 private:
  struct State;
  explicit HeldOutTraining(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace silhouette
