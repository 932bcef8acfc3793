#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "learn/data/dataset.h"

namespace silhouette {

// Brings features to one scale: less their mean, in population standard deviations (divided by n),
// as scikit-learn's StandardScaler. A constant feature becomes 0.
class Standardizer {
 public:
  // Learns means and deviations from `rows` of `data`, of which there is one at least.
  Standardizer(const Dataset& data, std::span<const size_t> rows);

  // `data` has the features that were learnt from.
  Dataset Apply(Dataset data) const;

 private:
  std::vector<double> mean_;
  std::vector<double> scale_;
};

}  // namespace silhouette
