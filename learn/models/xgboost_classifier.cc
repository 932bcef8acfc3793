#include "learn/models/xgboost_classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "classify-svc/booster.h"

namespace silhouette {
namespace {

class XgboostClassifier : public Classifier {
 public:
  XgboostClassifier(Booster booster, size_t classes)
      : booster_(std::move(booster)), classes_(classes) {}

  absl::Status Predict(std::span<const double> rows,
                       std::vector<double>* probabilities) const override {
    std::vector<float> scores;
    if (absl::Status s = booster_.Predict(rows, classes_, &scores); !s.ok()) return s;
    probabilities->insert(probabilities->end(), scores.begin(), scores.end());
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<FeatureImportance>> Importance(
      std::span<const double> rows) const override {
    const auto gains = booster_.TotalGains();
    if (!gains.ok()) return gains.status();
    std::vector<float> contributions;
    if (absl::Status s = booster_.Explain(rows, classes_, &contributions); !s.ok()) return s;
    const double all_gains = std::accumulate(gains->begin(), gains->end(), 0.0);
    const size_t width = gains->size() + 1;  // the last is the bias
    std::vector<FeatureImportance> importance(gains->size());
    for (size_t i = 0; i < importance.size(); ++i) {
      if (all_gains > 0) importance[i].gain = (*gains)[i] / all_gains;
      for (size_t k = i; k < contributions.size(); k += width) {
        importance[i].shap += std::abs(contributions[k]);
      }
      importance[i].shap /= std::max<double>(1, static_cast<double>(contributions.size() / width));
    }
    return importance;
  }

 private:
  const Booster booster_;
  const size_t classes_;
};

}  // namespace

ModelKind XgboostKind(const TrainerParameters& parameters) {
  ModelKind kind;
  kind.name = "xgboost";
  kind.title = "XGBoost";
  kind.has_probabilities = true;
  kind.concurrent = true;
  kind.train = [parameters](
                   const Dataset& data,
                   std::span<const size_t> rows) -> absl::StatusOr<std::unique_ptr<Classifier>> {
    const absl::StatusOr<std::string> model = TrainModel(data, rows, parameters);
    if (!model.ok()) return model.status();
    absl::StatusOr<Booster> booster = Booster::LoadFromBytes(*model);
    if (!booster.ok()) return booster.status();
    return std::make_unique<XgboostClassifier>(*std::move(booster), data.classes.size());
  };
  return kind;
}

}  // namespace silhouette
