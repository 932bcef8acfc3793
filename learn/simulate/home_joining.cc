// What a device says to the home when it comes into it, or looks for others.

#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_kinds.h"

namespace silhouette::simulate {

void AddDiscovery(HomeWire& wire, const Host& host, int64_t time_ns, Random& random) {
  const bool is_mdns = Chance(random, 0.7);
  const Endpoint group = is_mdns ? Endpoint{.host = Group(224, 0, 0, 251), .port = 5353}
                                 : Endpoint{.host = Group(239, 255, 255, 250), .port = 1900};
  const Endpoint asker = {.host = host, .port = is_mdns ? uint16_t{5353} : EphemeralPort(random)};
  const int64_t questions = random.UniformInt(1, 6);
  const uint32_t bytes = is_mdns ? Bytes(random, 35, 420) : Bytes(random, 120, 420);
  for (int64_t i = 0; i < questions; ++i) {
    wire.Udp(time_ns, asker, group, bytes);
    time_ns += Millis(LogUniform(random, 20, 2000));
  }
}

int64_t AddJoining(HomeWire& wire, const Host& host, int64_t time_ns, Random& random) {
  constexpr uint8_t kRequest = 1, kReply = 2;
  const Endpoint nobody = {.host = {.mac = host.mac, .address = V4(0, 0, 0, 0)}, .port = 68};
  const Endpoint everybody = {.host = kBroadcast, .port = 67};
  const Endpoint server = {.host = kRouter, .port = 67};
  const Endpoint client = {.host = host, .port = 68};
  for (int64_t i = random.UniformInt(1, 2); i > 0; --i) {
    wire.Udp(time_ns, nobody, everybody, 300);
    time_ns += Millis(random.Uniform(5, 900));
  }
  wire.Udp(time_ns, server, client, 300);
  wire.Udp(time_ns += Millis(random.Uniform(2, 20)), nobody, everybody, 312);
  wire.Udp(time_ns += Millis(random.Uniform(5, 60)), server, client, 300);
  // RFC 5227: is the address anybody else's? Then it is told to all.
  const Host unsure = {.mac = host.mac, .address = V4(0, 0, 0, 0)};
  const Host to_all = {.mac = kBroadcast.mac, .address = host.address};
  for (int64_t i = random.UniformInt(0, 3); i > 0; --i) {
    wire.Arp(time_ns += Millis(random.Uniform(100, 1000)), unsure, to_all, kRequest);
  }
  for (int64_t i = random.UniformInt(0, 3); i > 0; --i) {
    wire.Arp(time_ns += Millis(random.Uniform(100, 1000)), host, to_all, kRequest);
  }
  wire.Arp(time_ns += Millis(5), host, {.mac = kBroadcast.mac, .address = kRouter.address},
           kRequest);
  wire.Arp(time_ns += Millis(random.Uniform(0.2, 4)), kRouter, host, kReply);
  AddDiscovery(wire, host, time_ns + Millis(random.Uniform(5, 400)), random);
  if (Chance(random, 0.6)) AddDiscovery(wire, host, time_ns + Millis(300), random);
  return time_ns + Millis(random.Uniform(10, 800));
}

}  // namespace silhouette::simulate
