#include "feature-svc/statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace silhouette {
namespace {

__extension__ typedef unsigned __int128 Wide;

// From here on, counting beats comparing.
constexpr size_t kFewValues = 32;

uint64_t Unsigned(int64_t value) { return static_cast<uint64_t>(value); }

// A number with all bits that any value has.
uint64_t BitsOf(std::span<const int64_t> values) {
  uint64_t bits = 0;
  for (int64_t v : values) bits |= Unsigned(v);
  return bits;
}

Wide SumOfSquares(std::span<const int64_t> values) {
  Wide sum = 0;
  for (int64_t v : values) sum += Wide{Unsigned(v)} * Unsigned(v);
  return sum;
}

// Rounded once, as the conversion of all 128 bits is, which takes longer.
double ToDouble(Wide value) {
  const auto low = static_cast<uint64_t>(value);
  return value == low ? static_cast<double>(low) : static_cast<double>(value);
}

void InsertionSort(std::span<int64_t> values) {
  for (size_t i = 1; i < values.size(); ++i) {
    const int64_t value = values[i];
    size_t at = i;
    for (; at > 0 && values[at - 1] > value; --at) values[at] = values[at - 1];
    values[at] = value;
  }
}

// Values up to a power of two, in 64 steps.
constexpr int kStepBits = 6;
constexpr size_t kSteps = 1 << kStepBits;

struct Steps {
  int64_t base;
  int shift;
  size_t Of(int64_t value) const { return Unsigned(value - base) >> shift; }
};

Steps StepsFor(int64_t base, uint64_t range) {
  return {base, std::max(0, static_cast<int>(std::bit_width(range)) - kStepBits)};
}

// Two tables, so that an equal neighbour does not have to wait.
std::array<uint32_t, kSteps> CountSteps(std::span<const int64_t> values, const Steps& steps) {
  std::array<uint32_t, kSteps> even{}, odd{};
  size_t i = 0;
  for (; i + 1 < values.size(); i += 2) {
    ++even[steps.Of(values[i])];
    ++odd[steps.Of(values[i + 1])];
  }
  if (i < values.size()) ++even[steps.Of(values[i])];
  for (size_t step = 0; step < kSteps; ++step) even[step] += odd[step];
  return even;
}

// The greatest value of step `low` and the least of step `high`.
double MeanAcross(std::span<const int64_t> values, const Steps& steps, size_t low, size_t high) {
  int64_t lower = steps.base;
  int64_t upper = std::numeric_limits<int64_t>::max();
  for (int64_t v : values) {
    if (steps.Of(v) == low) lower = std::max(lower, v);
    if (steps.Of(v) == high) upper = std::min(upper, v);
  }
  return (static_cast<double>(lower) + static_cast<double>(upper)) / 2;
}

// Values `lower` and `upper` of the sorted order, equal or neighbours; all lie in the steps. Each
// round counts the values by step and keeps those of the step that the two are in.
double MeanOfTwo(std::span<int64_t> values, size_t lower, size_t upper, Steps steps) {
  while (values.size() > kFewValues) {
    const std::array<uint32_t, kSteps> counts = CountSteps(values, steps);
    size_t step = 0, below = 0;
    while (below + counts[step] <= lower) below += counts[step++];
    if (below + counts[step] <= upper) {
      size_t next = step + 1;
      while (counts[next] == 0) ++next;
      return MeanAcross(values, steps, step, next);
    }
    if (steps.shift == 0) return static_cast<double>(steps.base + static_cast<int64_t>(step));
    size_t kept = 0;
    for (int64_t v : values) {
      values[kept] = v;
      kept += steps.Of(v) == step;
    }
    values = values.first(kept);
    lower -= below;
    upper -= below;
    const int64_t base = steps.base + static_cast<int64_t>(uint64_t{step} << steps.shift);
    steps = StepsFor(base, (uint64_t{1} << steps.shift) - 1);
  }
  InsertionSort(values);
  return (static_cast<double>(values[lower]) + static_cast<double>(values[upper])) / 2;
}

}  // namespace

double Moments::Mean() const {
  if (count_ == 0) return 0;
  return static_cast<double>(sum_) / static_cast<double>(count_);
}

double Moments::SampleStd(std::span<const int64_t> values) const {
  if (count_ < 2) return 0;
  const bool fits = 2 * std::bit_width(bits_) + std::bit_width(count_) <= 64;
  const Wide squares = fits ? Wide{squares_} : SumOfSquares(values);
  // n * sum(v^2) - (sum v)^2 is n (n - 1) times the variance, and a whole number.
  const Wide scaled = count_ * squares - Wide{sum_} * sum_;
  return std::sqrt(ToDouble(scaled) / ToDouble(Wide{count_} * (count_ - 1)));
}

Moments MomentsOf(std::span<const int64_t> values) {
  Moments moments;
  for (int64_t v : values) moments.Add(v);
  return moments;
}

double Median(std::span<int64_t> values, uint64_t bits) {
  if (values.empty()) return 0;
  return MeanOfTwo(values, (values.size() - 1) / 2, values.size() / 2, StepsFor(0, bits));
}

// Byte by byte from the lowest; stable, so the order of the bytes below lasts.
void SortValues(std::span<int64_t> values, std::vector<int64_t>* spare) {
  if (values.size() <= kFewValues) return InsertionSort(values);
  if (spare->size() < values.size()) spare->resize(values.size());
  const uint64_t bits = BitsOf(values);
  std::span<int64_t> from = values;
  std::span<int64_t> to = std::span(*spare).first(values.size());
  for (int shift = 0; shift < 64 && bits >> shift != 0; shift += 8) {
    std::array<size_t, 256> starts{};
    for (int64_t v : from) ++starts[Unsigned(v) >> shift & 0xff];
    size_t start = 0;
    for (size_t& count : starts) start += std::exchange(count, start);
    for (int64_t v : from) to[starts[Unsigned(v) >> shift & 0xff]++] = v;
    std::swap(from, to);
  }
  if (from.data() != values.data()) std::copy(from.begin(), from.end(), values.begin());
}

double QuantileOfSorted(std::span<const int64_t> sorted, size_t quarters) {
  if (sorted.empty()) return 0;
  const size_t position = quarters * (sorted.size() - 1);  // in quarters of a step
  const size_t low = position / 4;
  const auto part = static_cast<int64_t>(position % 4);
  if (part == 0) return static_cast<double>(sorted[low]);
  return static_cast<double>(sorted[low] * (4 - part) + sorted[low + 1] * part) / 4;
}

// log2 n - (sum c log2 c) / n, summed in the order of the counts, so that the sum is the same.
double Entropy(std::span<int64_t> counts) {
  std::sort(counts.begin(), counts.end());
  uint64_t total = 0;
  double sum = 0;
  for (int64_t count : counts) {
    total += Unsigned(count);
    sum += static_cast<double>(count) * std::log2(static_cast<double>(count));
  }
  if (total == 0 || counts.size() < 2) return 0;
  const auto n = static_cast<double>(total);
  return std::log2(n) - sum / n;
}

}  // namespace silhouette
