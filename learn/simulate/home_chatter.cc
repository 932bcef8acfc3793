// What a home's devices say when nobody does anything.

#include <array>

#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_draw.h"

namespace silhouette::simulate {
namespace {

constexpr std::array kDevices = {kLaptopHost,  kTelevisionHost, kCameraHost, kPlugHost,
                                 kConsoleHost, kPhoneHost,      kDesktopHost};

// A unique local address: it belongs to the home by the default home networks, which the
// documentation range does not.
constexpr Host kPhoneV6 = {.mac = kPhoneHost.mac,
                           .address = V6({0xfd00, 0x192, 0x168, 1, 0, 0, 0, 0x60})};
constexpr Host kRouterV6 = {.mac = kRouter.mac, .address = V6({0xfe80, 0, 0, 0, 0, 0, 0, 1})};

}  // namespace

void AddArp(HomeWire& wire, Random random) {
  constexpr uint8_t kRequest = 1, kReply = 2;
  for (const Host& device : kDevices) {
    // The first device asks at once, so that the capture's first grid edge is its start.
    int64_t time =
        wire.begin_ns() +
        (device.address == kLaptopHost.address ? Millis(12) : Seconds(random.Uniform(0.5, 30)));
    while (time < wire.end_ns()) {
      const Host asked = {.mac = kBroadcast.mac, .address = kRouter.address};
      wire.Arp(time, device, asked, kRequest);
      wire.Arp(time + Millis(random.Uniform(0.1, 0.6)), kRouter, device, kReply);
      time += Seconds(random.Uniform(25, 45));
    }
  }
}

void AddDhcp(HomeWire& wire, Random random) {
  // The phone joins: discover, offer, request, acknowledgment.
  const Endpoint nobody = {.host = {.mac = kPhoneHost.mac, .address = V4(0, 0, 0, 0)}, .port = 68};
  const Endpoint everybody = {.host = kBroadcast, .port = 67};
  const Endpoint server = {.host = kRouter, .port = 67};
  const Endpoint phone = {.host = kPhoneHost, .port = 68};
  int64_t time = wire.begin_ns() + Seconds(random.Uniform(1, 4));
  wire.Udp(time, nobody, everybody, 300);
  wire.Udp(time += Millis(random.Uniform(5, 40)), server, phone, 300);
  wire.Udp(time += Millis(random.Uniform(2, 20)), nobody, everybody, 312);
  wire.Udp(time + Millis(random.Uniform(5, 40)), server, phone, 300);
  // The plug renews, which needs no broadcast.
  const Endpoint plug = {.host = kPlugHost, .port = 68};
  time = wire.begin_ns() + Seconds(random.Uniform(20, 60));
  wire.Udp(time, plug, server, 300);
  wire.Udp(time + Millis(random.Uniform(2, 20)), server, plug, 300);
}

void AddDns(HomeWire& wire, Random random) {
  constexpr double kMeanPauseS = 2.5;
  const Endpoint resolver = {.host = kRouter, .port = 53};
  int64_t time = wire.begin_ns() + Seconds(random.Exponential(kMeanPauseS));
  while (time < wire.end_ns()) {
    const Host& device = kDevices[static_cast<size_t>(random.UniformInt(0, kDevices.size() - 1))];
    const Endpoint asker = {.host = device, .port = EphemeralPort(random)};
    wire.Udp(time, asker, resolver, Bytes(random, 28, 60));
    wire.Udp(time + Millis(random.Uniform(1, 45)), resolver, asker, Bytes(random, 44, 220));
    time += Seconds(random.Exponential(kMeanPauseS));
  }
}

void AddNtp(HomeWire& wire, Random random) {
  constexpr uint32_t kNtpBytes = 48;
  const Endpoint server = {.host = Remote(V4(192, 0, 2, 123)), .port = 123};
  for (const Host& device : {kCameraHost, kPlugHost, kDesktopHost}) {
    const Endpoint client = {.host = device, .port = 123};
    int64_t time = wire.begin_ns() + Seconds(random.Uniform(1, 64));
    for (; time < wire.end_ns(); time += Seconds(64)) {
      wire.Udp(time, client, server, kNtpBytes);
      wire.Udp(time + Millis(random.Uniform(12, 30)), server, client, kNtpBytes);
    }
  }
}

void AddMdns(HomeWire& wire, Random random) {
  const Endpoint group = {.host = Group(224, 0, 0, 251), .port = 5353};
  for (const Host& device : {kTelevisionHost, kPhoneHost, kLaptopHost}) {
    const Endpoint speaker = {.host = device, .port = 5353};
    int64_t time = wire.begin_ns() + Seconds(random.Uniform(0.5, 10));
    while (time < wire.end_ns()) {
      wire.Udp(time, speaker, group, Bytes(random, 40, 380));
      time += Seconds(random.Uniform(5, 20));
    }
  }
}

void AddSsdp(HomeWire& wire, Random random) {
  const Endpoint group = {.host = Group(239, 255, 255, 250), .port = 1900};
  const Endpoint television = {.host = kTelevisionHost, .port = 1900};
  int64_t time = wire.begin_ns() + Seconds(random.Uniform(2, 12));
  for (; time < wire.end_ns(); time += Seconds(random.Uniform(25, 40))) {
    const Endpoint seeker = {.host = kPhoneHost, .port = EphemeralPort(random)};
    for (int i = 0; i < 3; ++i) wire.Udp(time + i * Millis(1000), seeker, group, 133);
    wire.Udp(time + Millis(random.Uniform(50, 900)), television, seeker, 320);
  }
}

void AddPing(HomeWire& wire, Random random) {
  constexpr uint8_t kEcho = 8, kEchoReply = 0;
  constexpr uint32_t kPingBytes = 56;
  int64_t time = wire.begin_ns() + Seconds(random.Uniform(1, 15));
  for (; time < wire.end_ns(); time += Seconds(15)) {
    wire.Icmp(time, kPlugHost, kRouter, kEcho, kPingBytes);
    wire.Icmp(time + Millis(random.Uniform(0.2, 1.5)), kRouter, kPlugHost, kEchoReply, kPingBytes);
  }
}

void AddNeighbourDiscovery(HomeWire& wire, Random random) {
  constexpr uint8_t kAdvertiseRouter = 134, kSolicit = 135, kAdvertise = 136;
  const Host all_nodes = {.mac = {0x33, 0x33, 0, 0, 0, 1},
                          .address = V6({0xff02, 0, 0, 0, 0, 0, 0, 1})};
  int64_t time = wire.begin_ns() + Seconds(random.Uniform(1, 20));
  for (; time < wire.end_ns(); time += Seconds(random.Uniform(20, 40))) {
    wire.Icmp(time, kRouterV6, all_nodes, kAdvertiseRouter, 56);
    const int64_t asked = time + Seconds(random.Uniform(1, 5));
    wire.Icmp(asked, kPhoneV6, kRouterV6, kSolicit, 24);
    wire.Icmp(asked + Millis(random.Uniform(0.2, 2)), kRouterV6, kPhoneV6, kAdvertise, 24);
  }
}

void AddIpv6KeepAlive(HomeWire& wire, Random random) {
  const Endpoint phone = {.host = kPhoneV6, .port = 51820};
  const Endpoint server = {.host = Remote(V6({0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x51})), .port = 51820};
  int64_t time = wire.begin_ns() + Seconds(random.Uniform(0.5, 5));
  while (time < wire.end_ns()) {
    wire.Udp(time, phone, server, 32);
    wire.Udp(time + Millis(random.Uniform(18, 40)), server, phone, Bytes(random, 32, 128));
    time += Seconds(random.Uniform(4, 6));
  }
}

void AddCameraKeepAlive(HomeWire& wire, Random random) {
  const Endpoint camera = {.host = kCameraHost, .port = 32100};
  const Endpoint server = {.host = Remote(V4(198, 51, 100, 40)), .port = 32100};
  int64_t time = wire.begin_ns() + Seconds(random.Uniform(0.5, 2));
  for (; time < wire.end_ns(); time += Millis(random.Uniform(990, 1010))) {
    wire.Udp(time, camera, server, 44);
    wire.Udp(time + Millis(random.Uniform(24, 32)), server, camera, 20);
  }
}

void AddPlugKeepAlive(HomeWire& wire, Random random) {
  TcpConnection connection(wire, {.host = kPlugHost, .port = 49301},
                           {.host = Remote(V4(198, 51, 100, 41)), .port = 8883}, Millis(3),
                           Millis(28));
  // Open since before the capture: no handshake to see.
  int64_t time = wire.begin_ns() + Seconds(random.Uniform(1, 10));
  for (; time < wire.end_ns(); time += Seconds(random.Uniform(9.8, 10.2))) {
    const int64_t answered = connection.ClientSends(time, 31);
    connection.ServerSends(answered + Millis(2), 31, Millis(1));
  }
}

}  // namespace silhouette::simulate
