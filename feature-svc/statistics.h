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

// 0 for no values.
double Mean(std::span<const int64_t> values);
// Sample standard deviation, with n - 1; 0 for less than two values.
double SampleStd(std::span<const int64_t> values);
// The mean of the middle two for an even count; 0 for no values. Reorders `values`.
double Median(std::span<int64_t> values);

// Sorts values that are not negative; `spare` is memory to use again.
void SortValues(std::span<int64_t> values, std::vector<int64_t>* spare);
// The quantile quarters / 4 of sorted values, between neighbours by their distance; 0 for none.
double QuantileOfSorted(std::span<const int64_t> sorted, size_t quarters);
// Entropy in bits of what occurs `counts` times each, in any order; 0 for none. Reorders `counts`.
double Entropy(std::span<int64_t> counts);

}  // namespace silhouette
