#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "learn/evaluation/evaluate.h"
#include "learn/evaluation/learning_curve.h"

namespace silhouette {

// What to judge, and how.
struct ComparisonRequest {
  std::vector<std::string> splits;  // names, as MakeSplit takes them
  bool baselines = false;           // beside XGBoost, the models of baselines.h
  bool curves = false;              // learning curves of all these models
  EvaluateOptions options = {};
};

// Told before each step of `steps`: what it is.
using ComparisonProgress = std::function<void(size_t done, size_t steps, const std::string& what)>;

struct Comparison {
  std::vector<ModelResult> results;
  // The split of the curves: the first that does not leak, else the first.
  std::string curve_split;
  std::string curve_split_title;
  bool curves_leak = false;
  std::vector<LearningCurve> curves;  // on it
};

// Each model on each split; XGBoost's parameters are chosen inside each training part. With
// baselines: those that want one scale once more with that of all rows, where the split is not in
// sample, as published figures often have it; and k-means in sample. Errors: as MakeSplit and
// Evaluate.
absl::StatusOr<Comparison> Compare(const Dataset& data, const ComparisonRequest& request,
                                   const ComparisonProgress& progress = nullptr);

// A sentence on what leaking splits flatter, or nothing: for each model the accuracy on a split
// that leaks beside that on one that does not.
std::string LeakageSentence(const std::vector<ModelResult>& results);

}  // namespace silhouette
