// A battery camera: keep-alives while nothing moves, an upload when something does.

#include <algorithm>

#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_kinds.h"
#include "learn/simulate/home_talk.h"

namespace silhouette::simulate {
namespace {

struct Camera {
  Host host;
  Endpoint server;
  TcpLook look, server_look;
  TlsShape tls;
  int64_t near_ns = 0, far_ns = 0;
  bool by_udp = false;
  int64_t gap_ns = 0;  // between full packets of an upload
};

void UploadByUdp(HomeWire& wire, const Camera& camera, int64_t time, uint32_t bytes,
                 Random& random) {
  const Endpoint client = {.host = camera.host, .port = EphemeralPort(random)};
  const uint32_t full = Bytes(random, 900, 1400);
  wire.Udp(time, client, camera.server, 80);
  wire.Udp(time + camera.far_ns, camera.server, client, 80);
  time += 2 * camera.far_ns;
  for (uint32_t sent = 0, index = 0; sent < bytes; sent += full, ++index) {
    wire.Udp(time, client, camera.server, std::min(full, bytes - sent));
    if (index % 16 == 15) wire.Udp(time + Millis(0.3), camera.server, client, 36);
    time += Seconds(random.Uniform(0.6, 1.4) * 1e-9 * static_cast<double>(camera.gap_ns));
  }
}

void UploadByTls(HomeWire& wire, const Camera& camera, int64_t time, uint32_t bytes,
                 Random& random) {
  TcpConnection connection(wire, {.host = camera.host, .port = EphemeralPort(random)},
                           {.host = camera.server.host, .port = 443}, camera.near_ns, camera.far_ns,
                           camera.look, camera.server_look);
  int64_t now = OpenTls(connection, camera.tls, LookUp(wire, camera.host, time, random), random);
  // A little at a time, as the picture is coded.
  while (bytes > 0) {
    const uint32_t part = std::min(bytes, Bytes(random, 20'000, 120'000));
    bytes -= part;
    now = connection.ClientUploads(now, part, camera.gap_ns) + Millis(random.Exponential(60));
  }
  now = connection.ServerSends(now + Millis(10), Bytes(random, 120, 500), Millis(1));
  CloseTls(connection, camera.tls, now + Millis(5));
}

Camera DrawCamera(const Host& host, Random& random) {
  return {.host = host,
          .server = {.host = DrawServer(random),
                     .port = static_cast<uint16_t>(random.UniformInt(1024, 60000))},
          .look = DrawHomeLook(random),
          .server_look = DrawRemoteLook(random),
          .tls = DrawTlsShape(random),
          .near_ns = DrawNear(random),
          .far_ns = DrawFar(random),
          .by_udp = Chance(random, 0.5),
          .gap_ns = Millis(LogUniform(random, 1, 20))};
}

void AddKeepAlive(HomeWire& wire, const Camera& camera, Random random) {
  const double period = LogUniform(random, 2, 60);
  if (Chance(random, 0.4)) {
    AddHeldOpen({.wire = wire, .host = camera.host}, 443, period, random);
    return;
  }
  const Endpoint client = {.host = camera.host, .port = EphemeralPort(random)};
  const uint32_t asked = Bytes(random, 8, 120), answered = Bytes(random, 8, 120);
  int64_t time = wire.begin_ns() + Seconds(random.Uniform(0, period));
  for (; time < wire.end_ns(); time += Seconds(period * random.Uniform(0.98, 1.02))) {
    wire.Udp(time, client, camera.server, asked);
    wire.Udp(time + camera.far_ns, camera.server, client, answered);
  }
}

}  // namespace

std::vector<Stretch> AddBatteryCamera(HomeWire& wire, const Host& host, int64_t from_ns,
                                      int64_t to_ns, const Random& random) {
  Random draw = random.Fork(0);
  const Camera camera = DrawCamera(host, draw);
  AddKeepAlive(wire, camera, random.Fork(1));
  const double pause = LogUniform(draw, 8, 90);
  const double typical_bytes = LogUniform(draw, 1.5e5, 2e6);
  std::vector<Stretch> uploads;
  int64_t time = from_ns + Seconds(draw.Exponential(pause / 2));
  while (time < to_ns) {
    const auto bytes =
        static_cast<uint32_t>(std::clamp(typical_bytes * draw.Uniform(0.4, 1.6), 1e5, 3e6));
    HomeWire upload(wire.begin_ns(), wire.end_ns());
    (camera.by_udp ? UploadByUdp : UploadByTls)(upload, camera, time, bytes, draw);
    const std::vector<SimulatedPacket> packets = upload.TakeSorted();
    if (packets.empty()) break;
    for (const SimulatedPacket& packet : packets) wire.Add(packet);
    const int64_t end = packets.back().time_ns + kNanosPerMicrosecond;
    uploads.push_back({.begin_ns = packets.front().time_ns, .end_ns = end});
    time = end + Seconds(3 + draw.Exponential(pause));
  }
  return uploads;
}

}  // namespace silhouette::simulate
