#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "learn/models/classifier.h"

namespace silhouette {

// Trains on rows of which each class has one. Errors: INTERNAL with OpenCV's words.
using Trainer = absl::StatusOr<std::unique_ptr<Classifier>>(const Dataset& data,
                                                            std::span<const size_t> rows);

// As many clusters as classes, each of the class of most of its rows; the best of ten beginnings
// by k-means++.
Trainer TrainKMeans;
// Five; the probabilities are their shares.
Trainer TrainKNearestNeighbours;
// 100 full-grown trees, each on rows drawn with replacement, that try the square root of the
// number of features at each split. The probabilities are shares of their votes.
Trainer TrainRandomForest;
// Five levels deep at most, and no split of fewer than ten rows.
Trainer TrainDecisionTree;
// C = 1; more than two classes vote pair by pair.
Trainer TrainLinearSvm;

struct OpencvTrainers {
  Trainer* k_means = nullptr;
  Trainer* k_nearest_neighbours = nullptr;
  Trainer* random_forest = nullptr;
  Trainer* decision_tree = nullptr;
  Trainer* linear_svm = nullptr;
};

// The name that is looked up in the library. All run on the calling thread alone.
extern "C" const OpencvTrainers* SilhouetteOpencvTrainers();

}  // namespace silhouette
