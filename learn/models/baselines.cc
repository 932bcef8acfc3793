#include "learn/models/baselines.h"

#include "learn/models/logistic_regression.h"
#include "learn/models/naive_bayes.h"
#include "learn/models/opencv_library.h"

namespace silhouette {
namespace {

// How to train a model that silhouette_opencv has; the library is opened when it is first needed.
auto ByOpencv(Trainer* OpencvTrainers::*trainer) {
  return [trainer](const Dataset& data,
                   std::span<const size_t> rows) -> absl::StatusOr<std::unique_ptr<Classifier>> {
    if (absl::Status s = CheckEveryClassHasARow(data, rows); !s.ok()) return s;
    const absl::StatusOr<const OpencvTrainers*> trainers = OpenOpencvLibrary();
    if (!trainers.ok()) return trainers.status();
    return ((*trainers)->*trainer)(data, rows);
  };
}

}  // namespace

const std::vector<ModelKind>& Baselines() {
  static const std::vector<ModelKind> kinds = {
      {.name = "k_means",
       .title = "k-means",
       .has_probabilities = false,
       .needs_scale = true,
       .train = ByOpencv(&OpencvTrainers::k_means)},
      {.name = "k_nearest_neighbours",
       .title = "k-nearest neighbours (5)",
       .has_probabilities = true,
       .needs_scale = true,
       .train = ByOpencv(&OpencvTrainers::k_nearest_neighbours)},
      {.name = "random_forest",
       .title = "random forest (100 trees)",
       .has_probabilities = true,
       .needs_scale = false,
       .train = ByOpencv(&OpencvTrainers::random_forest)},
      {.name = "decision_tree",
       .title = "decision tree",
       .has_probabilities = false,
       .needs_scale = false,
       .train = ByOpencv(&OpencvTrainers::decision_tree)},
      {.name = "logistic_regression",
       .title = "logistic regression",
       .has_probabilities = true,
       .needs_scale = true,
       .train = TrainLogisticRegression},
      {.name = "linear_svm",
       .title = "linear SVM",
       .has_probabilities = false,
       .needs_scale = true,
       .train = ByOpencv(&OpencvTrainers::linear_svm)},
      {.name = "naive_bayes",
       .title = "naive Bayes (Gaussian)",
       .has_probabilities = true,
       .needs_scale = true,
       .train = TrainNaiveBayes}};
  return kinds;
}

}  // namespace silhouette
