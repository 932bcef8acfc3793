// A device that calls home to whoever has taken it over: the same little talk, period after period.

#include <algorithm>
#include <array>

#include "learn/simulate/attacks.h"
#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_talk.h"

namespace silhouette::simulate {
namespace {

enum class Manner { kTls, kHttp, kPlain, kUdp, kHeldOpen, kDead };

struct Beacon {
  Manner manner = Manner::kTls;
  Endpoint home;  // the one who commands
  TlsShape tls;
  TcpLook client_look, server_look;
  int64_t near_ns = 0, far_ns = 0, thinks_ns = 0;
  uint32_t asked_bytes = 0, answered_bytes = 0;
  uint32_t spread = 0;    // how much the sizes change
  double orders = 0;      // share of answers that are more than "nothing to do"
  bool looks_up = false;  // its name, each time
  bool refused = false;   // of kDead: by a reset, else there is nobody
};

Beacon DrawBeacon(Random& random) {
  constexpr std::array<uint16_t, 7> kPorts = {443, 443, 443, 8443, 4443, 80, 8080};
  constexpr std::array kManners = {
      Manner::kTls,   Manner::kTls, Manner::kTls,      Manner::kTls,      Manner::kHttp,
      Manner::kPlain, Manner::kUdp, Manner::kHeldOpen, Manner::kHeldOpen, Manner::kDead};
  Beacon beacon;
  beacon.manner = Pick(random, kManners);
  const uint16_t odd_port = static_cast<uint16_t>(random.UniformInt(1024, 49151));
  beacon.home = {.host = DrawServer(random),
                 .port = Chance(random, 0.75) ? Pick(random, kPorts) : odd_port};
  beacon.tls = DrawTlsShape(random);
  beacon.client_look = DrawHomeLook(random);
  beacon.server_look = DrawRemoteLook(random);
  beacon.near_ns = DrawNear(random);
  beacon.far_ns = DrawFar(random);
  beacon.thinks_ns = Millis(LogUniform(random, 0.5, 300));
  beacon.asked_bytes = static_cast<uint32_t>(LogUniform(random, 16, 900));
  beacon.answered_bytes = static_cast<uint32_t>(LogUniform(random, 16, 2500));
  beacon.spread = Chance(random, 0.6) ? 0 : Bytes(random, 1, 40);
  beacon.orders = Chance(random, 0.6) ? 0 : random.Uniform(0, 0.1);
  beacon.looks_up = Chance(random, 0.5);
  beacon.refused = Chance(random, 0.5);
  return beacon;
}

// One period's talk.
class Caller {
 public:
  Caller(HomeWire& wire, const Host& device, const Beacon& beacon, Random& random)
      : wire_(wire), device_(device), beacon_(beacon), random_(random) {}

  void Call(int64_t time) {
    if (beacon_.looks_up && beacon_.manner != Manner::kHeldOpen) {
      time = LookUp(wire_, device_, time, random_) + Millis(0.5);
    }
    if (beacon_.manner == Manner::kUdp) return CallByUdp(time);
    TcpConnection connection = Connection();
    if (beacon_.manner == Manner::kDead) {
      beacon_.refused ? connection.Refused(time) : connection.Unanswered(time, 3);
      return;
    }
    const bool is_tls = beacon_.manner == Manner::kTls;
    int64_t now = is_tls ? OpenTls(connection, beacon_.tls, time, random_) : connection.Open(time);
    now = Exchange(connection, now + Millis(0.4));
    is_tls ? CloseTls(connection, beacon_.tls, now) : connection.Close(now + Millis(0.2));
  }

  TcpConnection Connection() {
    return {wire_,
            {.host = device_, .port = EphemeralPort(random_)},
            beacon_.home,
            beacon_.near_ns,
            beacon_.far_ns,
            beacon_.client_look,
            beacon_.server_look};
  }

  int64_t Exchange(TcpConnection& connection, int64_t time) {
    return Ask(connection, time, Asked(), Answered(), beacon_.thinks_ns);
  }

 private:
  uint32_t Asked() { return beacon_.asked_bytes + Bytes(random_, 0, beacon_.spread); }
  uint32_t Answered() {
    if (Chance(random_, beacon_.orders))
      return static_cast<uint32_t>(LogUniform(random_, 2e3, 1e5));
    return beacon_.answered_bytes + Bytes(random_, 0, beacon_.spread);
  }

  void CallByUdp(int64_t time) {
    const Endpoint client = {.host = device_, .port = EphemeralPort(random_)};
    wire_.Udp(time, client, beacon_.home, std::min<uint32_t>(Asked(), 1400));
    wire_.Udp(time + beacon_.far_ns + beacon_.thinks_ns, beacon_.home, client,
              std::min<uint32_t>(Answered(), 1400));
  }

  HomeWire& wire_;
  Host device_;
  const Beacon& beacon_;
  Random& random_;
};

}  // namespace

void AddBeacon(HomeWire& wire, const ScenarioPlan& plan, const Random& random) {
  Pace pace(1 / plan.period_s, plan.jitter, plan.attack_begin_ns, random.Fork(0));
  Random draw = random.Fork(1);
  const Beacon beacon = DrawBeacon(draw);
  Caller caller(wire, plan.device.host, beacon, draw);
  if (beacon.manner != Manner::kHeldOpen) {
    for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
      caller.Call(time);
    }
    return;
  }
  TcpConnection connection = caller.Connection();
  int64_t now = OpenTls(connection, beacon.tls, pace.Next(), draw);
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    now = caller.Exchange(connection, std::max(time, now + Millis(1)));
  }
}

}  // namespace silhouette::simulate
