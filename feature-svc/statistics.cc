#include "feature-svc/statistics.h"

#include <algorithm>
#include <cmath>

namespace silhouette {
namespace {

__extension__ typedef __int128 Int128;

Int128 Sum(std::span<const int64_t> values) {
  Int128 sum = 0;
  for (int64_t v : values) sum += v;
  return sum;
}

}  // namespace

double Mean(std::span<const int64_t> values) {
  if (values.empty()) return 0;
  return static_cast<double>(Sum(values)) / static_cast<double>(values.size());
}

double SampleStd(std::span<const int64_t> values) {
  if (values.size() < 2) return 0;
  const auto n = static_cast<Int128>(values.size());
  const Int128 sum = Sum(values);
  Int128 squares = 0;
  for (int64_t v : values) squares += Int128{v} * v;
  // n * sum(v^2) - (sum v)^2 is n (n - 1) times the variance, and a whole number.
  const Int128 scaled = n * squares - sum * sum;
  return std::sqrt(static_cast<double>(scaled) / static_cast<double>(n * (n - 1)));
}

double Median(std::span<int64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  const auto upper = static_cast<double>(*middle);
  if (values.size() % 2 == 1) return upper;
  return (static_cast<double>(*std::max_element(values.begin(), middle)) + upper) / 2;
}

}  // namespace silhouette
