#include "learn/simulate/home_draw.h"

#include <algorithm>

#include "learn/simulate/portable_math.h"

namespace silhouette::simulate {

double LogUniform(Random& random, double low, double high) {
  const double log_low = PortableLog(low);
  const double value = PortableExp(log_low + random.Uniform() * (PortableLog(high) - log_low));
  return std::clamp(value, low, high);
}

Host DrawServer(Random& random) {
  const auto last = static_cast<uint8_t>(random.UniformInt(1, 254));
  constexpr std::array kNetworks = {V4(192, 0, 2, 0), V4(198, 51, 100, 0), V4(203, 0, 113, 0)};
  IpAddress address = Pick(random, kNetworks);
  address.bytes[3] = last;
  return Remote(address);
}

Host DrawStranger(Random& random) {
  const uint64_t bits = random.NextUint64() >> 40;
  return Remote(V4(198, static_cast<uint8_t>(18 + (bits >> 16 & 1)),
                   static_cast<uint8_t>(bits >> 8), static_cast<uint8_t>(bits)));
}

TcpLook DrawHomeLook(Random& random) {
  constexpr std::array<TcpLook, 5> kLooks = {{
      {.syn_option_bytes = 20, .option_bytes = 12, .time_to_live = 64},  // Linux and phones
      {.syn_option_bytes = 24, .option_bytes = 12, .time_to_live = 64},  // macOS
      {.syn_option_bytes = 12, .option_bytes = 0, .time_to_live = 128},  // Windows
      {.syn_option_bytes = 4, .option_bytes = 0, .time_to_live = 255},   // lwIP
      {.syn_option_bytes = 8, .option_bytes = 0, .time_to_live = 64, .segment_bytes = 1440},
  }};
  return Pick(random, kLooks);
}

TcpLook DrawRemoteLook(Random& random) {
  TcpLook look = DrawHomeLook(random);
  look.time_to_live = static_cast<uint8_t>(look.time_to_live - random.UniformInt(4, 24));
  if (Chance(random, 0.3)) look.segment_bytes = 1400;
  return look;
}

int64_t DrawNear(Random& random) { return Millis(LogUniform(random, 0.2, 8)); }

int64_t DrawFar(Random& random) { return Millis(LogUniform(random, 3, 260)); }

Pace::Pace(double rate, std::optional<double> jitter, int64_t begin_ns, Random random)
    : random_(random), next_ns_(begin_ns), mean_gap_s_(1 / rate) {
  if (jitter.has_value()) {
    jitter_ = *jitter;
    return;
  }
  const double kind = random_.Uniform();
  if (kind < 0.35) {
    by_chance_ = true;
  } else if (kind < 0.6) {
    burst_ = static_cast<int64_t>(LogUniform(random_, 2, 64));
    burst_gap_ns_ = Seconds(mean_gap_s_ * LogUniform(random_, 0.002, 0.3));
    jitter_ = random_.Uniform(0, 0.3);
  } else {
    jitter_ = random_.Uniform(0, 0.3);
  }
}

int64_t Pace::Gap() {
  if (by_chance_) return Seconds(random_.Exponential(mean_gap_s_));
  if (burst_ > 1 && ++in_burst_ < burst_) return burst_gap_ns_;
  in_burst_ = 0;
  const double gap = mean_gap_s_ * (1 + jitter_ * random_.Uniform(-1, 1));
  // After a burst comes the time that the burst has saved.
  return Seconds(gap) +
         (burst_ - 1) * static_cast<int64_t>(mean_gap_s_ * kNanosPerSecond - burst_gap_ns_);
}

int64_t Pace::Next() {
  const int64_t now = next_ns_;
  if (slowest_ > 1 && now >= until_ns_) {
    slower_ = Chance(random_, 0.3) ? 1 : LogUniform(random_, 1, slowest_);
    until_ns_ = now + Seconds(LogUniform(random_, 1, 20));
  }
  next_ns_ += std::max<int64_t>(0, static_cast<int64_t>(static_cast<double>(Gap()) * slower_));
  return now;
}

void Pace::Vary(double most) { slowest_ = most; }

}  // namespace silhouette::simulate
