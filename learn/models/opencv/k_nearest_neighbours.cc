#include <utility>

#include "learn/models/opencv/opencv_classifier.h"
#include "learn/models/opencv/trainers.h"

namespace silhouette {
namespace {

constexpr int kNeighbours = 5;

class KNearestNeighbours : public OpencvClassifier {
 public:
  KNearestNeighbours(const Dataset& data, cv::Ptr<cv::ml::KNearest> model)
      : OpencvClassifier(data), model_(std::move(model)) {}

 private:
  void Score(const cv::Mat& rows, cv::Mat_<double>* probabilities) const override {
    cv::Mat said;
    cv::Mat_<float> neighbours;  // their classes; fewer where there are fewer training rows
    model_->findNearest(rows, kNeighbours, said, neighbours);
    for (int i = 0; i < neighbours.rows; ++i) {
      for (float label : neighbours.row(i)) (*probabilities)(i, cvRound(label)) += 1;
    }
    *probabilities /= neighbours.cols;
  }

  const cv::Ptr<cv::ml::KNearest> model_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Classifier>> TrainKNearestNeighbours(const Dataset& data,
                                                                    std::span<const size_t> rows) {
  return WithoutExceptions([&]() -> absl::StatusOr<std::unique_ptr<Classifier>> {
    const cv::Ptr<cv::ml::KNearest> model = cv::ml::KNearest::create();
    Train(data, rows, model.get());
    return std::make_unique<KNearestNeighbours>(data, model);
  });
}

}  // namespace silhouette
