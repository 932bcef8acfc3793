#include "learn/simulate/home_kinds.h"

#include <algorithm>
#include <array>

#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_talk.h"

namespace silhouette::simulate {
namespace {

// Who the router is, and that the device is still there.
void AddArpLife(const Living& living, Random random) {
  constexpr uint8_t kRequest = 1, kReply = 2;
  const bool router_asks = Chance(random, 0.5);
  const double period = LogUniform(random, 15, 120);
  const Host asker = router_asks ? kRouter : living.host;
  const Host asked = router_asks ? living.host : kRouter;
  const bool broadcasts = Chance(random, 0.5);
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0.3, period));
  for (; time < living.wire.end_ns(); time += Seconds(period * random.Uniform(0.7, 1.4))) {
    living.wire.Arp(time, asker,
                    {.mac = broadcasts ? kBroadcast.mac : asked.mac, .address = asked.address},
                    kRequest);
    living.wire.Arp(time + Millis(LogUniform(random, 0.1, 20)), asked, asker, kReply);
  }
}

void AddTimeLife(const Living& living, Random random) {
  constexpr uint32_t kNtpBytes = 48;
  const Endpoint server = {.host = DrawServer(random), .port = 123};
  const Endpoint client = {.host = living.host,
                           .port = Chance(random, 0.5) ? uint16_t{123} : EphemeralPort(random)};
  const double period = LogUniform(random, 32, 2000);
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, period));
  for (; time < living.wire.end_ns(); time += Seconds(period)) {
    living.wire.Udp(time, client, server, kNtpBytes);
    living.wire.Udp(time + DrawFar(random), server, client, kNtpBytes);
  }
}

void AddNameLife(const Living& living, Random random) {
  const double period = LogUniform(random, 10, 300) / living.activity;
  int64_t time = living.wire.begin_ns() + Seconds(random.Exponential(period));
  for (; time < living.wire.end_ns(); time += Seconds(random.Exponential(period))) {
    LookUp(living.wire, living.host, time, random);
  }
}

void AddAnnouncingLife(const Living& living, Random random) {
  if (Chance(random, 0.4)) return;
  const double period = LogUniform(random, 20, 600);
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, period));
  for (; time < living.wire.end_ns(); time += Seconds(period * random.Uniform(0.6, 1.4))) {
    AddDiscovery(living.wire, living.host, time, random);
  }
}

void AddLeaseLife(const Living& living, Random random) {
  if (Chance(random, 0.6)) return;
  const Endpoint client = {.host = living.host, .port = 68};
  const Endpoint server = {.host = kRouter, .port = 67};
  const double length =
      static_cast<double>(living.wire.end_ns() - living.wire.begin_ns()) / kNanosPerSecond;
  const int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, length));
  living.wire.Udp(time, client, server, 300);
  living.wire.Udp(time + Millis(random.Uniform(2, 40)), server, client, 300);
}

}  // namespace

void AddHeldOpen(const Living& living, uint16_t port, double period_s, Random random) {
  const Endpoint client = {.host = living.host, .port = EphemeralPort(random)};
  TcpConnection connection(living.wire, client, {.host = DrawServer(random), .port = port},
                           DrawNear(random), DrawFar(random), DrawHomeLook(random),
                           DrawRemoteLook(random));
  const uint32_t asked = Bytes(random, 2, 120), answered = Bytes(random, 2, 120);
  const bool server_asks = Chance(random, 0.2);
  // Open since before the capture: no handshake to see.
  int64_t time = living.wire.begin_ns() + Seconds(random.Uniform(0, period_s));
  int64_t now = time;
  while (time < living.wire.end_ns()) {
    now = std::max(time, now + Millis(1));
    if (server_asks) {
      now = connection.ServerSends(now, asked, Millis(0.2));
      now = connection.ClientSends(now + Millis(1), answered);
    } else {
      now = Ask(connection, now, asked, answered, Millis(random.Uniform(0.5, 20)));
    }
    time += Seconds(period_s * random.Uniform(0.97, 1.03));
  }
}

void AddLife(const Living& living, DeviceKind kind, const Random& random) {
  constexpr std::array kLives = {
      AddCameraLife,  AddPlugLife,       AddHubLife,     AddThermostatLife, AddBulbLife,
      AddSpeakerLife, AddTelevisionLife, AddLaptopLife,  AddPhoneLife,      AddBackupLife,
      AddConsoleLife, AddTabletLife,     AddNewcomerLife};
  kLives.at(static_cast<size_t>(kind))(living, random.Fork(0));
  uint64_t stream = 1;
  for (auto* add :
       {AddArpLife, AddTimeLife, AddNameLife, AddAnnouncingLife, AddLeaseLife, AddPollingLife}) {
    add(living, random.Fork(stream++));
  }
}

}  // namespace silhouette::simulate
