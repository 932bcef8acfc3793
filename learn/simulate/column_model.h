#pragma once

#include <array>
#include <cstddef>

#include "absl/status/statusor.h"
#include "learn/simulate/call_figures.h"
#include "learn/simulate/random.h"

namespace silhouette::simulate {

using WindowColumns = std::array<double, kCallColumns>;

// Draws the nine columns of window after window: normal scores that follow a first-order
// autoregression in time, mapped to each column's own distribution by its quantiles. The scores'
// correlation between columns and every column's distribution are those of the figures, whatever
// the autocorrelation.
class ColumnModel {
 public:
  // INVALID_ARGUMENT if the figures' correlation is not positive definite.
  static absl::StatusOr<ColumnModel> Create(const CallFigures& figures);

  // Forgets the windows so far, so that the next one is as likely as any.
  void Restart() { has_past_ = false; }
  WindowColumns Next(Random& random);

 private:
  // The total is the sum of inbound and outbound: drawing it as well would add nothing but a nearly
  // singular matrix.
  static constexpr size_t kDrawn = kTotalPackets;
  using Vector = std::array<double, kDrawn>;
  using Matrix = std::array<Vector, kDrawn>;

  explicit ColumnModel(const CallFigures& figures) : figures_(figures) {}

  Matrix Innovation() const;
  static bool Factorize(const Matrix& matrix, Matrix& lower);
  static Vector Draw(const Matrix& lower, Random& random);

  CallFigures figures_;
  Matrix stationary_{};  // Cholesky factor of the scores' correlation
  Matrix innovation_{};  // Cholesky factor of what each step adds
  Vector memory_{};      // what each score keeps of itself from one window to the next
  Vector scores_{};
  bool has_past_ = false;
};

}  // namespace silhouette::simulate
