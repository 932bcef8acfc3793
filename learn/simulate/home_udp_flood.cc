// UDP floods: straight from those who send them, or reflected by servers that were asked in the
// victim's name, whose answers are bigger than the questions. And SYN-ACKs reflected in that way.

#include <algorithm>
#include <array>
#include <vector>

#include "learn/simulate/attacks.h"
#include "learn/simulate/frame.h"
#include "learn/simulate/home_draw.h"

namespace silhouette::simulate {
namespace {

// A service that reflects: its port and how much it answers.
struct Reflector {
  uint16_t port = 0;
  int64_t least_bytes = 0, most_bytes = 0;
};
constexpr std::array<Reflector, 8> kReflectors = {{{53, 500, 4096},
                                                   {123, 8, 482},
                                                   {1900, 230, 420},
                                                   {11211, 1000, 1400},
                                                   {389, 1200, 3500},
                                                   {19, 70, 1020},
                                                   {5683, 100, 1024},
                                                   {3702, 600, 2500}}};

// A datagram in as many fragments as it takes, each ready to go right behind the one before.
int64_t AddDatagram(HomeWire& wire, int64_t time, const Endpoint& from, const Endpoint& to,
                    uint32_t payload_bytes, uint16_t identification) {
  constexpr uint32_t kIpBytes = 1480;  // of a full frame behind the IP header, a multiple of 8
  constexpr uint32_t kUdpHeader = 8;
  if (payload_bytes + kUdpHeader <= kIpBytes) {
    wire.Udp(time, from, to, payload_bytes);
    return 1;
  }
  const uint32_t all = payload_bytes + kUdpHeader;
  int64_t count = 0;
  for (uint32_t offset = 0; offset < all; offset += kIpBytes, ++count) {
    const uint32_t part = std::min(kIpBytes, all - offset);
    SimulatedPacket packet = {.time_ns = time + count * 12 * kNanosPerMicrosecond,
                              .source_mac = from.host.mac,
                              .destination_mac = to.host.mac,
                              .source = from.host.address,
                              .destination = to.host.address,
                              .wire_bytes = 14 + 20 + part,
                              .more_fragments = offset + part < all,
                              .fragment_offset = static_cast<uint16_t>(offset),
                              .identification = identification};
    if (offset == 0) {
      packet.source_port = from.port;
      packet.destination_port = to.port;
      packet.datagram_bytes = static_cast<uint16_t>(all);
    }
    wire.Add(packet);
  }
  return count;
}

std::vector<Host> DrawStrangers(Random& random, double low, double high) {
  std::vector<Host> hosts;
  const auto count = static_cast<int64_t>(LogUniform(random, low, high));
  for (int64_t i = 0; i < count; ++i) hosts.push_back(DrawStranger(random));
  return hosts;
}

const Host& Any(const std::vector<Host>& hosts, Random& random) {
  return hosts[static_cast<size_t>(random.UniformInt(0, static_cast<int64_t>(hosts.size()) - 1))];
}

// The victim says that nobody listens, as often as its system lets it.
void SayUnreachable(HomeWire& wire, int64_t time, const Host& victim, const Host& source,
                    double probability, Random& random) {
  constexpr uint8_t kUnreachable = 3;
  if (!Chance(random, probability)) return;
  wire.Icmp(time + Millis(random.Uniform(0.2, 4)), victim, source, kUnreachable, 28 + 64);
}

void AddReflection(HomeWire& wire, const ScenarioPlan& plan, Pace pace, Random random) {
  const std::vector<Host> servers = DrawStrangers(random, 5, 5000);
  const std::array<Reflector, 2> kinds = {Pick(random, kReflectors), Pick(random, kReflectors)};
  const double second = Chance(random, 0.3) ? random.Uniform(0, 0.5) : 0;
  std::vector<uint32_t> sizes;  // by server: each answers alike
  for (size_t i = 0; i < servers.size(); ++i) {
    sizes.push_back(Bytes(random, kinds[0].least_bytes, kinds[0].most_bytes));
  }
  const bool same_size = Chance(random, 0.3);
  const auto port = static_cast<uint16_t>(random.UniformInt(1, 65535));
  const bool one_port = Chance(random, 0.5);
  const double unreachable =
      Chance(random, 0.5) ? 0 : std::min(1.0, random.Uniform(0.5, 20) / plan.rate);
  // The rate counts packets, so fragments keep the next datagram waiting.
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    const auto index =
        static_cast<size_t>(random.UniformInt(0, static_cast<int64_t>(servers.size()) - 1));
    const bool is_second = Chance(random, second);
    const uint32_t bytes = is_second ? Bytes(random, kinds[1].least_bytes, kinds[1].most_bytes)
                                     : sizes[same_size ? 0 : index];
    const Endpoint from = {.host = servers[index], .port = kinds[is_second ? 1 : 0].port};
    const Endpoint to = {
        .host = plan.device.host,
        .port = one_port ? port : static_cast<uint16_t>(random.UniformInt(1024, 65535))};
    const auto identification = static_cast<uint16_t>(random.NextUint64());
    const int64_t packets = AddDatagram(wire, time, from, to, bytes, identification);
    for (int64_t i = 1; i < packets; ++i) pace.Next();
    SayUnreachable(wire, time, to.host, from.host, unreachable, random);
  }
}

// Servers answer SYNs that were sent in the victim's name; each tries again.
void AddReflectedSynAcks(HomeWire& wire, const ScenarioPlan& plan, Pace pace, Random random) {
  constexpr std::array<uint16_t, 6> kPorts = {443, 80, 22, 21, 179, 8080};
  const std::vector<Host> servers = DrawStrangers(random, 5, 20'000);
  const uint16_t port = Pick(random, kPorts);
  const TcpLook look = DrawRemoteLook(random);
  const int64_t again = random.UniformInt(0, 3);
  const double reset =
      Chance(random, 0.5) ? 0 : std::min(1.0, LogUniform(random, 50, 5000) / plan.rate);
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    const Endpoint from = {.host = Any(servers, random), .port = port};
    const Endpoint to = {.host = plan.device.host,
                         .port = static_cast<uint16_t>(random.UniformInt(1024, 65535))};
    const TcpSegment answer = {.flags = kSyn | kAck,
                               .option_bytes = look.syn_option_bytes,
                               .time_to_live = look.time_to_live,
                               .sequence = static_cast<uint32_t>(random.NextUint64()),
                               .acknowledgment = static_cast<uint32_t>(random.NextUint64())};
    wire.Tcp(time, from, to, answer);
    if (Chance(random, reset)) {
      wire.Tcp(time + Millis(random.Uniform(0.2, 5)), to, from,
               {.flags = kRst, .sequence = answer.acknowledgment});
      continue;
    }
    int64_t wait = kNanosPerSecond;
    for (int64_t i = 0; i < again; ++i, wait = 2 * wait + kNanosPerSecond) {
      wire.Tcp(time + wait, from, to, answer);
    }
  }
}

// From bots to the device, or from the device to its victim.
void AddStraight(HomeWire& wire, const ScenarioPlan& plan, Pace pace, Random random) {
  const bool is_victim = plan.role == Role::kVictim;
  const std::vector<Host> sources =
      is_victim ? DrawStrangers(random, 1, 500) : std::vector<Host>{plan.device.host};
  const Host target = is_victim ? plan.device.host : DrawServer(random);
  const uint32_t most = Chance(random, 0.5) ? Bytes(random, 1, 1472) : Bytes(random, 512, 1400);
  const uint32_t least = Chance(random, 0.6) ? most : Bytes(random, 0, most);
  const auto port = static_cast<uint16_t>(random.UniformInt(1, 65535));
  const bool one_port = Chance(random, 0.5);
  const uint16_t source_port = EphemeralPort(random);
  const bool one_source_port = Chance(random, 0.5);
  const double unreachable =
      Chance(random, 0.5) ? 0 : std::min(1.0, random.Uniform(0.5, 20) / plan.rate);
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    const Endpoint from = {.host = Any(sources, random),
                           .port = one_source_port ? source_port : EphemeralPort(random)};
    const Endpoint to = {
        .host = target,
        .port = one_port ? port : static_cast<uint16_t>(random.UniformInt(1, 65535))};
    wire.Udp(time, from, to, Bytes(random, least, most));
    SayUnreachable(wire, time, target, from.host, unreachable, random);
  }
}

}  // namespace

void VaryFlood(const ScenarioPlan& plan, Pace& pace, Random random) {
  constexpr double kLeastRate = 15, kMostTimes = 30;
  if (plan.jitter.has_value() || plan.rate < 2 * kLeastRate || Chance(random, 0.5)) return;
  pace.Vary(std::min(plan.rate / kLeastRate, kMostTimes));
}

void AddUdpFlood(HomeWire& wire, const ScenarioPlan& plan, const Random& random) {
  Pace pace(plan.rate, plan.jitter, plan.attack_begin_ns, random.Fork(0));
  VaryFlood(plan, pace, random.Fork(2));
  Random draw = random.Fork(1);
  const double method = draw.Uniform();
  if (plan.role == Role::kAttacker || method < 0.25) {
    AddStraight(wire, plan, pace, draw);
  } else if (method < 0.8) {
    AddReflection(wire, plan, pace, draw);
  } else {
    AddReflectedSynAcks(wire, plan, pace, draw);
  }
}

}  // namespace silhouette::simulate
