// Devices that move much data.

#include <algorithm>
#include <array>

#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_kinds.h"
#include "learn/simulate/home_talk.h"

namespace silhouette::simulate {
namespace {

// Media come in pieces, one every few seconds, each as fast as the line is.
struct Pieces {
  double period_s = 4;
  double bytes = 1e6;
  int64_t gap_ns = 0;
};

void AddTcpPieces(const Living& living, const Pieces& pieces, Random random) {
  TcpConnection connection(living.wire, {.host = living.host, .port = EphemeralPort(random)},
                           {.host = DrawServer(random), .port = 443}, DrawNear(random),
                           DrawFar(random), DrawHomeLook(random), DrawRemoteLook(random));
  const TlsShape shape = DrawTlsShape(random);
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0.2, 20));
  int64_t now = OpenTls(connection, shape, time, random);
  while (now < living.wire.end_ns()) {
    time = now;
    now = connection.ClientSends(now, Bytes(random, 200, 900));
    const auto bytes = static_cast<uint32_t>(pieces.bytes * random.Uniform(0.5, 1.5));
    now = connection.ServerSends(now + Millis(random.Uniform(1, 40)), bytes, pieces.gap_ns);
    now = std::max(now + Millis(1), time + Seconds(pieces.period_s * random.Uniform(0.9, 1.1)));
  }
}

void AddQuicPieces(const Living& living, const Pieces& pieces, Random random) {
  const Endpoint client = {.host = living.host, .port = EphemeralPort(random)};
  const Endpoint server = {.host = DrawServer(random), .port = 443};
  const uint32_t full = Bytes(random, 1200, 1350);
  const int64_t far = DrawFar(random);
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0.2, 20));
  for (int i = 0; i < 2; ++i) living.wire.Udp(time + i * far, client, server, 1200);
  for (int i = 0; i < 4; ++i) living.wire.Udp(time + far + i * Millis(0.1), server, client, 1200);
  time += 2 * far;
  while (time < living.wire.end_ns()) {
    living.wire.Udp(time, client, server, Bytes(random, 60, 420));
    int64_t now = time + far;
    const auto datagrams = static_cast<int64_t>(pieces.bytes * random.Uniform(0.5, 1.5) / full);
    for (int64_t i = 0; i < datagrams; ++i, now += pieces.gap_ns) {
      living.wire.Udp(now, server, client, full);
      if (i % 10 == 9) living.wire.Udp(now + Millis(0.5), client, server, Bytes(random, 28, 45));
    }
    time = std::max(now, time + Seconds(pieces.period_s * random.Uniform(0.9, 1.1)));
  }
}

double LengthSeconds(const HomeWire& wire) {
  return static_cast<double>(wire.end_ns() - wire.begin_ns()) / kNanosPerSecond;
}

}  // namespace

void AddSpeakerLife(const Living& living, Random random) {
  AddHeldOpen(living, Chance(random, 0.5) ? 443 : 4070, LogUniform(random, 5, 60), random.Fork(1));
  if (Chance(random, 0.7 * living.activity)) {
    AddTcpPieces(living,
                 {.period_s = random.Uniform(5, 20),
                  .bytes = LogUniform(random, 8e4, 4e5),
                  .gap_ns = Millis(LogUniform(random, 0.1, 2))},
                 random.Fork(2));
  }
}

void AddTelevisionLife(const Living& living, Random random) {
  const Pieces pieces = {.period_s = random.Uniform(2, 10),
                         .bytes = LogUniform(random, 2e5, 3e6),
                         .gap_ns = Millis(LogUniform(random, 0.1, 0.8))};
  if (Chance(random, 0.5)) {
    AddQuicPieces(living, pieces, random.Fork(1));
  } else {
    AddTcpPieces(living, pieces, random.Fork(1));
  }
  AddHeldOpen(living, 443, LogUniform(random, 10, 60), random.Fork(2));
}

void AddBackupLife(const Living& living, Random random) {
  const double length = LengthSeconds(living.wire);
  for (int64_t i = random.UniformInt(1, 3); i > 0; --i) {
    TcpConnection connection(living.wire, {.host = living.host, .port = EphemeralPort(random)},
                             {.host = DrawServer(random), .port = 443}, DrawNear(random),
                             DrawFar(random), DrawHomeLook(random), DrawRemoteLook(random));
    const TlsShape shape = DrawTlsShape(random);
    const auto bytes = static_cast<uint32_t>(LogUniform(random, 1e6, 6e7));
    const int64_t gap = Millis(LogUniform(random, 0.03, 2));
    const int64_t begin = living.wire.begin_ns() + Seconds(random.Uniform(0, 0.8 * length));
    int64_t now = OpenTls(connection, shape, begin, random);
    if (Chance(random, 0.5)) {
      now = connection.ClientUploads(now, bytes, gap);
    } else {
      now = connection.ClientSends(now, Bytes(random, 150, 600));
      now = connection.ServerSends(now, bytes, gap);
    }
    CloseTls(connection, shape, now + Millis(20));
  }
}

void AddConsoleLife(const Living& living, Random random) {
  const Endpoint console = {.host = living.host, .port = 3074};
  const Endpoint server = {.host = DrawServer(random),
                           .port = static_cast<uint16_t>(random.UniformInt(7000, 40000))};
  const double ticks_up = random.Uniform(15, 70), ticks_down = random.Uniform(15, 70);
  const uint32_t up = Bytes(random, 30, 90), down = Bytes(random, 60, 500);
  const double length = LengthSeconds(living.wire);
  const int64_t begin = living.wire.begin_ns() + Seconds(random.Uniform(0, 0.5 * length));
  const int64_t end = begin + Seconds(random.Uniform(0.2, 1) * std::min(length, 500.0));
  for (int64_t time = begin; time < end; time += Seconds(random.Uniform(0.9, 1.1) / ticks_up)) {
    living.wire.Udp(time, console, server, up + Bytes(random, 0, 20));
  }
  for (int64_t time = begin; time < end; time += Seconds(random.Uniform(0.8, 1.2) / ticks_down)) {
    living.wire.Udp(time, server, console, down / 2 + Bytes(random, 0, down));
  }
  AddHeldOpen(living, 443, LogUniform(random, 10, 60), random.Fork(1));
}

void AddTabletLife(const Living& living, Random random) {
  const Endpoint tablet = {.host = living.host, .port = EphemeralPort(random)};
  const Endpoint server = {.host = DrawServer(random),
                           .port = Chance(random, 0.5) ? uint16_t{8801} : uint16_t{3478}};
  const double length = LengthSeconds(living.wire);
  const int64_t begin = living.wire.begin_ns() + Seconds(random.Uniform(0, 0.4 * length));
  const int64_t end = begin + Seconds(random.Uniform(0.2, 1) * std::min(length, 300.0));
  for (const bool is_up : {true, false}) {
    const double frames = random.Uniform(12, 30);
    const int64_t most = random.UniformInt(1, 7);
    for (int64_t time = begin; time < end; time += Seconds(random.Uniform(0.9, 1.1) / frames)) {
      const uint32_t bytes = Bytes(random, 250, 1150);
      for (int64_t i = random.UniformInt(1, most); i > 0; --i) {
        living.wire.Udp(time + i * Millis(0.2), is_up ? tablet : server, is_up ? server : tablet,
                        bytes);
      }
    }
    for (int64_t time = begin; time < end; time += Millis(20)) {  // the voice
      living.wire.Udp(time, is_up ? tablet : server, is_up ? server : tablet,
                      Bytes(random, 70, 160));
    }
  }
}

}  // namespace silhouette::simulate
