#include "learn/simulate/portable_math.h"

#include <cmath>

namespace silhouette::simulate {
namespace {

constexpr double kLn2High = 6.93147180369123816490e-01;  // its last 32 bits are zero
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kSqrtHalf = 0.70710678118654752440;

}  // namespace

double PortableLog(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < kSqrtHalf) {
    mantissa *= 2;
    --exponent;
  }
  // log(m) = 2 artanh(s); |s| < 0.172, so the twelfth term is below 1e-19.
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  double series = 0;
  for (int odd = 23; odd >= 1; odd -= 2) series = series * square + 1.0 / odd;
  return exponent * kLn2High + (2 * s * series + exponent * kLn2Low);
}

double PortableExp(double x) {
  const double halvings = std::floor(x / (kLn2High + kLn2Low) + 0.5);
  const double rest = (x - halvings * kLn2High) - halvings * kLn2Low;
  double series = 1;  // |rest| < 0.35, so the sixteenth term is below 1e-20
  for (int i = 16; i >= 1; --i) series = 1 + series * rest / i;
  return std::ldexp(series, static_cast<int>(halvings));
}

}  // namespace silhouette::simulate
