// An app that is open asks a thing in the home how it is, by one short connection after the other.

#include <algorithm>
#include <array>
#include <utility>

#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_kinds.h"
#include "learn/simulate/home_talk.h"

namespace silhouette::simulate {
namespace {

struct Polling {
  Host asker;
  Endpoint thing;
  double period_s = 1;
  double jitter = 0;  // share of the period
  int64_t most_questions = 1;
  uint32_t asked_bytes = 0, least_answered_bytes = 0, most_answered_bytes = 0;
  bool asker_closes = false;
  int64_t near_ns = 0, thinks_ns = 0;
  TcpLook asker_look, thing_look;
};

Polling DrawPolling(const Living& living, Random& random) {
  constexpr std::array<uint16_t, 6> kPorts = {80, 80, 443, 8080, 49153, 9999};
  Polling polling;
  polling.asker = living.neighbours[0].host;
  polling.thing = {.host = living.host, .port = Pick(random, kPorts)};
  // The device under watch is the thing, or the one with the app.
  if (Chance(random, 0.4)) std::swap(polling.asker, polling.thing.host);
  polling.period_s = LogUniform(random, 0.15, 20);
  polling.jitter = Chance(random, 0.5) ? random.Uniform(0, 0.1) : random.Uniform(0.1, 1);
  polling.most_questions = random.UniformInt(1, 4);
  polling.asked_bytes = Bytes(random, 60, 700);
  polling.least_answered_bytes = Bytes(random, 20, 1500);
  polling.most_answered_bytes =
      polling.least_answered_bytes + (Chance(random, 0.5) ? 0 : Bytes(random, 1, 8000));
  polling.asker_closes = Chance(random, 0.5);
  polling.near_ns = DrawNear(random);
  polling.thinks_ns = Millis(LogUniform(random, 0.3, 120));
  polling.asker_look = DrawHomeLook(random);
  polling.thing_look = DrawHomeLook(random);
  return polling;
}

void Poll(HomeWire& wire, const Polling& polling, int64_t time, Random& random) {
  const Endpoint asker = {.host = polling.asker, .port = EphemeralPort(random)};
  TcpConnection connection(wire, asker, polling.thing, polling.near_ns, polling.near_ns,
                           polling.asker_look, polling.thing_look);
  int64_t now = connection.Open(time);
  for (int64_t i = random.UniformInt(1, polling.most_questions); i > 0; --i) {
    const uint32_t asked = polling.asked_bytes + Bytes(random, 0, 40);
    const uint32_t answered =
        Bytes(random, polling.least_answered_bytes, polling.most_answered_bytes);
    now = Ask(connection, now + Millis(0.4), asked, answered, polling.thinks_ns);
  }
  now += Millis(random.Uniform(0.2, 3));
  polling.asker_closes ? connection.Close(now) : connection.ServerCloses(now);
}

}  // namespace

void AddPollingLife(const Living& living, Random random) {
  if (living.neighbours.empty() || Chance(random, 0.6)) return;
  const Polling polling = DrawPolling(living, random);
  const double length =
      static_cast<double>(living.wire.end_ns() - living.wire.begin_ns()) / kNanosPerSecond;
  // Until the app is closed.
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, 0.7) * length);
  const int64_t end = time + Seconds(random.Uniform(0.1, 0.8) * std::min(length, 600.0));
  while (time < end) {
    Poll(living.wire, polling, time, random);
    time += Seconds(polling.period_s * (1 + polling.jitter * random.Uniform(-1, 1)));
  }
}

}  // namespace silhouette::simulate
