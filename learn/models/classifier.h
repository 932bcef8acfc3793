#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "learn/data/split.h"

namespace silhouette {

// How much a feature matters to a model.
struct FeatureImportance {
  double gain = 0;  // its share of what all splits lowered the training's loss by
  double shap = 0;  // mean over rows (and outputs) of |SHAP value|, in log odds
};

// A trained model.
class Classifier {
 public:
  virtual ~Classifier() = default;

  // `rows` is row-major, n x features, as those of the training. Appends n x classes
  // probabilities, row-major, each row adding up to 1 (some models' in 32 bits); of a model that
  // has none, 1 for the class that it says. Errors: INTERNAL with the library's words.
  virtual absl::Status Predict(std::span<const double> rows,
                               std::vector<double>* probabilities) const = 0;

  // What matters to it, by feature, judged on `rows` as above; empty for a model that cannot say.
  // Errors: as Predict.
  virtual absl::StatusOr<std::vector<FeatureImportance>> Importance(
      std::span<const double> /*rows*/) const {
    return std::vector<FeatureImportance>();
  }
};

// A way to train.
struct ModelKind {
  std::string name;   // for programs, as k_nearest_neighbours
  std::string title;  // for people, as "k-nearest neighbours (5)"
  // Its probabilities are more than a 1 for what it says.
  bool has_probabilities = false;
  // Several threads may train and tune at a time.
  bool concurrent = false;
  // Wants features of one scale: those that are given to it are standardised.
  bool needs_scale = false;
  // Trains on `rows` of `data`; equal input gives an equal model. Errors: INVALID_ARGUMENT when a
  // class has no row among `rows`; INTERNAL with the library's words.
  std::function<absl::StatusOr<std::unique_ptr<Classifier>>(const Dataset& data,
                                                            std::span<const size_t> rows)>
      train = nullptr;
  // What it is trained with, by the library's names.
  std::map<std::string, std::string> parameters = {};
  // The kind with parameters for training on `rows`, chosen on the folds of `inner`, which split
  // these rows alone. Null where there is nothing to choose. Errors: as `train`.
  std::function<absl::StatusOr<ModelKind>(const Dataset& data, std::span<const size_t> rows,
                                          const Split& inner)>
      tune = nullptr;
};

// The features of `rows` of `data`, row-major.
std::vector<double> FeaturesOf(const Dataset& data, std::span<const size_t> rows);

// What `model` says of `rows` of `data`: row-major, rows x classes. Errors: as Predict.
absl::StatusOr<std::vector<double>> PredictRows(const Classifier& model, const Dataset& data,
                                                std::span<const size_t> rows);

// The class of the greatest of a row's probabilities; of equal ones the first.
size_t MostProbableClass(std::span<const double> probabilities);

// That one can train on `rows`. Errors: INVALID_ARGUMENT naming a class that has no row among them.
absl::Status CheckEveryClassHasARow(const Dataset& data, std::span<const size_t> rows);

}  // namespace silhouette
