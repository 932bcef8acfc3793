#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace silhouette::simulate {

// A generator whose numbers are the same with every compiler, standard library and machine, which
// std::*_distribution does not promise. xoshiro256** by Blackman and Vigna, seeded by splitmix64
// (https://prng.di.unimi.it). Not for secrets; not thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed);

  // An independent generator. It depends on the seed and the stream's number only, not on what was
  // drawn before, so that a change in one device's traffic leaves the others as they were.
  Random Fork(uint64_t stream) const;

  uint64_t NextUint64();
  double Uniform();                               // [0, 1), 53 bits
  double Uniform(double low, double high);        // [low, high)
  int64_t UniformInt(int64_t low, int64_t high);  // [low, high], both ends included
  double Normal();                                // mean 0, standard deviation 1
  double Exponential(double mean);

  template <typename T>
  void Shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[UniformInt(0, static_cast<int64_t>(i) - 1)]);
    }
  }

 private:
  uint64_t seed_;
  std::array<uint64_t, 4> state_;
  double spare_normal_ = 0;
  bool has_spare_normal_ = false;
};

}  // namespace silhouette::simulate
