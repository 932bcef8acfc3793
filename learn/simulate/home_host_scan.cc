// One or few ports of many addresses.

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "learn/simulate/attacks.h"
#include "learn/simulate/home_draw.h"

namespace silhouette::simulate {
namespace {

constexpr std::array<uint16_t, 16> kScannedPorts = {23,  2323, 22,   80, 443,  8080,  7547, 5555,
                                                    445, 3389, 8443, 81, 8000, 37215, 554,  1883};

enum class Answer { kNone, kOpen, kClosed };

// How a scanner asks and what it finds, the same for a whole scan.
struct Manner {
  std::vector<uint16_t> ports;
  TcpLook look;
  bool connects = false;  // goes through the handshake; else it resets, or its system does
  bool one_port = false;  // all probes from one source port
  int again = 0;          // further SYNs where nobody answers
  double alive = 0;       // share of addresses that answer
  double open = 0;        // share of those whose port is open
  uint16_t source_port = 0;
};

Manner DrawManner(Random& random) {
  Manner manner;
  const int64_t ports = Chance(random, 0.6) ? 1 : random.UniformInt(2, 5);
  for (int64_t i = 0; i < ports; ++i) manner.ports.push_back(Pick(random, kScannedPorts));
  manner.look = DrawHomeLook(random);
  if (Chance(random, 0.35)) manner.look.syn_option_bytes = 0;  // raw packets, without options
  manner.connects = Chance(random, 0.4);
  manner.one_port = Chance(random, 0.4);
  manner.again = Chance(random, 0.5) ? 0 : static_cast<int>(random.UniformInt(1, 3));
  manner.alive = LogUniform(random, 0.001, 0.6);
  manner.open = random.Uniform(0.05, 0.95);
  manner.source_port = EphemeralPort(random);
  return manner;
}

// A probe and what comes of it.
void Probe(HomeWire& wire, int64_t time, const Host& scanner, const Endpoint& target,
           const Manner& manner, Answer answer, Random& random) {
  const uint16_t port = manner.one_port ? manner.source_port : EphemeralPort(random);
  const bool inside = target.host.mac != kRouter.mac && scanner.mac != kRouter.mac;
  const int64_t far = inside ? DrawNear(random) : DrawFar(random);
  TcpConnection connection(wire, {.host = scanner, .port = port}, target, DrawNear(random), far,
                           manner.look, DrawRemoteLook(random));
  if (answer == Answer::kNone) {
    connection.Unanswered(time, manner.again);
  } else if (answer == Answer::kClosed) {
    connection.Refused(time);
  } else if (manner.connects) {
    const int64_t open = connection.Open(time);
    if (Chance(random, 0.5)) {
      connection.Close(open + Millis(random.Uniform(0.1, 900)));
    } else {
      connection.ClientResets(open + Millis(random.Uniform(0.1, 50)));
    }
  } else {
    const TcpSegment syn = {.flags = kSyn, .option_bytes = manner.look.syn_option_bytes};
    wire.Tcp(time, {.host = scanner, .port = port}, target, syn);
    wire.Tcp(time + far, target, {.host = scanner, .port = port},
             {.flags = kSyn | kAck, .option_bytes = 4, .acknowledgment = 1});
    wire.Tcp(time + far + Millis(0.3), {.host = scanner, .port = port}, target,
             {.flags = kRst, .sequence = 1});
  }
}

Answer DrawAnswer(const Manner& manner, Random& random) {
  if (!Chance(random, manner.alive)) return Answer::kNone;
  return Chance(random, manner.open) ? Answer::kOpen : Answer::kClosed;
}

// The addresses of the home, in the order they are asked for.
std::vector<uint8_t> HomeNumbers(const Host& scanner, Random& random) {
  std::vector<uint8_t> numbers;
  for (uint8_t number = 1; number < 255; ++number) {
    if (number != scanner.address.bytes[3]) numbers.push_back(number);
  }
  if (Chance(random, 0.5)) random.Shuffle(numbers);
  return numbers;
}

// Who has it? Round after round through the home's network; those who are there answer, and some
// scanners then ask them for a port.
void AddArpSweep(HomeWire& wire, const ScenarioPlan& plan, Pace pace, Random random) {
  constexpr uint8_t kRequest = 1, kReply = 2;
  const Host scanner = plan.device.host;
  const Manner manner = DrawManner(random);
  const bool goes_on = Chance(random, 0.5);
  const std::vector<uint8_t> numbers = HomeNumbers(scanner, random);
  std::set<uint8_t> present = {1};
  for (const Resident& resident : plan.neighbours) present.insert(resident.host.address.bytes[3]);
  size_t next = 0;
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    const uint8_t number = numbers[next++ % numbers.size()];
    const Host asked = HomeHost(number, number);
    wire.Arp(time, scanner, {.mac = kBroadcast.mac, .address = asked.address}, kRequest);
    if (!present.contains(number)) continue;
    const int64_t answered = time + Millis(LogUniform(random, 0.1, 30));
    wire.Arp(answered, asked, scanner, kReply);
    if (!goes_on || number == 1) continue;
    for (const uint16_t port : manner.ports) {
      Probe(wire, answered + Millis(0.2), scanner, {.host = asked, .port = port}, manner,
            Chance(random, 0.3) ? Answer::kOpen : Answer::kClosed, random);
    }
  }
}

// SYNs to addresses of the Internet.
void AddSynSweep(HomeWire& wire, const ScenarioPlan& plan, Pace pace, Random random) {
  const Manner manner = DrawManner(random);
  const double asked_in_all =
      plan.rate * 1e-9 * static_cast<double>(plan.attack_end_ns - plan.attack_begin_ns);
  // Through all ports of an address at once, or one port after the other.
  const bool by_host = Chance(random, 0.5);
  const auto hosts = std::max<size_t>(1, static_cast<size_t>(asked_in_all) / manner.ports.size());
  std::vector<Host> targets;
  for (size_t i = 0; i < hosts; ++i) targets.push_back(DrawStranger(random));
  size_t next = 0;
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next(), ++next) {
    const size_t host = by_host ? next / manner.ports.size() : next;
    const size_t port = by_host ? next : next / targets.size();
    Probe(
        wire, time, plan.device.host,
        {.host = targets[host % targets.size()], .port = manner.ports[port % manner.ports.size()]},
        manner, DrawAnswer(manner, random), random);
  }
}

// Echo requests to addresses of the Internet or of the home.
void AddPingSweep(HomeWire& wire, const ScenarioPlan& plan, Pace pace, Random random) {
  constexpr uint8_t kEcho = 8, kEchoReply = 0;
  const double alive = LogUniform(random, 0.001, 0.6);
  const uint32_t bytes = Chance(random, 0.5) ? 0 : Bytes(random, 8, 64);
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    const Host target = DrawStranger(random);
    wire.Icmp(time, plan.device.host, target, kEcho, bytes);
    if (Chance(random, alive)) {
      wire.Icmp(time + DrawFar(random), target, plan.device.host, kEchoReply, bytes);
    }
  }
}

// UDP probes of one service, which few answer.
void AddUdpSweep(HomeWire& wire, const ScenarioPlan& plan, Pace pace, Random random) {
  constexpr std::array<uint16_t, 6> kServices = {161, 1900, 5060, 53, 123, 5683};
  const uint16_t port = Pick(random, kServices);
  const uint32_t bytes = Bytes(random, 12, 420);
  const double alive = LogUniform(random, 0.001, 0.1);
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    const Endpoint asker = {.host = plan.device.host, .port = EphemeralPort(random)};
    const Endpoint target = {.host = DrawStranger(random), .port = port};
    wire.Udp(time, asker, target, bytes);
    if (Chance(random, alive)) {
      wire.Udp(time + DrawFar(random), target, asker, Bytes(random, 20, 400));
    }
  }
}

// Scanners that come by, each with a few probes: what the device sees of scans of whole networks.
void AddSuffered(HomeWire& wire, const ScenarioPlan& plan, Pace pace, Random random) {
  constexpr uint8_t kRequest = 1, kReply = 2;
  const bool from_inside = !plan.neighbours.empty() && Chance(random, 0.35);
  std::vector<std::pair<Host, Manner>> scanners;
  const auto count = from_inside ? 1 : static_cast<int64_t>(LogUniform(random, 1, 200));
  const Manner common = DrawManner(random);
  for (int64_t i = 0; i < count; ++i) {
    Manner manner = DrawManner(random);
    if (Chance(random, 0.7)) manner.ports = common.ports;
    scanners.emplace_back(from_inside ? plan.neighbours[0].host : DrawStranger(random), manner);
  }
  // A device answers alike on a port: open, closed, or not at all behind a filter.
  const double silent = random.Uniform();
  const Answer answer = silent < 0.4   ? Answer::kNone
                        : silent < 0.8 ? Answer::kClosed
                                       : Answer::kOpen;
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    const auto& [scanner, manner] = scanners[static_cast<size_t>(random.UniformInt(0, count - 1))];
    if (from_inside && Chance(random, 0.3)) {
      wire.Arp(time, scanner, {.mac = kBroadcast.mac, .address = plan.device.host.address},
               kRequest);
      wire.Arp(time + Millis(0.4), plan.device.host, scanner, kReply);
    }
    const auto port =
        static_cast<size_t>(random.UniformInt(0, static_cast<int64_t>(manner.ports.size()) - 1));
    Probe(wire, time + Millis(0.8), scanner, {.host = plan.device.host, .port = manner.ports[port]},
          manner, answer, random);
  }
}

}  // namespace

void AddHostScan(HomeWire& wire, const ScenarioPlan& plan, const Random& random) {
  Pace pace(plan.rate, plan.jitter, plan.attack_begin_ns, random.Fork(0));
  Random draw = random.Fork(1);
  const double method = draw.Uniform();
  if (plan.role == Role::kVictim) {
    AddSuffered(wire, plan, pace, draw);
  } else if (method < 0.35) {
    AddArpSweep(wire, plan, pace, draw);
  } else if (method < 0.85) {
    AddSynSweep(wire, plan, pace, draw);
  } else if (method < 0.93) {
    AddPingSweep(wire, plan, pace, draw);
  } else {
    AddUdpSweep(wire, plan, pace, draw);
  }
}

}  // namespace silhouette::simulate
