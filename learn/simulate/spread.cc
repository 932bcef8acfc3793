#include "learn/simulate/spread.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "learn/simulate/portable_math.h"

namespace silhouette::simulate {
namespace {

// Halvings of a search interval: enough for a thousandth of a byte or a microsecond.
constexpr int kSearchSteps = 30;

// The distances from the median of the side that the mean lies on, the long side: scale *
// base^power, cut at a limit. More power is more spread at the same sum.
class LongSide {
 public:
  LongSide(size_t count, double limit, Random& random) : limit_(limit) {
    // Stratified: the quantiles of the exponential distribution, each a little off.
    for (size_t i = 0; i < count; ++i) {
      const double share = (static_cast<double>(i) + random.Uniform()) / static_cast<double>(count);
      const double quantile = -PortableLog(1 - std::min(share, 1 - 1e-9));
      base_logs_.push_back(PortableLog(quantile + 1e-9));
    }
  }

  // Shapes the distances so that they add up to `sum`; returns the sum of their squares.
  double Shape(double power, double sum) {
    std::vector<double> shape;
    for (double base_log : base_logs_) shape.push_back(PortableExp(power * base_log));
    shape.front() = 0;  // one value is the median's neighbour and holds it in place
    const double uncut = sum / std::accumulate(shape.begin(), shape.end(), 0.0);
    if (*std::max_element(shape.begin(), shape.end()) * uncut <= limit_) {
      SetDistances(shape, uncut);
    } else {
      SearchScale(shape, sum, uncut);
    }
    return std::inner_product(distances_.begin(), distances_.end(), distances_.begin(), 0.0);
  }

  const std::vector<double>& distances() const { return distances_; }

 private:
  // The scale at which the cut distances add up to `sum`, or as nearly as the limit lets them.
  void SearchScale(const std::vector<double>& shape, double sum, double low) {
    double high = limit_ / std::max(shape[1], 1e-12);  // here all are at the limit
    for (int i = 0; i < 2 * kSearchSteps; ++i) {
      const double middle = (low + high) / 2;
      (SetDistances(shape, middle) < sum ? low : high) = middle;
    }
    SetDistances(shape, high);
  }

  double SetDistances(const std::vector<double>& shape, double scale) {
    distances_.clear();
    for (double value : shape) distances_.push_back(std::min(limit_, scale * value));
    return std::accumulate(distances_.begin(), distances_.end(), 0.0);
  }

  double limit_;
  std::vector<double> base_logs_;
  std::vector<double> distances_;
};

// The mean distance of the short side at which an exponential long side gives the variance: with
// a uniform short side of mean s, the long side's mean is s + 2 * skew, and
// variance = (4/3 s^2 + 2 (s + 2 skew)^2) / 2 - skew^2.
double ShortSideMean(const SpreadTarget& target, double skew, double limit) {
  const double a = 5.0 / 3, b = 4 * skew;
  const double c = 3 * skew * skew - target.stddev * target.stddev;
  const double root = std::sqrt(std::max(0.0, b * b - 4 * a * c));
  return std::clamp((root - b) / (2 * a), std::min(target.least_short_side, limit), limit);
}

std::vector<double> ShortSide(size_t count, double mean, Random& random) {
  std::vector<double> distances = {0};
  for (size_t i = 1; i < count; ++i) {
    distances.push_back(2 * mean * (static_cast<double>(i) - random.Uniform()) /
                        static_cast<double>(count - 1));
  }
  return distances;
}

}  // namespace

std::vector<double> SpreadAroundMedian(const SpreadTarget& target, Random& random) {
  const size_t half = target.count / 2;
  const double count = static_cast<double>(target.count);
  const double toward_mean = target.mean < target.median ? -1 : 1;
  const double skew = std::abs(target.mean - target.median);
  const double room_below = std::max(target.median - target.low, 0.0);
  const double room_above = std::max(target.high - target.median, 0.0);
  const double long_room = toward_mean < 0 ? room_below : room_above;
  const double short_room = toward_mean < 0 ? room_above : room_below;

  const std::vector<double> short_side =
      ShortSide(half, ShortSideMean(target, skew, short_room / 2), random);
  const double short_sum = std::accumulate(short_side.begin(), short_side.end(), 0.0);
  const double short_squares =
      std::inner_product(short_side.begin(), short_side.end(), short_side.begin(), 0.0);

  // Around the median, the squares must add up to this for the variance around the mean.
  const double squares = target.stddev * target.stddev * (count - 1) + skew * skew * count;
  const double long_sum = short_sum + skew * count;
  LongSide long_side(half, long_room, random);
  double low = 0.02, high = 6;
  for (int i = 0; i < kSearchSteps; ++i) {
    const double power = (low + high) / 2;
    (long_side.Shape(power, long_sum) + short_squares < squares ? low : high) = power;
  }

  std::vector<double> values(target.count % 2, target.median);
  for (double distance : short_side) values.push_back(target.median - toward_mean * distance);
  for (double distance : long_side.distances()) {
    values.push_back(target.median + toward_mean * distance);
  }
  random.Shuffle(values);
  return values;
}

}  // namespace silhouette::simulate
