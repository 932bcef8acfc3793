// What a home's devices do when somebody uses them.

#include <algorithm>

#include "learn/simulate/home_devices.h"

namespace silhouette::simulate {
namespace {

constexpr uint16_t kFirstBrowserPort = 33000;
constexpr uint16_t kLastBrowserPort = 42999;

constexpr int64_t Micros(double value) {
  return static_cast<int64_t>(value * static_cast<double>(kNanosPerMicrosecond));
}

// One page: a few connections to one or two servers, requests and answers of web-like sizes.
void AddPage(HomeWire& wire, const Host& browser, uint16_t& port, int64_t time, Random& random) {
  const int64_t connections = random.UniformInt(1, 4);
  const auto server_last = static_cast<uint8_t>(random.UniformInt(80, 99));
  for (int64_t i = 0; i < connections; ++i) {
    const Endpoint server = {.host = Remote(V4(198, 51, 100, server_last)), .port = 443};
    port = port == kLastBrowserPort ? kFirstBrowserPort : static_cast<uint16_t>(port + 1);
    TcpConnection connection(wire, {.host = browser, .port = port}, server,
                             Millis(random.Uniform(1, 4)), Millis(random.Uniform(10, 40)));
    int64_t now = connection.Open(time + Millis(static_cast<double>(i) * random.Uniform(5, 60)));
    now = connection.ClientSends(now + Millis(1), 517);  // a TLS client hello
    now = connection.ServerSends(now + Millis(3), 4200, Micros(130));
    const int64_t requests = random.UniformInt(1, 5);
    for (int64_t request = 0; request < requests; ++request) {
      const auto asked = static_cast<uint32_t>(random.UniformInt(80, 900));
      now = connection.ClientSends(now + Millis(random.Uniform(1, 300)), asked);
      const double answer = std::min(random.Exponential(40'000), 400'000.0);
      now = connection.ServerSends(now + Millis(random.Uniform(2, 60)),
                                   300 + static_cast<uint32_t>(answer),
                                   Micros(random.Uniform(110, 300)));
    }
    connection.Close(now + Seconds(random.Uniform(0.5, 5)));
  }
}

}  // namespace

void AddWebBrowsing(HomeWire& wire, Random random) {
  for (const Host& browser : {kLaptopHost, kPhoneHost}) {
    uint16_t port = kFirstBrowserPort;
    int64_t time = wire.begin_ns() + Seconds(random.Uniform(0.5, 6));
    while (time < wire.end_ns()) {
      AddPage(wire, browser, port, time, random);
      time += Seconds(3 + random.Exponential(9));
    }
  }
}

// A server that limits the rate: a steady 120 full segments a second, in bursts of ten or so.
void AddDownload(HomeWire& wire, Random random) {
  constexpr uint32_t kSegment = 1460;
  TcpConnection connection(wire, {.host = kDesktopHost, .port = 43210},
                           {.host = Remote(V4(192, 0, 2, 80)), .port = 80}, Millis(1), Millis(22));
  int64_t now = connection.Open(wire.begin_ns() + Seconds(random.Uniform(2, 4)));
  now = connection.ClientSends(now + Millis(1), 180);
  while (now < wire.end_ns()) {
    const auto segments = static_cast<uint32_t>(random.UniformInt(6, 14));
    const int64_t sent = connection.ServerSends(now, segments * kSegment, Micros(125));
    now = std::max(sent, now + Millis(random.Uniform(75, 92)));
  }
}

// Video over QUIC: about every four seconds a segment of it at the line's speed, then silence.
void AddVideoStream(HomeWire& wire, Random random) {
  constexpr uint32_t kFullBytes = 1250, kHandshakeBytes = 1200;
  const Endpoint television = {.host = kTelevisionHost, .port = 50443};
  const Endpoint server = {.host = Remote(V4(198, 51, 100, 30)), .port = 443};
  int64_t time = wire.begin_ns() + Seconds(random.Uniform(0.6, 2));
  wire.Udp(time, television, server, kHandshakeBytes);
  wire.Udp(time + Millis(21), server, television, kHandshakeBytes);
  wire.Udp(time + Millis(22), server, television, kHandshakeBytes);
  wire.Udp(time + Millis(24), television, server, 90);
  time += Millis(60);
  while (time < wire.end_ns()) {
    wire.Udp(time, television, server, static_cast<uint32_t>(random.UniformInt(60, 420)));
    int64_t now = time + Millis(random.Uniform(20, 35));
    const int64_t datagrams = random.UniformInt(180, 480);
    for (int64_t i = 0; i < datagrams; ++i, now += Micros(40 + random.Exponential(400))) {
      wire.Udp(now, server, television, kFullBytes);
      if (i % 10 == 9) {
        wire.Udp(now + Millis(2), television, server,
                 static_cast<uint32_t>(random.UniformInt(30, 45)));
      }
    }
    time = std::max(now, time + Seconds(random.Uniform(3.6, 4.4)));
  }
}

// An online game: a small packet each way 30 times a second.
void AddGame(HomeWire& wire, Random random) {
  constexpr double kTickMs = 1000.0 / 30;
  const Endpoint console = {.host = kConsoleHost, .port = 3074};
  const Endpoint server = {.host = Remote(V4(203, 0, 113, 50)), .port = 27015};
  const auto payload = [&random](int64_t low, int64_t high) {
    return static_cast<uint32_t>(random.UniformInt(low, high));
  };
  const int64_t first = wire.begin_ns() + Seconds(random.Uniform(0.5, 3));
  for (int64_t tick = 0;; ++tick) {
    const int64_t time = first + Millis(static_cast<double>(tick) * kTickMs);
    if (time >= wire.end_ns()) return;
    wire.Udp(time + Millis(random.Uniform(0, 4)), console, server, payload(38, 70));
    wire.Udp(time + Millis(14 + random.Exponential(3)), server, console, payload(50, 108));
  }
}

}  // namespace silhouette::simulate
