#include <utility>

#include "learn/models/opencv/opencv_classifier.h"
#include "learn/models/opencv/trainers.h"

namespace silhouette {
namespace {

constexpr int kTreeDepth = 5;
constexpr int kTreeSplitRows = 10;
constexpr int kForestTrees = 100;
constexpr int kForestDepth = 25;  // OpenCV grows no deeper
constexpr int kForestSeed = 1;

class RandomForest : public OpencvClassifier {
 public:
  RandomForest(const Dataset& data, cv::Ptr<cv::ml::RTrees> model)
      : OpencvClassifier(data), model_(std::move(model)) {}

 private:
  void Score(const cv::Mat& rows, cv::Mat_<double>* probabilities) const override {
    cv::Mat_<int> votes;  // the first row names the classes, ascending: all were trained on
    model_->getVotes(rows, votes, 0);
    votes.rowRange(1, votes.rows).convertTo(*probabilities, CV_64F, 1.0 / kForestTrees);
  }

  const cv::Ptr<cv::ml::RTrees> model_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Classifier>> TrainRandomForest(const Dataset& data,
                                                              std::span<const size_t> rows) {
  return WithoutExceptions([&]() -> absl::StatusOr<std::unique_ptr<Classifier>> {
    cv::setRNGSeed(kForestSeed);
    const cv::Ptr<cv::ml::RTrees> model = cv::ml::RTrees::create();
    model->setMaxDepth(kForestDepth);
    model->setMinSampleCount(2);
    model->setActiveVarCount(0);  // the square root of their number
    model->setTermCriteria(cv::TermCriteria(cv::TermCriteria::COUNT, kForestTrees, 0));
    Train(data, rows, model.get());
    return std::make_unique<RandomForest>(data, model);
  });
}

absl::StatusOr<std::unique_ptr<Classifier>> TrainDecisionTree(const Dataset& data,
                                                              std::span<const size_t> rows) {
  return WithoutExceptions([&]() -> absl::StatusOr<std::unique_ptr<Classifier>> {
    const cv::Ptr<cv::ml::DTrees> model = cv::ml::DTrees::create();
    model->setMaxDepth(kTreeDepth);
    model->setMinSampleCount(kTreeSplitRows);
    model->setCVFolds(0);  // OpenCV's pruning crashes
    Train(data, rows, model.get());
    return std::make_unique<SayingClassifier>(data, model);
  });
}

}  // namespace silhouette
