// Many ports of one host.

#include <algorithm>
#include <array>
#include <vector>

#include "learn/simulate/attacks.h"
#include "learn/simulate/home_draw.h"

namespace silhouette::simulate {
namespace {

enum class Method { kSyn, kConnect, kOddFlags, kUdp };

struct Scan {
  Host scanner;
  Host target;
  Method method = Method::kSyn;
  TcpLook look;
  uint8_t odd_flags = 0;  // of kOddFlags
  bool one_port = false;  // all probes from one source port
  uint16_t source_port = 0;
  double filtered = 0;   // share of ports that say nothing
  int again = 0;         // further probes of those
  int64_t again_ns = 0;  // how long after
  int64_t near_ns = 0, far_ns = 0;
  std::vector<uint16_t> ports;  // in the order of the scan
  std::vector<bool> open;       // by port
};

// The first thousand, some at random, or all of them.
std::vector<uint16_t> DrawPorts(Random& random) {
  const double kind = random.Uniform();
  const int64_t count = kind < 0.3 ? 1024 : kind < 0.5 ? 65535 : random.UniformInt(60, 5000);
  std::vector<uint16_t> ports;
  for (int64_t i = 1; i <= count; ++i) {
    ports.push_back(static_cast<uint16_t>(kind < 0.5 ? i : random.UniformInt(1, 65535)));
  }
  if (Chance(random, 0.7)) random.Shuffle(ports);
  return ports;
}

void DrawEnds(const ScenarioPlan& plan, Scan& scan, Random& random) {
  const bool inside = !plan.neighbours.empty() && Chance(random, 0.5);
  const Host other = inside ? plan.neighbours[0].host : DrawServer(random);
  const bool attacks = plan.role == Role::kAttacker;
  scan.scanner = attacks ? plan.device.host : other;
  scan.target = attacks ? other : plan.device.host;
  scan.near_ns = attacks || inside ? DrawNear(random) : DrawFar(random);
  scan.far_ns = !attacks || inside ? DrawNear(random) : DrawFar(random);
}

Scan DrawScan(const ScenarioPlan& plan, Random& random) {
  Scan scan;
  DrawEnds(plan, scan, random);
  const double method = random.Uniform();
  scan.method = method < 0.5    ? Method::kSyn
                : method < 0.85 ? Method::kConnect
                : method < 0.92 ? Method::kOddFlags
                                : Method::kUdp;
  constexpr std::array<uint8_t, 4> kOddFlags = {kFin, 0, kFin | kPsh | 0x20, kAck};
  scan.odd_flags = Pick(random, kOddFlags);
  scan.look = DrawHomeLook(random);
  if (scan.method == Method::kSyn) {
    scan.look.syn_option_bytes = Chance(random, 0.7) ? 4 : 0;
    scan.look.time_to_live = static_cast<uint8_t>(random.UniformInt(37, 59));
  }
  scan.one_port = scan.method != Method::kConnect && Chance(random, 0.6);
  scan.source_port = EphemeralPort(random);
  const double filter = random.Uniform();
  scan.filtered = filter < 0.35 ? 0 : filter < 0.6 ? 1 : random.Uniform();
  scan.again = static_cast<int>(random.UniformInt(0, 2));
  scan.again_ns = Millis(LogUniform(random, 100, 3000));
  scan.ports = DrawPorts(random);
  scan.open.resize(65536);
  for (int64_t i = random.UniformInt(0, 8); i > 0; --i) {
    scan.open[scan.ports[static_cast<size_t>(
        random.UniformInt(0, static_cast<int64_t>(scan.ports.size()) - 1))]] = true;
  }
  return scan;
}

void ProbeByConnecting(HomeWire& wire, int64_t time, const Endpoint& from, const Endpoint& to,
                       const Scan& scan, bool filtered, Random& random) {
  TcpConnection connection(wire, from, to, scan.near_ns, scan.far_ns, scan.look, scan.look);
  if (filtered) {
    connection.Unanswered(time, scan.again);
  } else if (!scan.open[to.port]) {
    connection.Refused(time);
  } else {
    const int64_t opened = connection.Open(time);
    connection.Close(opened + Millis(random.Uniform(0.1, 200)));
  }
}

void ProbeBySegment(HomeWire& wire, int64_t time, const Endpoint& from, const Endpoint& to,
                    const Scan& scan, bool filtered, Random& random) {
  const bool is_syn = scan.method == Method::kSyn;
  const auto sequence = static_cast<uint32_t>(random.NextUint64());
  const TcpSegment probe = {.flags = is_syn ? static_cast<uint8_t>(kSyn) : scan.odd_flags,
                            .option_bytes = is_syn ? scan.look.syn_option_bytes : uint8_t{0},
                            .time_to_live = scan.look.time_to_live,
                            .sequence = sequence};
  // An open port says nothing to flags that mean nothing.
  const bool silent = filtered || (!is_syn && scan.open[to.port]);
  for (int i = 0; i <= (silent ? scan.again : 0); ++i) {
    wire.Tcp(time + i * scan.again_ns, from, to, probe);
  }
  if (silent) return;
  const bool open = is_syn && scan.open[to.port];
  const auto flags = static_cast<uint8_t>(open ? kSyn | kAck : kRst | kAck);
  wire.Tcp(time + scan.far_ns, to, from,
           {.flags = flags,
            .option_bytes = open ? uint8_t{4} : uint8_t{0},
            .acknowledgment = sequence + 1});
  if (!open) return;
  wire.Tcp(time + scan.far_ns + scan.near_ns, from, to, {.flags = kRst, .sequence = sequence + 1});
}

}  // namespace

void AddPortScan(HomeWire& wire, const ScenarioPlan& plan, const Random& random) {
  constexpr uint8_t kUnreachable = 3;
  Pace pace(plan.rate, plan.jitter, plan.attack_begin_ns, random.Fork(0));
  Random draw = random.Fork(1);
  const Scan scan = DrawScan(plan, draw);
  const double told_per_probe = std::min(1.0, draw.Uniform(0.5, 5) / plan.rate);
  size_t next = 0;
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    const Endpoint to = {.host = scan.target, .port = scan.ports[next++ % scan.ports.size()]};
    const Endpoint from = {.host = scan.scanner,
                           .port = scan.one_port ? scan.source_port : EphemeralPort(draw)};
    const bool filtered = !scan.open[to.port] && Chance(draw, scan.filtered);
    if (scan.method == Method::kConnect) {
      ProbeByConnecting(wire, time, from, to, scan, filtered, draw);
    } else if (scan.method == Method::kUdp) {
      wire.Udp(time, from, to, Bytes(draw, 0, 40));
      // Systems limit how often they say that nobody is there.
      if (!filtered && Chance(draw, told_per_probe)) {
        wire.Icmp(time + scan.far_ns, scan.target, scan.scanner, kUnreachable, 28);
      }
    } else {
      ProbeBySegment(wire, time, from, to, scan, filtered, draw);
    }
  }
}

}  // namespace silhouette::simulate
