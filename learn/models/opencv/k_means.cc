#include <algorithm>
#include <utility>

#include "learn/models/opencv/opencv_classifier.h"
#include "learn/models/opencv/trainers.h"

namespace silhouette {
namespace {

constexpr int kIterations = 100;  // OpenCV makes no more
constexpr int kAttempts = 10;
constexpr int kSeed = 1;

int NearestOf(const cv::Mat_<float>& centres, const cv::Mat& row) {
  int nearest = 0;
  for (int i = 1; i < centres.rows; ++i) {
    const bool nearer = cv::norm(row, centres.row(i), cv::NORM_L2SQR) <
                        cv::norm(row, centres.row(nearest), cv::NORM_L2SQR);
    if (nearer) nearest = i;
  }
  return nearest;
}

// The class of most rows near each centre; on a tie, or without a row, the lower class.
std::vector<int> ClassesOf(const cv::Mat_<float>& centres, const Dataset& data,
                           std::span<const size_t> rows) {
  cv::Mat_<int> count(centres.rows, static_cast<int>(data.classes.size()), 0);
  const cv::Mat features = FeatureMatrix(data, rows);
  for (int i = 0; i < features.rows; ++i) {
    ++count(NearestOf(centres, features.row(i)), data.label[rows[static_cast<size_t>(i)]]);
  }
  std::vector<int> classes;
  for (int i = 0; i < count.rows; ++i) {
    const auto row = count.row(i);
    classes.push_back(static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return classes;
}

class KMeans : public OpencvClassifier {
 public:
  KMeans(const Dataset& data, cv::Mat_<float> centres, std::vector<int> classes)
      : OpencvClassifier(data), centres_(std::move(centres)), classes_(std::move(classes)) {}

 private:
  void Score(const cv::Mat& rows, cv::Mat_<double>* probabilities) const override {
    for (int i = 0; i < rows.rows; ++i) {
      const int nearest = NearestOf(centres_, rows.row(i));
      (*probabilities)(i, classes_[static_cast<size_t>(nearest)]) = 1;
    }
  }

  const cv::Mat_<float> centres_;
  const std::vector<int> classes_;  // of each centre
};

}  // namespace

absl::StatusOr<std::unique_ptr<Classifier>> TrainKMeans(const Dataset& data,
                                                        std::span<const size_t> rows) {
  return WithoutExceptions([&]() -> absl::StatusOr<std::unique_ptr<Classifier>> {
    cv::setRNGSeed(kSeed);
    cv::Mat cluster;
    cv::Mat_<float> centres;
    cv::kmeans(FeatureMatrix(data, rows), static_cast<int>(data.classes.size()), cluster,
               cv::TermCriteria(cv::TermCriteria::COUNT, kIterations, 0), kAttempts,
               cv::KMEANS_PP_CENTERS, centres);
    return std::make_unique<KMeans>(data, centres, ClassesOf(centres, data, rows));
  });
}

}  // namespace silhouette
