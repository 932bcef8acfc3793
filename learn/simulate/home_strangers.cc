// What a device hears that the Internet can reach: probes for everybody, and answers that are meant
// for whoever used its address.

#include <algorithm>
#include <array>
#include <vector>

#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_kinds.h"
#include "learn/simulate/home_talk.h"

namespace silhouette::simulate {
namespace {

constexpr std::array<uint16_t, 12> kProbedPorts = {23,   22,   445,  80,   443,   8080,
                                                   3389, 5555, 1433, 6379, 37215, 81};

uint16_t ProbedPort(Random& random) {
  if (Chance(random, 0.5)) return Pick(random, kProbedPorts);
  return static_cast<uint16_t>(random.UniformInt(1, 65535));
}

uint16_t AnyPort(Random& random) { return static_cast<uint16_t>(random.UniformInt(1024, 65535)); }

void Probe(const Living& living, int64_t time, double reset, Random& random) {
  const Endpoint stranger = {.host = DrawStranger(random), .port = AnyPort(random)};
  const Endpoint device = {.host = living.host, .port = ProbedPort(random)};
  const auto sequence = static_cast<uint32_t>(random.NextUint64());
  living.wire.Tcp(time, stranger, device, {.flags = kSyn, .sequence = sequence});
  if (!Chance(random, reset)) return;
  living.wire.Tcp(time + Millis(0.3), device, stranger,
                  {.flags = kRst | kAck, .acknowledgment = sequence + 1});
}

void Backscatter(const Living& living, int64_t time, Random& random) {
  const Endpoint stranger = {.host = DrawStranger(random), .port = ProbedPort(random)};
  const Endpoint device = {.host = living.host, .port = AnyPort(random)};
  const auto flags = static_cast<uint8_t>(Chance(random, 0.5) ? kSyn | kAck : kRst | kAck);
  living.wire.Tcp(time, stranger, device, {.flags = flags});
}

void Datagram(const Living& living, int64_t time, Random& random) {
  const Endpoint stranger = {.host = DrawStranger(random), .port = AnyPort(random)};
  const Endpoint device = {.host = living.host, .port = ProbedPort(random)};
  living.wire.Udp(time, stranger, device, Bytes(random, 8, 300));
}

// Somebody away from home uses what the device offers, for a while, by one connection.
void AddVisitor(const Living& living, Random random) {
  const Endpoint visitor = {.host = DrawServer(random), .port = AnyPort(random)};
  const Endpoint device = {.host = living.host, .port = Pick(random, kProbedPorts)};
  constexpr int kMostQuestions = 20'000;
  const int64_t far = DrawFar(random);
  const int64_t near = DrawNear(random);
  const TcpLook look = DrawRemoteLook(random);
  const TcpLook own_look = DrawHomeLook(random);
  TcpConnection connection(living.wire, visitor, device, far, near, look, own_look);
  const auto length = static_cast<double>(living.wire.end_ns() - living.wire.begin_ns());
  int64_t time = living.wire.begin_ns() + static_cast<int64_t>(random.Uniform(0, 0.8) * length);
  const int64_t end = time + static_cast<int64_t>(random.Uniform(0.05, 0.6) * length);
  const double pause_s = LogUniform(random, 0.02, 5);
  const uint32_t asked = Bytes(random, 20, 300);
  const double most_answered = LogUniform(random, 200, 4e4);
  time = connection.Open(time);
  for (int i = 0; i < kMostQuestions && time < end; ++i) {
    const auto answered = static_cast<uint32_t>(LogUniform(random, 40, most_answered));
    time = Ask(connection, time, asked, answered, Millis(random.Uniform(0.1, 5)));
    time += Seconds(random.Exponential(pause_s));
  }
  connection.Close(time);
}

// Many away from home use what the device offers, each by short connections, as a web server's.
void AddClients(const Living& living, Random random) {
  constexpr std::array<uint16_t, 6> kPorts = {80, 443, 443, 25, 993, 8443};
  constexpr double kMostConnections = 4000;
  const Endpoint device = {.host = living.host, .port = Pick(random, kPorts)};
  std::vector<Host> clients;
  for (auto i = static_cast<int64_t>(LogUniform(random, 3, 300)); i > 0; --i) {
    clients.push_back(DrawStranger(random));
  }
  const double length_s =
      static_cast<double>(living.wire.end_ns() - living.wire.begin_ns()) / kNanosPerSecond;
  const double rate = std::min(LogUniform(random, 0.05, 15), kMostConnections / length_s);
  const int64_t most_questions = random.UniformInt(1, 5);
  const double most_answered = LogUniform(random, 200, 4e4);
  const TcpLook look = DrawRemoteLook(random);
  const TcpLook own_look = DrawHomeLook(random);
  int64_t time = living.wire.begin_ns();
  while ((time += Seconds(random.Exponential(1 / rate))) < living.wire.end_ns()) {
    const auto client = random.UniformInt(0, static_cast<int64_t>(clients.size()) - 1);
    const Endpoint asker = {.host = clients[static_cast<size_t>(client)], .port = AnyPort(random)};
    const int64_t far = DrawFar(random);
    const int64_t near = DrawNear(random);
    TcpConnection connection(living.wire, asker, device, far, near, look, own_look);
    int64_t now = connection.Open(time);
    for (int64_t i = random.UniformInt(1, most_questions); i > 0; --i) {
      const auto answered = static_cast<uint32_t>(LogUniform(random, 40, most_answered));
      const uint32_t asked = Bytes(random, 20, 900);
      now += Millis(LogUniform(random, 0.2, 500));
      now = Ask(connection, now, asked, answered, Millis(LogUniform(random, 0.3, 200)));
    }
    Chance(random, 0.5) ? connection.Close(now) : connection.ServerCloses(now);
  }
}

}  // namespace

void AddStrangers(const Living& living, double reachable, Random random) {
  if (!Chance(random, reachable)) return;  // behind a router that lets nobody in
  for (int64_t i = random.UniformInt(0, 3); i > 0; --i) {
    AddVisitor(living, random.Fork(static_cast<uint64_t>(i)));
  }
  if (Chance(random, 0.4)) AddClients(living, random.Fork(0));
  const double reset = Chance(random, 0.5) ? 0 : random.Uniform(0.2, 1);
  const double gap_s = 1 / LogUniform(random, 0.05, 20);
  int64_t time = living.wire.begin_ns();
  while ((time += Seconds(random.Exponential(gap_s))) < living.wire.end_ns()) {
    const double what = random.Uniform();
    if (what < 0.7) {
      Probe(living, time, reset, random);
    } else if (what < 0.85) {
      Backscatter(living, time, random);
    } else {
      Datagram(living, time, random);
    }
  }
}

}  // namespace silhouette::simulate
