#pragma once

#include <cstdint>
#include <span>

namespace silhouette {

// Exact figures of whole numbers, independent of their order: sums are kept in 128 bits and
// rounded once. |values| up to 2^42 (73 minutes in ns) and up to 2^20 of them fit.

// 0 for no values.
double Mean(std::span<const int64_t> values);
// Sample standard deviation, with n - 1; 0 for less than two values.
double SampleStd(std::span<const int64_t> values);
// The mean of the middle two for an even count; 0 for no values. Reorders `values`.
double Median(std::span<int64_t> values);

}  // namespace silhouette
