#include "learn/models/opencv/opencv_classifier.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace silhouette {

absl::Status OpencvClassifier::Predict(std::span<const double> rows,
                                       std::vector<double>* probabilities) const {
  if (rows.empty()) return absl::OkStatus();
  return WithoutExceptions([&] {
    cv::Mat_<float> matrix(static_cast<int>(rows.size() / features_), static_cast<int>(features_));
    std::copy(rows.begin(), rows.end(), matrix.begin());
    cv::Mat_<double> scores(matrix.rows, static_cast<int>(classes_), 0.0);
    Score(matrix, &scores);
    probabilities->insert(probabilities->end(), scores.begin(), scores.end());
    return absl::OkStatus();
  });
}

SayingClassifier::SayingClassifier(const Dataset& data, cv::Ptr<cv::ml::StatModel> model)
    : OpencvClassifier(data), model_(std::move(model)) {}

void SayingClassifier::Score(const cv::Mat& rows, cv::Mat_<double>* probabilities) const {
  cv::Mat_<float> said;
  model_->predict(rows, said);
  for (int i = 0; i < rows.rows; ++i) (*probabilities)(i, cvRound(said(i))) = 1;
}

cv::Mat FeatureMatrix(const Dataset& data, std::span<const size_t> rows) {
  cv::Mat_<float> features(static_cast<int>(rows.size()),
                           static_cast<int>(data.feature_names.size()));
  auto to = features.begin();
  for (size_t row : rows) to = std::copy(data.row(row).begin(), data.row(row).end(), to);
  return features;
}

void Train(const Dataset& data, std::span<const size_t> rows, cv::ml::StatModel* model) {
  // Whole numbers are classes to OpenCV, others a quantity.
  cv::Mat_<int> labels(static_cast<int>(rows.size()), 1);
  for (size_t i = 0; i < rows.size(); ++i) labels(static_cast<int>(i)) = data.label[rows[i]];
  CV_Assert(model->train(
      cv::ml::TrainData::create(FeatureMatrix(data, rows), cv::ml::ROW_SAMPLE, labels)));
}

absl::Status OpencvError(const std::exception& error) {
  const std::string words = error.what();
  return absl::InternalError(absl::StrCat("OpenCV: ", words.substr(0, words.find('\n'))));
}

}  // namespace silhouette
