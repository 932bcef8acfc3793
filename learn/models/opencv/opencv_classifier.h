#pragma once

#include <cstddef>
#include <exception>
#include <opencv2/core.hpp>
#include <opencv2/ml.hpp>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "learn/data/dataset.h"
#include "learn/models/classifier.h"

namespace silhouette {

// A model whose predictions are OpenCV's work.
class OpencvClassifier : public Classifier {
 public:
  explicit OpencvClassifier(const Dataset& data)
      : features_(data.feature_names.size()), classes_(data.classes.size()) {}

  absl::Status Predict(std::span<const double> rows,
                       std::vector<double>* probabilities) const final;

 private:
  // `rows` is n x features, there is one at least; `probabilities` comes as n x classes zeros. May
  // throw what OpenCV throws.
  virtual void Score(const cv::Mat& rows, cv::Mat_<double>* probabilities) const = 0;

  const size_t features_;
  const size_t classes_;
};

// One that says a class and no more.
class SayingClassifier : public OpencvClassifier {
 public:
  SayingClassifier(const Dataset& data, cv::Ptr<cv::ml::StatModel> model);

 private:
  void Score(const cv::Mat& rows, cv::Mat_<double>* probabilities) const override;

  const cv::Ptr<cv::ml::StatModel> model_;
};

// Rows x features, in 32 bits: OpenCV takes no other.
cv::Mat FeatureMatrix(const Dataset& data, std::span<const size_t> rows);

// Throws what OpenCV throws, also where it only says that it failed.
void Train(const Dataset& data, std::span<const size_t> rows, cv::ml::StatModel* model);

// INTERNAL with OpenCV's words, on one line.
absl::Status OpencvError(const std::exception& error);

// The value of `call`, or what it throws as a status: no exception leaves the library.
template <typename Call>
auto WithoutExceptions(const Call& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& error) {
    return OpencvError(error);
  }
}

}  // namespace silhouette
