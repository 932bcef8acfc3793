#include "learn/models/opencv/opencv_classifier.h"
#include "learn/models/opencv/trainers.h"

namespace silhouette {
namespace {

constexpr double kTolerance = 1e-3;  // LIBSVM's
// OpenCV's own thousand end in the middle of the way, with a model that is worse than guessing.
constexpr int kIterations = 1'000'000;

}  // namespace

absl::StatusOr<std::unique_ptr<Classifier>> TrainLinearSvm(const Dataset& data,
                                                           std::span<const size_t> rows) {
  return WithoutExceptions([&]() -> absl::StatusOr<std::unique_ptr<Classifier>> {
    const cv::Ptr<cv::ml::SVM> model = cv::ml::SVM::create();
    model->setType(cv::ml::SVM::C_SVC);
    model->setKernel(cv::ml::SVM::LINEAR);
    model->setC(1);
    model->setTermCriteria(
        cv::TermCriteria(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, kIterations, kTolerance));
    Train(data, rows, model.get());
    return std::make_unique<SayingClassifier>(data, model);
  });
}

}  // namespace silhouette
