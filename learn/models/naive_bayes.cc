#include "learn/models/naive_bayes.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace silhouette {
namespace {

constexpr double kSmoothing = 1e-9;

// Of some rows, a list entry for each feature.
struct Normal {
  std::vector<double> mean;
  std::vector<double> variance;
  double log_share = 0;  // of these rows among all
};

Normal NormalOf(const Dataset& data, std::span<const size_t> rows) {
  Normal normal;
  const auto count = static_cast<double>(rows.size());
  for (size_t feature = 0; feature < data.feature_names.size(); ++feature) {
    double sum = 0;
    for (size_t row : rows) sum += data.row(row)[feature];
    double squares = 0;
    for (size_t row : rows) squares += std::pow(data.row(row)[feature] - sum / count, 2);
    normal.mean.push_back(sum / count);
    normal.variance.push_back(squares / count);
  }
  return normal;
}

class NaiveBayes : public Classifier {
 public:
  explicit NaiveBayes(std::vector<Normal> classes) : classes_(std::move(classes)) {}

  absl::Status Predict(std::span<const double> rows,
                       std::vector<double>* probabilities) const override {
    const size_t features = classes_.front().mean.size();
    for (size_t begin = 0; begin < rows.size(); begin += features) {
      Append(rows.subspan(begin, features), probabilities);
    }
    return absl::OkStatus();
  }

 private:
  void Append(std::span<const double> row, std::vector<double>* probabilities) const {
    std::vector<double> log_likelihood;
    for (const Normal& normal : classes_) {
      double sum = normal.log_share;
      for (size_t i = 0; i < row.size(); ++i) {
        const double distance = row[i] - normal.mean[i];
        sum -= (std::log(normal.variance[i]) + distance * distance / normal.variance[i]) / 2;
      }
      log_likelihood.push_back(sum);
    }
    // Less the greatest, so that not all of them underflow.
    const double greatest = *std::max_element(log_likelihood.begin(), log_likelihood.end());
    double whole = 0;
    for (double value : log_likelihood) whole += std::exp(value - greatest);
    for (double value : log_likelihood)
      probabilities->push_back(std::exp(value - greatest) / whole);
  }

  const std::vector<Normal> classes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Classifier>> TrainNaiveBayes(const Dataset& data,
                                                            std::span<const size_t> rows) {
  if (absl::Status s = CheckEveryClassHasARow(data, rows); !s.ok()) return s;
  const std::vector<double> variances = NormalOf(data, rows).variance;
  const double greatest = *std::max_element(variances.begin(), variances.end());
  std::vector<std::vector<size_t>> rows_of(data.classes.size());
  for (size_t row : rows) rows_of[static_cast<size_t>(data.label[row])].push_back(row);
  std::vector<Normal> classes;
  for (const std::vector<size_t>& of_class : rows_of) {
    classes.push_back(NormalOf(data, of_class));
    classes.back().log_share =
        std::log(static_cast<double>(of_class.size()) / static_cast<double>(rows.size()));
    // Where nothing varies, the shares alone are to tell.
    for (double& v : classes.back().variance) v += greatest > 0 ? kSmoothing * greatest : 1;
  }
  return std::make_unique<NaiveBayes>(std::move(classes));
}

}  // namespace silhouette
