#include "learn/simulate/column_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/status/status.h"

namespace silhouette::simulate {
namespace {

// The column's value at a standard normal score, straight between the known ones.
double ValueAt(const std::array<double, kQuantileScores>& quantiles, double score) {
  const double position =
      std::clamp((score - kLowestScore) / kScoreStep, 0.0, double{kQuantileScores - 1});
  const auto below = std::min(static_cast<size_t>(position), kQuantileScores - 2);
  const double share = position - static_cast<double>(below);
  return quantiles[below] * (1 - share) + quantiles[below + 1] * share;
}

}  // namespace

absl::StatusOr<ColumnModel> ColumnModel::Create(const CallFigures& figures) {
  ColumnModel model(figures);
  Matrix correlation{};
  for (size_t i = 0; i < kDrawn; ++i) {
    std::copy_n(figures.correlation[i].begin(), kDrawn, correlation[i].begin());
  }
  if (!Factorize(correlation, model.stationary_)) {
    return absl::InvalidArgumentError("the columns' correlation is not positive definite");
  }
  std::copy_n(figures.lag1.begin(), kDrawn, model.memory_.begin());
  const double common = std::accumulate(model.memory_.begin(), model.memory_.end(), 0.0) / kDrawn;
  // Strongly correlated columns cannot have autocorrelations as different as were measured: then
  // the step's covariance is no covariance. Move them towards their mean as far as it takes; with
  // equal ones the step is a multiple of the correlation, which is fine.
  constexpr int kSteps = 50;
  const Vector measured = model.memory_;
  for (int step = 0; step <= kSteps; ++step) {
    const double share = static_cast<double>(step) / kSteps;
    for (size_t i = 0; i < kDrawn; ++i) {
      model.memory_[i] = measured[i] + share * (common - measured[i]);
    }
    if (Factorize(model.Innovation(), model.innovation_)) return model;
  }
  return absl::InvalidArgumentError("the columns' autocorrelation is not below 1");
}

// scores = memory * scores + step keeps the correlation R if the step's covariance is
// R[i][j] * (1 - memory[i] * memory[j]).
ColumnModel::Matrix ColumnModel::Innovation() const {
  Matrix covariance{};
  for (size_t i = 0; i < kDrawn; ++i) {
    for (size_t j = 0; j < kDrawn; ++j) {
      covariance[i][j] = figures_.correlation[i][j] * (1 - memory_[i] * memory_[j]);
    }
  }
  return covariance;
}

// Cholesky: lower * transposed(lower) = matrix. False if the matrix is not safely definite.
bool ColumnModel::Factorize(const Matrix& matrix, Matrix& lower) {
  constexpr double kSmallestPivot = 1e-6;
  lower = {};
  for (size_t i = 0; i < kDrawn; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double rest = matrix[i][j];
      for (size_t k = 0; k < j; ++k) rest -= lower[i][k] * lower[j][k];
      if (i == j && rest < kSmallestPivot) return false;
      lower[i][j] = i == j ? std::sqrt(rest) : rest / lower[j][j];
    }
  }
  return true;
}

ColumnModel::Vector ColumnModel::Draw(const Matrix& lower, Random& random) {
  Vector independent{};
  for (double& value : independent) value = random.Normal();
  Vector drawn{};
  for (size_t i = 0; i < kDrawn; ++i) {
    for (size_t k = 0; k <= i; ++k) drawn[i] += lower[i][k] * independent[k];
  }
  return drawn;
}

WindowColumns ColumnModel::Next(Random& random) {
  const Vector drawn = Draw(has_past_ ? innovation_ : stationary_, random);
  for (size_t i = 0; i < kDrawn; ++i) {
    scores_[i] = has_past_ ? memory_[i] * scores_[i] + drawn[i] : drawn[i];
  }
  has_past_ = true;
  WindowColumns columns{};
  for (size_t i = 0; i < kDrawn; ++i) columns[i] = ValueAt(figures_.quantiles[i], scores_[i]);
  columns[kInboundPackets] = std::floor(columns[kInboundPackets] + 0.5);
  columns[kOutboundPackets] = std::floor(columns[kOutboundPackets] + 0.5);
  columns[kTotalPackets] = columns[kInboundPackets] + columns[kOutboundPackets];
  return columns;
}

}  // namespace silhouette::simulate
