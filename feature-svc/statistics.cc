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

uint64_t Sum(std::span<const int64_t> values) {
  uint64_t sum = 0;
  for (int64_t v : values) sum += Unsigned(v);
  return sum;
}

template <typename Total>
Total SumOfSquares(std::span<const int64_t> values) {
  Total sum = 0;
  for (int64_t v : values) sum += Total{Unsigned(v)} * Unsigned(v);
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

// Where a value lies between the least and the greatest of some, in at most 64 steps.
struct Steps {
  int64_t base;
  int shift;
  size_t Of(int64_t value) const { return Unsigned(value - base) >> shift; }
};
constexpr int kStepBits = 6;

// The greatest value of step `low` and the least of step `high`, which holds no value below it.
double MeanAcross(std::span<const int64_t> values, const Steps& steps, size_t low, size_t high) {
  int64_t lower = steps.base;
  int64_t upper = std::numeric_limits<int64_t>::max();
  for (int64_t v : values) {
    if (steps.Of(v) == low) lower = std::max(lower, v);
    if (steps.Of(v) == high) upper = std::min(upper, v);
  }
  return (static_cast<double>(lower) + static_cast<double>(upper)) / 2;
}

// Values `lower` and `upper` of the sorted order, equal or neighbours. Each round counts the values
// by step and keeps those of the step that the two are in.
double MeanOfTwo(std::span<int64_t> values, size_t lower, size_t upper) {
  while (values.size() > kFewValues) {
    const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    const uint64_t range = Unsigned(*greatest - *least);
    if (range == 0) return static_cast<double>(*least);
    const Steps steps{*least, std::max(0, static_cast<int>(std::bit_width(range)) - kStepBits)};
    std::array<uint32_t, 1 << kStepBits> counts{};
    for (int64_t v : values) ++counts[steps.Of(v)];
    size_t step = 0, below = 0;
    while (below + counts[step] <= lower) below += counts[step++];
    if (below + counts[step] <= upper) {
      size_t next = step + 1;
      while (counts[next] == 0) ++next;
      return MeanAcross(values, steps, step, next);
    }
    size_t kept = 0;
    for (int64_t v : values) {
      values[kept] = v;
      kept += steps.Of(v) == step;
    }
    values = values.first(kept);
    lower -= below;
    upper -= below;
  }
  InsertionSort(values);
  return (static_cast<double>(values[lower]) + static_cast<double>(values[upper])) / 2;
}

}  // namespace

double Mean(std::span<const int64_t> values) {
  if (values.empty()) return 0;
  return static_cast<double>(Sum(values)) / static_cast<double>(values.size());
}

double SampleStd(std::span<const int64_t> values) {
  if (values.size() < 2) return 0;
  const uint64_t n = values.size();
  const uint64_t sum = Sum(values);
  const auto square_bits = 2 * std::bit_width(BitsOf(values)) + std::bit_width(n);
  const Wide squares =
      square_bits <= 64 ? SumOfSquares<uint64_t>(values) : SumOfSquares<Wide>(values);
  // n * sum(v^2) - (sum v)^2 is n (n - 1) times the variance, and a whole number.
  const Wide scaled = n * squares - Wide{sum} * sum;
  return std::sqrt(ToDouble(scaled) / ToDouble(Wide{n} * (n - 1)));
}

double Median(std::span<int64_t> values) {
  if (values.empty()) return 0;
  return MeanOfTwo(values, (values.size() - 1) / 2, values.size() / 2);
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
