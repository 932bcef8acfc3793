// TCP connections that are begun and never finished.

#include <algorithm>
#include <array>
#include <vector>

#include "learn/simulate/attacks.h"
#include "learn/simulate/home_draw.h"

namespace silhouette::simulate {
namespace {

constexpr std::array<uint16_t, 8> kFloodedPorts = {80, 443, 22, 23, 8080, 554, 53, 1883};

// What the flooded host says. Nothing at all is also what a capture of one direction shows.
enum class Answers { kNothing, kSynAck, kReset, kSome };

struct Flood {
  std::vector<Host> sources;  // empty: a new one for each packet
  std::vector<Endpoint> targets;
  Answers answers = Answers::kNothing;
  double answered = 1;         // share of the packets, for kSome
  bool answers_again = false;  // SYN-ACKs come again after 1 s and 3 s
  double reset_by_source = 0;  // share of SYN-ACKs that reach somebody who knows of no SYN
  uint8_t option_bytes = 0;
  uint8_t time_to_live = 0;    // 0: any
  uint32_t payload_bytes = 0;  // some tools send data with a SYN
  bool ports_count_up = false;
  int64_t far_ns = 0;
};

Flood DrawFlood(const ScenarioPlan& plan, Random& random) {
  Flood flood;
  constexpr std::array<uint8_t, 6> kOptionBytes = {0, 0, 4, 12, 20, 24};
  flood.option_bytes = Pick(random, kOptionBytes);
  flood.payload_bytes = Chance(random, 0.1) ? Bytes(random, 1, 1400) : 0;
  flood.time_to_live =
      Chance(random, 0.4) ? uint8_t{0} : static_cast<uint8_t>(random.UniformInt(40, 255));
  flood.ports_count_up = Chance(random, 0.4);
  const double answers = random.Uniform();
  flood.answers = answers < 0.35  ? Answers::kNothing
                  : answers < 0.6 ? Answers::kSynAck
                  : answers < 0.8 ? Answers::kReset
                                  : Answers::kSome;
  flood.answers_again = Chance(random, 0.5);
  // What a small device or a full backlog gets out, packets a second.
  flood.answered = std::min(1.0, LogUniform(random, 20, 2000) / plan.rate);
  flood.reset_by_source = Chance(random, 0.5) ? 0 : random.Uniform(0, 0.4);
  flood.far_ns = plan.role == Role::kVictim ? DrawNear(random) : DrawFar(random);
  return flood;
}

void DrawEnds(const ScenarioPlan& plan, Flood& flood, Random& random) {
  const int64_t ports = Chance(random, 0.75) ? 1 : random.UniformInt(2, 4);
  const Host target = plan.role == Role::kVictim ? plan.device.host : DrawServer(random);
  for (int64_t i = 0; i < ports; ++i) {
    flood.targets.push_back({.host = target, .port = Pick(random, kFloodedPorts)});
  }
  if (plan.role == Role::kAttacker) {
    flood.sources.push_back(plan.device.host);
  } else if (Chance(random, 0.5)) {
    const auto bots = static_cast<int64_t>(LogUniform(random, 1, 3000));
    for (int64_t i = 0; i < bots; ++i) flood.sources.push_back(DrawStranger(random));
  }
}

void Answer(HomeWire& wire, int64_t time, const Endpoint& from, const Endpoint& to,
            uint32_t acknowledgment, const Flood& flood, Random& random) {
  if (flood.answers == Answers::kNothing) return;
  if (flood.answers == Answers::kSome && !Chance(random, flood.answered)) return;
  const bool closed = flood.answers == Answers::kReset;
  const TcpSegment segment = {
      .flags = static_cast<uint8_t>(closed ? kRst | kAck : kSyn | kAck),
      .option_bytes = closed ? uint8_t{0} : std::min(flood.option_bytes, uint8_t{20}),
      .sequence = closed ? 0 : static_cast<uint32_t>(random.NextUint64()),
      .acknowledgment = acknowledgment};
  time += flood.far_ns;
  wire.Tcp(time, from, to, segment);
  if (closed) return;
  if (Chance(random, flood.reset_by_source)) {
    wire.Tcp(time + DrawFar(random), to, from, {.flags = kRst, .sequence = acknowledgment});
  } else if (flood.answers_again) {
    wire.Tcp(time + Seconds(1), from, to, segment);
    wire.Tcp(time + Seconds(3), from, to, segment);
  }
}

}  // namespace

void AddSynFlood(HomeWire& wire, const ScenarioPlan& plan, const Random& random) {
  Pace pace(plan.rate, plan.jitter, plan.attack_begin_ns, random.Fork(0));
  VaryFlood(plan, pace, random.Fork(2));
  Random draw = random.Fork(1);
  Flood flood = DrawFlood(plan, draw);
  DrawEnds(plan, flood, draw);
  uint16_t port = EphemeralPort(draw);
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    const Host source = flood.sources.empty()
                            ? DrawStranger(draw)
                            : flood.sources[static_cast<size_t>(draw.UniformInt(
                                  0, static_cast<int64_t>(flood.sources.size()) - 1))];
    port = flood.ports_count_up ? std::max<uint16_t>(1024, static_cast<uint16_t>(port + 1))
                                : static_cast<uint16_t>(draw.UniformInt(1024, 65535));
    const Endpoint from = {.host = source, .port = port};
    const Endpoint& to = flood.targets[static_cast<size_t>(
        draw.UniformInt(0, static_cast<int64_t>(flood.targets.size()) - 1))];
    const auto sequence = static_cast<uint32_t>(draw.NextUint64());
    const auto any_ttl = static_cast<uint8_t>(draw.UniformInt(32, 250));
    wire.Tcp(time, from, to,
             {.flags = kSyn,
              .option_bytes = flood.option_bytes,
              .time_to_live = flood.time_to_live == 0 ? any_ttl : flood.time_to_live,
              .sequence = sequence,
              .payload_bytes = flood.payload_bytes});
    Answer(wire, time, to, from, sequence + 1 + flood.payload_bytes, flood, draw);
  }
}

}  // namespace silhouette::simulate
