#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "learn/evaluation/metrics.h"
#include "learn/evaluation/roc_auc.h"

namespace silhouette {
namespace {

constexpr size_t kStretches = 10;  // of a single block

// The rows' blocks, numbered from 0 without a gap.
std::vector<size_t> NumberBlocks(std::span<const int64_t> block) {
  std::map<int64_t, size_t> number;
  std::vector<size_t> numbers;
  for (int64_t name : block)
    numbers.push_back(number.try_emplace(name, number.size()).first->second);
  if (number.size() > 1) return numbers;
  const size_t stretches = std::min(kStretches, numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i * stretches / numbers.size();
  return numbers;
}

// How often each row counts in a sample of as many blocks as there are.
class Resampler {
 public:
  Resampler(std::span<const int64_t> block, uint64_t seed)
      : block_(NumberBlocks(block)), times_(block_.size()), random_(seed) {
    for (size_t number : block_) drawn_.resize(std::max(drawn_.size(), number + 1));
  }

  void Draw() {
    std::fill(drawn_.begin(), drawn_.end(), 0);
    // The remainder, unlike a distribution of the library, is the same on every machine.
    for (size_t i = 0; i < drawn_.size(); ++i) ++drawn_[random_() % drawn_.size()];
    for (size_t i = 0; i < times_.size(); ++i) times_[i] = drawn_[block_[i]];
  }

  std::span<const size_t> block() const { return block_; }    // of each row
  std::span<const uint32_t> drawn() const { return drawn_; }  // how often each block was
  std::span<const uint32_t> times() const { return times_; }  // how often each row was

 private:
  std::vector<size_t> block_;
  std::vector<uint32_t> drawn_;
  std::vector<uint32_t> times_;
  std::mt19937_64 random_;
};

// One entry a resample.
struct Resampled {
  std::vector<double> accuracy;
  std::vector<double> precision;
  std::vector<double> recall;
  std::vector<double> f1;
  std::vector<double> roc_auc;  // of those that have one
};

// What a block's rows add up to.
struct Sums {
  size_t all = 0;
  size_t right = 0;
  size_t hits = 0;  // of the positive class, as below
  size_t said = 0;
  size_t rows = 0;
};

std::vector<Sums> SumsOfBlocks(const Predictions& predictions, size_t positive,
                               std::span<const size_t> block, size_t blocks) {
  std::vector<Sums> sums(blocks);
  for (size_t i = 0; i < block.size(); ++i) {
    Sums& sum = sums[block[i]];
    const bool is_right = predictions.said[i] == predictions.truth[i];
    const bool is_said = predictions.said[i] == positive;
    ++sum.all;
    sum.right += is_right ? 1 : 0;
    sum.hits += is_right && is_said ? 1 : 0;
    sum.said += is_said ? 1 : 0;
    sum.rows += predictions.truth[i] == positive ? 1 : 0;
  }
  return sums;
}

void AddShares(std::span<const Sums> blocks, std::span<const uint32_t> drawn,
               Resampled* resampled) {
  Sums sum;
  for (size_t i = 0; i < blocks.size(); ++i) {
    sum.all += drawn[i] * blocks[i].all;
    sum.right += drawn[i] * blocks[i].right;
    sum.hits += drawn[i] * blocks[i].hits;
    sum.said += drawn[i] * blocks[i].said;
    sum.rows += drawn[i] * blocks[i].rows;
  }
  const ClassMetrics metrics = MetricsOfClass(sum.hits, sum.said, sum.rows);
  resampled->accuracy.push_back(static_cast<double>(sum.right) / static_cast<double>(sum.all));
  resampled->precision.push_back(metrics.precision);
  resampled->recall.push_back(metrics.recall);
  resampled->f1.push_back(metrics.f1);
}

double Percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

Interval IntervalOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {.low = Percentile(values, 0.025), .high = Percentile(values, 0.975)};
}

}  // namespace

Intervals BootstrapIntervals(const Predictions& predictions, std::span<const int64_t> block,
                             size_t positive, uint64_t seed) {
  if (predictions.rows() == 0) return {};
  const RocAuc roc_auc(predictions, positive);
  Resampler resampler(block, seed);
  const std::vector<Sums> sums =
      SumsOfBlocks(predictions, positive, resampler.block(), resampler.drawn().size());
  Resampled resampled;
  for (size_t i = 0; i < kResamples; ++i) {
    resampler.Draw();
    AddShares(sums, resampler.drawn(), &resampled);
    const std::optional<double> area = roc_auc.Of(resampler.times());
    if (area.has_value()) resampled.roc_auc.push_back(*area);
  }
  Intervals intervals = {.accuracy = IntervalOf(resampled.accuracy),
                         .precision = IntervalOf(resampled.precision),
                         .recall = IntervalOf(resampled.recall),
                         .f1 = IntervalOf(resampled.f1),
                         .roc_auc = std::nullopt};
  if (2 * resampled.roc_auc.size() >= kResamples) {
    intervals.roc_auc = IntervalOf(resampled.roc_auc);
  }
  return intervals;
}

}  // namespace silhouette
