#pragma once

#include <cstddef>
#include <vector>

#include "learn/simulate/random.h"

namespace silhouette::simulate {

struct SpreadTarget {
  size_t count = 0;  // at least 4
  double mean = 0;
  double stddev = 0;  // n - 1
  double median = 0;
  double low = 0;   // no value below
  double high = 0;  // no value above
  // The half of the values on the other side of the median than the mean lies at least this far
  // from it on average.
  double least_short_side = 0;
};

// Random values, in random order, with the mean, standard deviation and median asked for: half of
// them below the median and half above. Where no values within [low, high] can have all three, the
// median is right, then the mean comes as near as it can, then the standard deviation.
std::vector<double> SpreadAroundMedian(const SpreadTarget& target, Random& random);

}  // namespace silhouette::simulate
