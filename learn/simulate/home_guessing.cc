// Guesses at passwords: short connections that are all alike, one after the other.

#include <array>
#include <vector>

#include "learn/simulate/attacks.h"
#include "learn/simulate/home_draw.h"

namespace silhouette::simulate {
namespace {

enum class Service { kSsh, kTelnet, kTls, kPlain };
constexpr std::array<Service, 5> kServices = {Service::kSsh, Service::kSsh, Service::kTelnet,
                                              Service::kTls, Service::kPlain};

struct Pair {
  Endpoint server;
  Host client;
  int64_t near_ns = 0, far_ns = 0;
};

// What all guesses of one attack have in common.
struct Guesses {
  Service service = Service::kSsh;
  std::vector<Pair> pairs;
  TcpLook client_look, server_look;
  int64_t tries = 1;      // passwords a connection
  double thinks_ms = 1;   // what the server takes to refuse one
  double sends_ms = 1;    // what the client takes for the next message
  double refused = 0;     // share of connections that are reset at once
  double unanswered = 0;  // share that are not answered at all
  bool server_closes = false;
  bool resets = false;
  std::array<uint32_t, 8> bytes{};  // of the messages, in their order
  uint32_t spread = 0;              // how many bytes a name or password makes of a difference
};

uint16_t PortOf(Service service, Random& random) {
  constexpr std::array<uint16_t, 4> kPlain = {80, 21, 8080, 554};
  switch (service) {
    case Service::kSsh:
      return Chance(random, 0.8) ? 22 : 2222;
    case Service::kTelnet:
      return Chance(random, 0.7) ? 23 : 2323;
    case Service::kTls:
      return Chance(random, 0.8) ? 443 : 8443;
    case Service::kPlain:
      break;
  }
  return Pick(random, kPlain);
}

void DrawPairs(const ScenarioPlan& plan, Guesses& guesses, Random& random) {
  const uint16_t port = PortOf(guesses.service, random);
  const int64_t peers = Chance(random, 0.6) ? 1 : random.UniformInt(2, 8);
  const bool inside = peers == 1 && !plan.neighbours.empty() && Chance(random, 0.3);
  for (int64_t i = 0; i < peers; ++i) {
    const Host peer = inside ? plan.neighbours[0].host : DrawServer(random);
    const bool attacks = plan.role == Role::kAttacker;
    guesses.pairs.push_back({.server = {.host = attacks ? peer : plan.device.host, .port = port},
                             .client = attacks ? plan.device.host : peer,
                             .near_ns = attacks || inside ? DrawNear(random) : DrawFar(random),
                             .far_ns = !attacks || inside ? DrawNear(random) : DrawFar(random)});
  }
}

Guesses DrawGuesses(const ScenarioPlan& plan, Random& random) {
  Guesses guesses;
  guesses.service = Pick(random, kServices);
  DrawPairs(plan, guesses, random);
  guesses.client_look = DrawHomeLook(random);
  guesses.server_look = DrawHomeLook(random);
  guesses.tries = Chance(random, 0.6) ? 1 : random.UniformInt(2, 6);
  guesses.thinks_ms = LogUniform(random, 1, 2500);
  guesses.sends_ms = LogUniform(random, 0.2, 60);
  guesses.refused = Chance(random, 0.8) ? 0 : random.Uniform(0, 0.5);
  guesses.unanswered = Chance(random, 0.8) ? 0 : random.Uniform(0, 0.5);
  guesses.server_closes = Chance(random, 0.4);
  guesses.resets = Chance(random, 0.2);
  for (uint32_t& bytes : guesses.bytes) bytes = Bytes(random, 0, 1000);
  guesses.spread = Bytes(random, 0, 12);
  return guesses;
}

// One guess: its messages come one after the other, each when the other's has arrived.
class Talk {
 public:
  Talk(TcpConnection& connection, const Guesses& guesses, int64_t time, Random& random)
      : connection_(connection), guesses_(guesses), random_(random), now_(time) {}

  int64_t now() const { return now_; }
  // From `low` on, further by what this attack's message of that number is within `range`.
  void Client(size_t message, uint32_t low, uint32_t range, uint32_t spread = 0) {
    now_ =
        connection_.ClientSends(now_ + Wait(guesses_.sends_ms), Size(message, low, range, spread));
  }
  void Server(size_t message, uint32_t low, uint32_t range) {
    now_ = connection_.ServerSends(now_ + Wait(1), Size(message, low, range, 0), Millis(0.2));
  }
  void Think() { now_ += Wait(guesses_.thinks_ms); }

 private:
  int64_t Wait(double mean_ms) { return Millis(mean_ms * random_.Uniform(0.7, 1.3)); }
  uint32_t Size(size_t message, uint32_t low, uint32_t range, uint32_t spread) {
    return low + range * guesses_.bytes.at(message) / 1000 + Bytes(random_, 0, spread);
  }

  TcpConnection& connection_;
  const Guesses& guesses_;
  Random& random_;
  int64_t now_;
};

void TalkSsh(Talk& talk, const Guesses& guesses) {
  talk.Server(0, 20, 25);  // banners
  talk.Client(1, 18, 25);
  talk.Client(2, 600, 900);  // which ciphers
  talk.Server(3, 700, 500);
  talk.Client(4, 48, 1200);  // key exchange
  talk.Server(5, 450, 900);
  talk.Client(6, 16, 64);
  talk.Client(7, 44, 24);
  talk.Server(7, 44, 24);
  for (int64_t i = 0; i < guesses.tries; ++i) {
    talk.Client(0, 64, 90, guesses.spread);
    talk.Think();
    talk.Server(1, 44, 50);
  }
}

void TalkTelnet(Talk& talk, const Guesses& guesses) {
  talk.Server(0, 3, 20);  // what each will and won't
  talk.Client(1, 3, 20);
  talk.Server(2, 3, 20);
  talk.Client(3, 3, 20);
  for (int64_t i = 0; i < guesses.tries; ++i) {
    talk.Server(4, 7, 60);  // "login: "
    talk.Client(5, 4, 4, guesses.spread);
    talk.Server(6, 4, 20);  // its echo
    talk.Client(7, 4, 6, guesses.spread);
    talk.Think();
    talk.Server(7, 16, 20);  // "Login incorrect"
  }
}

void TalkTls(Talk& talk, const Guesses& guesses) {
  talk.Client(0, 200, 340);
  talk.Server(1, 900, 3500);
  talk.Client(2, 64, 120);
  talk.Server(3, 51, 250);
  for (int64_t i = 0; i < guesses.tries; ++i) {
    talk.Client(4, 150, 500, guesses.spread);
    talk.Think();
    talk.Server(5, 150, 1200);
  }
  talk.Client(6, 31, 0);
}

void TalkPlain(Talk& talk, const Guesses& guesses) {
  for (int64_t i = 0; i < guesses.tries; ++i) {
    talk.Client(4, 60, 400, guesses.spread);
    talk.Think();
    talk.Server(5, 40, 700);
  }
}

void Guess(HomeWire& wire, int64_t time, const Pair& pair, uint16_t port, const Guesses& guesses,
           Random& random) {
  TcpConnection connection(wire, {.host = pair.client, .port = port}, pair.server, pair.near_ns,
                           pair.far_ns, guesses.client_look, guesses.server_look);
  if (Chance(random, guesses.refused)) {
    connection.Refused(time);
    return;
  }
  if (Chance(random, guesses.unanswered)) {
    connection.Unanswered(time, 2);
    return;
  }
  Talk talk(connection, guesses, connection.Open(time), random);
  constexpr std::array kTalks = {TalkSsh, TalkTelnet, TalkTls, TalkPlain};
  kTalks.at(static_cast<size_t>(guesses.service))(talk, guesses);
  const int64_t end = talk.now() + Millis(guesses.sends_ms);
  if (guesses.resets) {
    connection.ClientResets(end);
  } else if (guesses.server_closes) {
    connection.ServerCloses(end);
  } else {
    connection.Close(end);
  }
}

}  // namespace

void AddGuessing(HomeWire& wire, const ScenarioPlan& plan, const Random& random) {
  Pace pace(plan.rate, plan.jitter, plan.attack_begin_ns, random.Fork(0));
  Random draw = random.Fork(1);
  const Guesses guesses = DrawGuesses(plan, draw);
  uint16_t port = EphemeralPort(draw);
  size_t next = 0;
  for (int64_t time = pace.Next(); time < plan.attack_end_ns; time = pace.Next()) {
    port = port == 65535 ? uint16_t{32768} : static_cast<uint16_t>(port + 1);
    Guess(wire, time, guesses.pairs[next++ % guesses.pairs.size()], port, guesses, draw);
  }
}

}  // namespace silhouette::simulate
