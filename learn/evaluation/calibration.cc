#include "learn/evaluation/calibration.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace silhouette {
namespace {

constexpr double kSmallest = 1e-9;
constexpr double kPenalty = 1;  // as of one row
constexpr double kLeastSlope = 1e-3;

using Vector = std::vector<double>;

// The negative log likelihood as a function of (slope, bias of class 1, 2, ...), with derivatives.
class Loss {
 public:
  Loss(std::span<const double> probabilities, std::span<const size_t> truth, size_t classes)
      : truth_(truth), classes_(classes) {
    for (double p : probabilities) logs_.push_back(std::log(std::max(p, kSmallest)));
  }

  size_t parameters() const { return classes_; }

  // `gradient` has parameters(), `hessian` their square; null where only the value is wanted.
  double At(const Vector& at, Vector* gradient, Vector* hessian) const {
    double value = 0;
    Vector p(classes_);
    for (size_t row = 0; row < truth_.size(); ++row) {
      value -= std::log(Softmax(at, row, &p));
      if (gradient != nullptr) AddDerivatives(row, p, gradient, hessian);
    }
    for (size_t i = 0; i < at.size(); ++i) {
      const double away = at[i] - (i == 0 ? 1 : 0);
      value += kPenalty * away * away / 2;
      if (gradient == nullptr) continue;
      (*gradient)[i] += kPenalty * away;
      (*hessian)[i * at.size() + i] += kPenalty;
    }
    return value;
  }

 private:
  // Returns the probability of the row's true class.
  double Softmax(const Vector& at, size_t row, Vector* p) const {
    double greatest = -INFINITY;
    for (size_t c = 0; c < classes_; ++c) {
      (*p)[c] = at[0] * logs_[row * classes_ + c] + (c == 0 ? 0 : at[c]);
      greatest = std::max(greatest, (*p)[c]);
    }
    double sum = 0;
    for (double& value : *p) sum += value = std::exp(value - greatest);
    for (double& value : *p) value /= sum;
    return std::max((*p)[truth_[row]], kSmallest);
  }

  void AddDerivatives(size_t row, const Vector& p, Vector* gradient, Vector* hessian) const {
    // Of class c's exponent with respect to parameter i.
    const auto slope_of = [&](size_t i, size_t c) {
      return i == 0 ? logs_[row * classes_ + c] : (i == c ? 1.0 : 0.0);
    };
    Vector mean(classes_);
    for (size_t i = 0; i < classes_; ++i) {
      for (size_t c = 0; c < classes_; ++c) mean[i] += p[c] * slope_of(i, c);
      (*gradient)[i] += mean[i] - slope_of(i, truth_[row]);
    }
    for (size_t i = 0; i < classes_; ++i) {
      for (size_t j = 0; j < classes_; ++j) {
        double product = 0;
        for (size_t c = 0; c < classes_; ++c) product += p[c] * slope_of(i, c) * slope_of(j, c);
        (*hessian)[i * classes_ + j] += product - mean[i] * mean[j];
      }
    }
  }

  const std::span<const size_t> truth_;
  const size_t classes_;
  Vector logs_;
};

// Solves matrix * x = right by elimination; the matrix is positive definite.
Vector Solve(Vector matrix, Vector right) {
  const size_t n = right.size();
  for (size_t i = 0; i < n; ++i) {
    for (size_t row = i + 1; row < n; ++row) {
      const double factor = matrix[row * n + i] / matrix[i * n + i];
      for (size_t c = i; c < n; ++c) matrix[row * n + c] -= factor * matrix[i * n + c];
      right[row] -= factor * right[i];
    }
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t c = i + 1; c < n; ++c) right[i] -= matrix[i * n + c] * right[c];
    right[i] /= matrix[i * n + i];
  }
  return right;
}

}  // namespace

// Newton's method with halved steps; the loss is convex.
Calibration FitCalibration(std::span<const double> probabilities, std::span<const size_t> truth,
                           size_t classes) {
  const Loss loss(probabilities, truth, classes);
  const size_t n = loss.parameters();
  Vector at(n, 0);
  at[0] = 1;
  for (int step = 0; step < 50; ++step) {
    Vector gradient(n, 0), hessian(n * n, 0);
    const double value = loss.At(at, &gradient, &hessian);
    const Vector direction = Solve(hessian, gradient);
    double scale = 1;
    const auto moved = [&] {
      Vector there = at;
      for (size_t i = 0; i < n; ++i) there[i] -= scale * direction[i];
      there[0] = std::max(there[0], kLeastSlope);
      return there;
    };
    Vector next = moved();
    while (scale > 1e-6 && loss.At(next, nullptr, nullptr) > value) {
      scale /= 2;
      next = moved();
    }
    double moved_by = 0;
    for (size_t i = 0; i < n; ++i) moved_by = std::max(moved_by, std::abs(next[i] - at[i]));
    at = std::move(next);
    if (moved_by < 1e-10) break;
  }
  Calibration calibration;
  calibration.slope = at[0];
  calibration.bias.assign(at.begin(), at.end());
  calibration.bias[0] = 0;
  return calibration;
}

}  // namespace silhouette
