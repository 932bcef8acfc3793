#include "learn/models/opencv/trainers.h"

#include <opencv2/core.hpp>

namespace silhouette {

const OpencvTrainers* SilhouetteOpencvTrainers() {
  cv::setNumThreads(1);
  static constexpr OpencvTrainers kTrainers = {.k_means = TrainKMeans,
                                               .k_nearest_neighbours = TrainKNearestNeighbours,
                                               .random_forest = TrainRandomForest,
                                               .decision_tree = TrainDecisionTree,
                                               .linear_svm = TrainLinearSvm};
  return &kTrainers;
}

}  // namespace silhouette
