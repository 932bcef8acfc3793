#include "learn/simulate/home_talk.h"

#include "learn/simulate/home_devices.h"
#include "learn/simulate/home_draw.h"

namespace silhouette::simulate {

TlsShape DrawTlsShape(Random& random) {
  return {
      .client_hello = Chance(random, 0.6) ? 517 : Bytes(random, 180, 700),
      .server_hello = Chance(random, 0.25) ? Bytes(random, 150, 400) : Bytes(random, 1200, 5200),
      .client_finished = Bytes(random, 51, 130),
      .tickets = Chance(random, 0.6) ? Bytes(random, 51, 600) : 0,
      .closing = Chance(random, 0.8) ? Bytes(random, 24, 31) : 0};
}

int64_t OpenTls(TcpConnection& connection, const TlsShape& shape, int64_t time_ns, Random& random) {
  int64_t now = connection.Open(time_ns);
  now = connection.ClientSends(now + Millis(random.Uniform(0.2, 6)), shape.client_hello);
  now = connection.ServerSends(now + Millis(random.Uniform(0.5, 8)), shape.server_hello,
                               Millis(0.15));
  now = connection.ClientSends(now + Millis(random.Uniform(0.5, 20)), shape.client_finished);
  if (shape.tickets == 0) return now;
  return connection.ServerSends(now + Millis(0.3), shape.tickets, Millis(0.2));
}

int64_t Ask(TcpConnection& connection, int64_t time_ns, uint32_t asked_bytes,
            uint32_t answered_bytes, int64_t thinks_ns) {
  const int64_t asked = connection.ClientSends(time_ns, asked_bytes);
  return connection.ServerSends(asked + thinks_ns, answered_bytes, Millis(0.2));
}

int64_t CloseTls(TcpConnection& connection, const TlsShape& shape, int64_t time_ns) {
  if (shape.closing > 0) time_ns = connection.ClientSends(time_ns, shape.closing);
  return connection.Close(time_ns + Millis(0.1));
}

int64_t LookUp(HomeWire& wire, const Host& asker, int64_t time_ns, Random& random) {
  const Endpoint resolver = {.host = kRouter, .port = 53};
  const Endpoint client = {.host = asker, .port = EphemeralPort(random)};
  const int64_t answered = time_ns + Millis(LogUniform(random, 0.5, 80));
  wire.Udp(time_ns, client, resolver, Bytes(random, 24, 64));
  wire.Udp(answered, resolver, client, Bytes(random, 40, 260));
  if (Chance(random, 0.4)) {  // the IPv6 address as well
    wire.Udp(time_ns + Millis(0.1), client, resolver, Bytes(random, 24, 64));
    wire.Udp(answered + Millis(1), resolver, client, Bytes(random, 60, 260));
  }
  return answered;
}

}  // namespace silhouette::simulate
