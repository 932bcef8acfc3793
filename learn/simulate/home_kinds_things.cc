// Devices that nobody sits in front of.

#include <algorithm>
#include <array>

#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_kinds.h"
#include "learn/simulate/home_talk.h"

namespace silhouette::simulate {
namespace {

TcpConnection ToServer(const Living& living, uint16_t port, Random& random) {
  const Endpoint client = {.host = living.host, .port = EphemeralPort(random)};
  return {living.wire,           client,          {.host = DrawServer(random), .port = port},
          DrawNear(random),      DrawFar(random), DrawHomeLook(random),
          DrawRemoteLook(random)};
}

void AddUdpKeepAlive(const Living& living, double period_s, Random random) {
  const auto port = static_cast<uint16_t>(random.UniformInt(1024, 60000));
  const Endpoint device = {.host = living.host, .port = EphemeralPort(random)};
  const Endpoint server = {.host = DrawServer(random), .port = port};
  const uint32_t asked = Bytes(random, 4, 180), answered = Bytes(random, 4, 180);
  const int64_t far = DrawFar(random);
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, period_s));
  for (; time < living.wire.end_ns(); time += Seconds(period_s * random.Uniform(0.97, 1.03))) {
    living.wire.Udp(time, device, server, asked);
    living.wire.Udp(time + far, server, device, answered);
  }
}

// What moved, sent over TLS.
void AddUploads(const Living& living, Random random) {
  const double period = LogUniform(random, 20, 200) / living.activity;
  const int64_t gap = Millis(LogUniform(random, 0.4, 8));
  const TlsShape shape = DrawTlsShape(random);
  int64_t time = living.wire.begin_ns() + Seconds(random.Exponential(period));
  for (; time < living.wire.end_ns(); time += Seconds(2 + random.Exponential(period))) {
    TcpConnection connection = ToServer(living, 443, random);
    int64_t now = OpenTls(connection, shape, time, random);
    now = connection.ClientUploads(
        now, static_cast<uint32_t>(LogUniform(random, 4e4, 1.2e6 * std::min(1.0, living.activity))),
        gap);
    now = connection.ServerSends(now + Millis(20), Bytes(random, 150, 600), Millis(1));
    CloseTls(connection, shape, now + Millis(5));
  }
}

// Somebody looks: a stream of datagrams to a phone in the home, or over the Internet.
void AddLivePicture(const Living& living, Random random) {
  const bool inside = !living.neighbours.empty() && Chance(random, 0.5);
  const Endpoint viewer = {.host = inside ? living.neighbours[0].host : DrawServer(random),
                           .port = EphemeralPort(random)};
  const Endpoint camera = {.host = living.host, .port = EphemeralPort(random)};
  const double length =
      static_cast<double>(living.wire.end_ns() - living.wire.begin_ns()) / kNanosPerSecond;
  const double frames = random.Uniform(8, 25);
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, 0.7 * length));
  const int64_t end = time + Seconds(random.Uniform(0.1, 0.4) * std::min(length, 300.0));
  const int64_t most = random.UniformInt(2, 9);
  for (int64_t frame = 0; time < end; time += Seconds(1 / frames), ++frame) {
    const int64_t datagrams = frame % 25 == 0 ? 4 * most : random.UniformInt(1, most);
    for (int64_t i = 0; i < datagrams; ++i) {
      living.wire.Udp(time + i * Millis(0.3), camera, viewer,
                      i + 1 == datagrams ? Bytes(random, 60, 1200) : 1200);
    }
    if (frame % 8 == 0) living.wire.Udp(time + Millis(30), viewer, camera, Bytes(random, 16, 80));
  }
}

// Somebody in the home asks the device for what it is or sets it, by short connections to it.
void AddBeingAsked(const Living& living, uint16_t port, double period_s, Random random) {
  if (living.neighbours.empty()) return;
  const Host asker = living.neighbours[0].host;
  const uint32_t asked = Bytes(random, 60, 400), answered = Bytes(random, 60, 1800);
  int64_t time = living.wire.begin_ns() + Seconds(random.Exponential(period_s));
  for (; time < living.wire.end_ns(); time += Seconds(0.5 + random.Exponential(period_s))) {
    TcpConnection connection(living.wire, {.host = asker, .port = EphemeralPort(random)},
                             {.host = living.host, .port = port}, DrawNear(random),
                             DrawNear(random), DrawHomeLook(random), DrawHomeLook(random));
    const int64_t opened = connection.Open(time);
    connection.Close(Ask(connection, opened + Millis(0.5), asked, answered, Millis(3)) + Millis(2));
  }
}

}  // namespace

void AddCameraLife(const Living& living, Random random) {
  const double period = LogUniform(random, 0.5, 30);
  if (Chance(random, 0.6)) {
    AddUdpKeepAlive(living, period, random.Fork(1));
  } else {
    AddHeldOpen(living, 443, period, random.Fork(1));
  }
  AddUploads(living, random.Fork(2));
  if (living.activity > 0.5 && Chance(random, 0.4)) AddLivePicture(living, random.Fork(3));
  if (Chance(random, 0.3)) AddBeingAsked(living, 554, 90 / living.activity, random.Fork(4));
}

void AddPlugLife(const Living& living, Random random) {
  constexpr uint8_t kEcho = 8, kEchoReply = 0;
  AddHeldOpen(living, 8883, LogUniform(random, 5, 60), random.Fork(1));
  if (Chance(random, 0.5)) AddBeingAsked(living, 9999, 60 / living.activity, random.Fork(2));
  if (Chance(random, 0.6)) return;
  const double period = LogUniform(random, 5, 60);
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, period));
  for (; time < living.wire.end_ns(); time += Seconds(period)) {
    living.wire.Icmp(time, living.host, kRouter, kEcho, 56);
    living.wire.Icmp(time + Millis(random.Uniform(0.2, 4)), kRouter, living.host, kEchoReply, 56);
  }
}

void AddHubLife(const Living& living, Random random) {
  for (int64_t i = random.UniformInt(1, 4); i > 0; --i) {
    AddHeldOpen(living, Chance(random, 0.5) ? 8883 : 443,
                LogUniform(random, 1, 40) / std::max(0.3, living.activity),
                random.Fork(static_cast<uint64_t>(i)));
  }
  // It asks the home's things how they are, each by a datagram.
  const double period = LogUniform(random, 1, 30);
  const auto port = static_cast<uint16_t>(random.UniformInt(1024, 49151));
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, period));
  for (; time < living.wire.end_ns(); time += Seconds(period)) {
    for (const Resident& resident : living.neighbours) {
      const Endpoint thing = {.host = resident.host, .port = port};
      const Endpoint hub = {.host = living.host, .port = port};
      living.wire.Udp(time, hub, thing, 40);
      living.wire.Udp(time + Millis(random.Uniform(2, 60)), thing, hub, 80);
    }
  }
}

void AddThermostatLife(const Living& living, Random random) {
  const double period = LogUniform(random, 45, 900) / std::min(1.0, living.activity);
  const TlsShape shape = DrawTlsShape(random);
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, period));
  for (; time < living.wire.end_ns(); time += Seconds(period * random.Uniform(0.5, 1.5))) {
    TcpConnection connection = ToServer(living, 443, random);
    int64_t now =
        OpenTls(connection, shape, LookUp(living.wire, living.host, time, random), random);
    for (int64_t i = random.UniformInt(1, 6); i > 0; --i) {
      now = Ask(connection, now + Millis(random.Uniform(1, 400)), Bytes(random, 120, 1400),
                Bytes(random, 100, 6000), Millis(random.Uniform(2, 200)));
    }
    CloseTls(connection, shape, now + Millis(random.Uniform(1, 3000)));
  }
  if (Chance(random, 0.5)) AddHeldOpen(living, 443, LogUniform(random, 20, 200), random.Fork(1));
}

void AddBulbLife(const Living& living, Random random) {
  AddUdpKeepAlive(living, LogUniform(random, 3, 60), random.Fork(1));
  if (Chance(random, 0.4)) AddBeingAsked(living, 80, 120 / living.activity, random.Fork(2));
  // It tells the home that it is there.
  const Endpoint bulb = {.host = living.host, .port = EphemeralPort(random)};
  const Endpoint all = {.host = kBroadcast, .port = 6667};
  const double period = LogUniform(random, 3, 60);
  const uint32_t bytes = Bytes(random, 60, 220);
  if (Chance(random, 0.5)) return;
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, period));
  for (; time < living.wire.end_ns(); time += Seconds(period)) {
    living.wire.Udp(time, bulb, all, bytes);
  }
}

}  // namespace silhouette::simulate
