#include "learn/models/logistic_regression.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace silhouette {
namespace {

constexpr int kSteps = 100;          // Newton's method takes about six
constexpr double kShortest = 1e-9;   // of a whole step
constexpr double kConverged = 1e-9;  // where the next step, the last, gains this share of the loss

// A weight for each feature and, last, the intercept.
using Weights = std::vector<double>;

double Score(const Weights& weights, std::span<const double> row) {
  double score = weights.back();
  for (size_t i = 0; i < row.size(); ++i) score += weights[i] * row[i];
  return score;
}

double Sigmoid(double score) { return 1 / (1 + std::exp(-score)); }

// The one class against the rest.
class Problem {
 public:
  Problem(const Dataset& data, std::span<const size_t> rows, size_t of_class)
      : data_(data), rows_(rows), of_class_(of_class), size_(data.feature_names.size() + 1) {}

  size_t size() const { return size_; }

  double Loss(const Weights& weights) const {
    double loss = 0;
    for (size_t i = 0; i + 1 < size_; ++i) loss += weights[i] * weights[i] / 2;
    for (size_t row : rows_) {
      const double score = Score(weights, data_.row(row)) * (IsOfClass(row) ? 1 : -1);
      // log(1 + exp(-score)), also where that overflows.
      loss += std::log1p(std::exp(-std::abs(score))) + (score < 0 ? -score : 0);
    }
    return loss;
  }

  // First derivatives; and second ones, row-major, of which the lower triangle is filled in.
  void Derive(const Weights& weights, std::vector<double>* gradient,
              std::vector<double>* hessian) const {
    gradient->assign(size_, 0);
    hessian->assign(size_ * size_, 0);
    for (size_t i = 0; i + 1 < size_; ++i) {
      (*gradient)[i] = weights[i];
      (*hessian)[i * size_ + i] = 1;
    }
    std::vector<double> x(size_, 1);
    for (size_t row : rows_) {
      std::copy(data_.row(row).begin(), data_.row(row).end(), x.begin());
      const double p = Sigmoid(Score(weights, data_.row(row)));
      for (size_t i = 0; i < size_; ++i) {
        (*gradient)[i] += (p - (IsOfClass(row) ? 1 : 0)) * x[i];
        const double scaled = p * (1 - p) * x[i];
        for (size_t j = 0; j <= i; ++j) (*hessian)[i * size_ + j] += scaled * x[j];
      }
    }
  }

 private:
  bool IsOfClass(size_t row) const { return static_cast<size_t>(data_.label[row]) == of_class_; }

  const Dataset& data_;
  const std::span<const size_t> rows_;
  const size_t of_class_;
  const size_t size_;
};

// Solves matrix * x = values by Cholesky's method; of the symmetric matrix, row-major, the lower
// triangle is read, and overwritten. Not a number where it is not positive definite.
std::vector<double> Solve(std::vector<double>* matrix, std::vector<double> values) {
  const size_t n = values.size();
  const auto at = [&](size_t row, size_t column) -> double& { return (*matrix)[row * n + column]; };
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = at(i, j);
      for (size_t k = 0; k < j; ++k) sum -= at(i, k) * at(j, k);
      at(i, j) = i == j ? std::sqrt(sum) : sum / at(j, j);
    }
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) values[i] -= at(i, k) * values[k];
    values[i] /= at(i, i);
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) values[i] -= at(k, i) * values[k];
    values[i] /= at(i, i);
  }
  return values;
}

Weights Move(Weights weights, const std::vector<double>& step, double length) {
  for (size_t i = 0; i < weights.size(); ++i) weights[i] -= length * step[i];
  return weights;
}

// Newton's method; a step is halved until it gains.
absl::StatusOr<Weights> Fit(const Problem& problem) {
  Weights weights(problem.size(), 0);
  std::vector<double> gradient;
  std::vector<double> hessian;
  for (int i = 0; i < kSteps; ++i) {
    problem.Derive(weights, &gradient, &hessian);
    const std::vector<double> step = Solve(&hessian, gradient);
    const double loss = problem.Loss(weights);
    const double gain = std::inner_product(gradient.begin(), gradient.end(), step.begin(), 0.0) / 2;
    if (gain <= kConverged * loss) return Move(weights, step, 1);
    double length = 1;
    while (length > kShortest && !(problem.Loss(Move(weights, step, length)) < loss)) length /= 2;
    if (length <= kShortest) break;
    weights = Move(weights, step, length);
  }
  return absl::InternalError("logistic regression does not converge; give features of one scale");
}

class LogisticRegression : public Classifier {
 public:
  // Of two classes, weights of the second one; of more, of each.
  explicit LogisticRegression(std::vector<Weights> weights) : weights_(std::move(weights)) {}

  absl::Status Predict(std::span<const double> rows,
                       std::vector<double>* probabilities) const override {
    const size_t features = weights_.front().size() - 1;
    for (size_t begin = 0; begin < rows.size(); begin += features) {
      Append(rows.subspan(begin, features), probabilities);
    }
    return absl::OkStatus();
  }

 private:
  void Append(std::span<const double> row, std::vector<double>* probabilities) const {
    if (weights_.size() == 1) {
      const double score = Score(weights_.front(), row);
      probabilities->push_back(Sigmoid(-score));
      probabilities->push_back(Sigmoid(score));
      return;
    }
    double whole = 0;
    for (const Weights& weights : weights_) whole += Sigmoid(Score(weights, row));
    for (const Weights& weights : weights_) {
      probabilities->push_back(Sigmoid(Score(weights, row)) / whole);
    }
  }

  const std::vector<Weights> weights_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Classifier>> TrainLogisticRegression(const Dataset& data,
                                                                    std::span<const size_t> rows) {
  if (absl::Status s = CheckEveryClassHasARow(data, rows); !s.ok()) return s;
  std::vector<Weights> weights;
  for (size_t c = data.classes.size() == 2 ? 1 : 0; c < data.classes.size(); ++c) {
    absl::StatusOr<Weights> fitted = Fit(Problem(data, rows, c));
    if (!fitted.ok()) return fitted.status();
    weights.push_back(*std::move(fitted));
  }
  return std::make_unique<LogisticRegression>(std::move(weights));
}

}  // namespace silhouette
