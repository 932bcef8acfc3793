// Devices in somebody's hands, and a device's first minutes.

#include <algorithm>
#include <array>
#include <vector>

#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_kinds.h"
#include "learn/simulate/home_talk.h"

namespace silhouette::simulate {
namespace {

// A machine and the way it speaks, the same for all its connections.
struct Browser {
  const Living& living;
  TcpLook look;
  int64_t near_ns = 0;
  double quic = 0;        // share of connections that are QUIC
  double refused = 0;     // share that is refused
  double unanswered = 0;  // share that nobody answers
  double bytes = 2e4;     // of an answer, typically
};

Browser DrawBrowser(const Living& living, Random& random) {
  return {.living = living,
          .look = DrawHomeLook(random),
          .near_ns = DrawNear(random),
          .quic = random.Uniform(0, 0.7),
          .refused = Chance(random, 0.5) ? 0 : random.Uniform(0, 0.08),
          .unanswered = Chance(random, 0.5) ? 0 : random.Uniform(0, 0.08),
          .bytes = LogUniform(random, 4e3, 4e4)};
}

uint32_t AnswerBytes(const Browser& browser, Random& random) {
  return 200 + static_cast<uint32_t>(std::min(random.Exponential(browser.bytes), 4e5));
}

void FetchByQuic(const Browser& browser, const Host& server_host, int64_t time, Random& random) {
  HomeWire& wire = browser.living.wire;
  const Endpoint client = {.host = browser.living.host, .port = EphemeralPort(random)};
  const Endpoint server = {.host = server_host, .port = 443};
  const int64_t far = DrawFar(random);
  wire.Udp(time, client, server, 1250);
  for (int i = 0; i < 3; ++i) wire.Udp(time + far + i * Millis(0.1), server, client, 1250);
  wire.Udp(time + far + browser.near_ns, client, server, 80);
  int64_t now = time + 2 * far;
  for (int64_t i = random.UniformInt(1, 6); i > 0; --i) {
    wire.Udp(now, client, server, Bytes(random, 60, 700));
    now += far;
    uint32_t index = 0;
    for (uint32_t left = AnswerBytes(browser, random); left > 0; ++index) {
      const uint32_t part = std::min<uint32_t>(left, 1250);
      left -= part;
      wire.Udp(now += Millis(0.15), server, client, part);
      if (index % 8 == 0) wire.Udp(now + browser.near_ns, client, server, 35);
    }
    now += Millis(random.Exponential(150));
  }
}

void FetchByTls(const Browser& browser, const Host& server, int64_t time, Random& random) {
  const Endpoint client = {.host = browser.living.host, .port = EphemeralPort(random)};
  const uint16_t port = Chance(random, 0.93) ? 443 : 80;
  TcpConnection connection(browser.living.wire, client, {.host = server, .port = port},
                           browser.near_ns, DrawFar(random), browser.look, DrawRemoteLook(random));
  if (Chance(random, browser.refused)) {
    connection.Refused(time);
    return;
  }
  if (Chance(random, browser.unanswered)) {
    connection.Unanswered(time, 2);
    return;
  }
  const TlsShape shape = DrawTlsShape(random);
  int64_t now = OpenTls(connection, shape, time, random);
  for (int64_t i = random.UniformInt(1, 6); i > 0; --i) {
    now = Ask(connection, now + Millis(random.Exponential(120)), Bytes(random, 80, 1300),
              AnswerBytes(browser, random), Millis(random.Uniform(1, 120)));
  }
  if (Chance(random, 0.15)) {
    connection.ClientResets(now + Seconds(random.Exponential(3)));
  } else {
    CloseTls(connection, shape, now + Seconds(random.Exponential(4)));
  }
}

// A page: names, then connections to several servers at once.
void AddPage(const Browser& browser, int64_t time, int64_t connections, Random& random) {
  std::vector<Host> servers;
  for (int64_t i = random.UniformInt(1, std::max<int64_t>(1, connections)); i > 0; --i) {
    servers.push_back(DrawServer(random));
  }
  for (int64_t i = 0; i < connections; ++i) {
    const int64_t begin = time + Millis(random.Exponential(40) * static_cast<double>(i));
    const auto index =
        static_cast<size_t>(random.UniformInt(0, static_cast<int64_t>(servers.size()) - 1));
    const int64_t known = LookUp(browser.living.wire, browser.living.host, begin, random);
    if (Chance(random, browser.quic)) {
      FetchByQuic(browser, servers[index], known + Millis(0.5), random);
    } else {
      FetchByTls(browser, servers[index], known + Millis(0.5), random);
    }
  }
}

// An app that looks who of the home is there: a few addresses it has seen before are asked, and
// those that have gone don't answer.
void AddLookingAround(const Living& living, int64_t time, Random& random) {
  const auto port = Pick(random, std::array<uint16_t, 5>{80, 8009, 7000, 9100, 554});
  for (const Resident& resident : living.neighbours) {
    TcpConnection connection(living.wire, {.host = living.host, .port = EphemeralPort(random)},
                             {.host = resident.host, .port = port}, DrawNear(random),
                             DrawNear(random), DrawHomeLook(random), DrawHomeLook(random));
    const double answer = random.Uniform();
    if (answer < 0.4) {
      connection.Refused(time);
    } else if (answer < 0.6) {
      connection.Unanswered(time, 1);
    } else {
      const int64_t opened = connection.Open(time);
      connection.Close(Ask(connection, opened + Millis(1), Bytes(random, 60, 400),
                           Bytes(random, 100, 3000), Millis(3)));
    }
    time += Millis(random.Uniform(1, 300));
  }
}

}  // namespace

void AddLaptopLife(const Living& living, Random random) {
  const Browser browser = DrawBrowser(living, random);
  const double period = LogUniform(random, 5, 40) / living.activity;
  const int64_t most = random.UniformInt(3, living.activity > 0.5 ? 30 : 8);
  int64_t time = living.wire.begin_ns() + Seconds(random.Exponential(period));
  for (; time < living.wire.end_ns(); time += Seconds(1 + random.Exponential(period))) {
    AddPage(browser, time, random.UniformInt(1, most), random);
    if (Chance(random, 0.05)) AddLookingAround(living, time, random);
  }
  AddHeldOpen(living, 443, LogUniform(random, 10, 60), random.Fork(1));
}

void AddPhoneLife(const Living& living, Random random) {
  const Browser browser = DrawBrowser(living, random);
  AddHeldOpen(living, 5228, LogUniform(random, 10, 120), random.Fork(1));
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0.5, 10));
  if (Chance(random, 0.5)) time = AddJoining(living.wire, living.host, time, random);
  const double period = LogUniform(random, 8, 60) / living.activity;
  const int64_t most = random.UniformInt(2, living.activity > 0.5 ? 12 : 4);
  for (; time < living.wire.end_ns(); time += Seconds(1 + random.Exponential(period))) {
    AddPage(browser, time, random.UniformInt(1, most), random);
    if (Chance(random, 0.1)) AddLookingAround(living, time, random);
    if (Chance(random, 0.2)) AddDiscovery(living.wire, living.host, time, random);
  }
}

void AddNewcomerLife(const Living& living, Random random) {
  Browser browser = DrawBrowser(living, random);
  browser.quic = 0;
  const double length =
      static_cast<double>(living.wire.end_ns() - living.wire.begin_ns()) / kNanosPerSecond;
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0.5, std::min(60.0, length / 3)));
  for (int64_t joins = random.UniformInt(1, 3); joins > 0; --joins) {
    time = AddJoining(living.wire, living.host, time, random);
    for (int64_t i = random.UniformInt(2, 8); i > 0; --i) {
      AddPage(browser, time, random.UniformInt(1, 3), random);
      time += Seconds(random.Exponential(2));
    }
    time += Seconds(random.Exponential(60));
  }
  AddHeldOpen(living, 8883, LogUniform(random, 5, 60), random.Fork(1));
}

}  // namespace silhouette::simulate
