#include "learn/simulate/random.h"

#include <bit>
#include <cmath>

#include "learn/simulate/portable_math.h"

namespace silhouette::simulate {
namespace {

uint64_t SplitMix64(uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

}  // namespace

Random::Random(uint64_t seed) : seed_(seed) {
  uint64_t mixer = seed;
  for (uint64_t& word : state_) word = SplitMix64(mixer);
}

Random Random::Fork(uint64_t stream) const {
  // Two rounds, so that neither (seed, stream) pairs with equal sums nor with equal xors meet.
  uint64_t mixer = seed_;
  mixer = SplitMix64(mixer) + stream;
  return Random(SplitMix64(mixer));
}

uint64_t Random::NextUint64() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::Uniform() { return static_cast<double>(NextUint64() >> 11) * 0x1.0p-53; }

double Random::Uniform(double low, double high) { return low + Uniform() * (high - low); }

int64_t Random::UniformInt(int64_t low, int64_t high) {
  const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  if (range == 0) return static_cast<int64_t>(NextUint64());
  // Draws below the remainder are thrown away: they would make the first values likelier.
  const uint64_t remainder = (0 - range) % range;
  uint64_t draw = NextUint64();
  while (draw < remainder) draw = NextUint64();
  return static_cast<int64_t>(static_cast<uint64_t>(low) + draw % range);
}

// Marsaglia's polar method.
double Random::Normal() {
  if (has_spare_normal_) {
    has_spare_normal_ = false;
    return spare_normal_;
  }
  double x = 0, y = 0, square = 0;
  do {
    x = 2 * Uniform() - 1;
    y = 2 * Uniform() - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  const double factor = std::sqrt(-2 * PortableLog(square) / square);
  spare_normal_ = y * factor;
  has_spare_normal_ = true;
  return x * factor;
}

double Random::Exponential(double mean) { return -mean * PortableLog(1 - Uniform()); }

}  // namespace silhouette::simulate
