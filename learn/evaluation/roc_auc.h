#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "learn/evaluation/predictions.h"

namespace silhouette {

// The area under the ROC curve of equal rows that count differently often, as in a bootstrap: they
// are sorted once, an area is a walk along them.
class RocAuc {
 public:
  // See Metrics::roc_auc.
  RocAuc(const Predictions& predictions, size_t positive);

  // Row i counts `times[i]` times. Unset where a class is left without a row.
  std::optional<double> Of(std::span<const uint32_t> times) const;

 private:
  struct Ranked {
    size_t row = 0;
    bool of_class = false;
    bool ends_tie = false;  // the next one's probability is another
  };
  // Rows by rising probability of a class.
  using Ranking = std::vector<Ranked>;

  static Ranking Rank(const Predictions& predictions, size_t of_class);
  static std::optional<double> AreaOf(const Ranking& ranking, std::span<const uint32_t> times);

  std::vector<Ranking> rankings_;  // of the positive class, or of each of more than two
};

}  // namespace silhouette
