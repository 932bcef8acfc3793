#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_wire.h"
#include "learn/simulate/packet.h"
#include "learn/simulate/random.h"

namespace silhouette::simulate {

// Draws that every device and every attack makes.

inline uint16_t EphemeralPort(Random& random) {
  return static_cast<uint16_t>(random.UniformInt(49152, 65535));
}
inline uint32_t Bytes(Random& random, int64_t low, int64_t high) {
  return static_cast<uint32_t>(random.UniformInt(low, high));
}
inline bool Chance(Random& random, double probability) { return random.Uniform() < probability; }

template <typename T, size_t N>
const T& Pick(Random& random, const std::array<T, N>& values) {
  return values[static_cast<size_t>(random.UniformInt(0, static_cast<int64_t>(N) - 1))];
}

// As likely between 1 and 10 as between 10 and 100; low and high positive.
double LogUniform(Random& random, double low, double high);

// A server on the Internet: an address that is set aside for documentation (RFC 5737).
Host DrawServer(Random& random);
// One of 131,072 addresses, for where a flood or a scan needs more than documentation has: they are
// set aside for benchmarks (RFC 2544), so that nobody has them either.
Host DrawStranger(Random& random);

TcpLook DrawHomeLook(Random& random);    // a computer's, a phone's or a small device's
TcpLook DrawRemoteLook(Random& random);  // seen after some hops

// The way to the other end and back: in the home, or over the Internet.
int64_t DrawNear(Random& random);
int64_t DrawFar(Random& random);

// When things happen that happen `rate` times a second on average: evenly, by chance or in bursts,
// which is drawn. A jitter J moves each gap by up to J of itself and excludes the other two.
class Pace {
 public:
  Pace(double rate, std::optional<double> jitter, int64_t begin_ns, Random random);
  int64_t Next();  // the first is begin_ns; never earlier than the one before
  // From now on it changes every few seconds: full, or up to `most` times slower.
  void Vary(double most);

 private:
  int64_t Gap();

  Random random_;
  int64_t next_ns_;
  double mean_gap_s_;
  double jitter_ = 0;
  bool by_chance_ = false;
  int64_t burst_ = 1;
  int64_t burst_gap_ns_ = 0;
  int64_t in_burst_ = 0;
  double slowest_ = 1;  // of Vary
  double slower_ = 1;
  int64_t until_ns_ = 0;
};

}  // namespace silhouette::simulate
