#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace silhouette {

// Exact figures of whole numbers from 0 up, independent of their order: sums are kept in 128 bits
// and rounded once. n values fit while n * (sum of their squares) is below 2^128: 2^31 sizes below
// 2^32, or 2^40 times whose sum is below 2^42 ns (73 minutes).

// Sums of values as they come, for their mean and standard deviation.
class Moments {
 public:
  void Add(int64_t value) {
    const auto v = static_cast<uint64_t>(value);
    ++count_;
    sum_ += v;
    squares_ += v * v;  // good as long as it fits: Std knows
    bits_ |= v;
  }
  size_t count() const { return count_; }
  // A number that has all bits that any value has.
  uint64_t bits() const { return bits_; }
  // 0 for no values.
  double Mean() const;
  // With n - 1; 0 for less than two values. `values` are those that were added.
  double SampleStd(std::span<const int64_t> values) const;

 private:
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t squares_ = 0;
  uint64_t bits_ = 0;
};
Moments MomentsOf(std::span<const int64_t> values);

// The mean of the middle two for an even count; 0 for no values. Reorders `values`. `bits` is a
// number that has all bits that any value has.
double Median(std::span<int64_t> values, uint64_t bits);

// Sorts values that are not negative; `spare` is memory to use again.
void SortValues(std::span<int64_t> values, std::vector<int64_t>* spare);
// The quantile quarters / 4 of sorted values, between neighbours by their distance; 0 for none.
double QuantileOfSorted(std::span<const int64_t> sorted, size_t quarters);
// Entropy in bits of what occurs `counts` times each, in any order; 0 for none. Reorders `counts`.
double Entropy(std::span<int64_t> counts);

}  // namespace silhouette
