#pragma once

#include <cstdint>

#include "learn/simulate/home_wire.h"
#include "learn/simulate/packet.h"
#include "learn/simulate/random.h"

namespace silhouette::simulate {

// The home's hosts. The last byte of a MAC is that of the IPv4 address, in decimal digits.
constexpr Host HomeHost(uint8_t last, uint8_t mac_last) {
  return {.mac = {0x02, 0, 0, 0, 0, mac_last}, .address = V4(192, 168, 1, last)};
}
inline constexpr Host kRouter = HomeHost(1, 0x01);
inline constexpr Host kLaptopHost = HomeHost(20, 0x20);  // the one that makes the call
inline constexpr Host kTelevisionHost = HomeHost(30, 0x30);
inline constexpr Host kCameraHost = HomeHost(40, 0x40);
inline constexpr Host kPlugHost = HomeHost(41, 0x41);
inline constexpr Host kConsoleHost = HomeHost(50, 0x50);
inline constexpr Host kPhoneHost = HomeHost(60, 0x60);
inline constexpr Host kDesktopHost = HomeHost(70, 0x70);

inline constexpr Host kBroadcast = {.mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                    .address = V4(255, 255, 255, 255)};
// A multicast group of IPv4, at RFC 1112's MAC.
constexpr Host Group(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {.mac = {0x01, 0x00, 0x5e, static_cast<uint8_t>(b & 0x7f), c, d},
          .address = V4(a, b, c, d)};
}

// A remote host: its frames come from the router.
constexpr Host Remote(const IpAddress& address) { return {.mac = kRouter.mac, .address = address}; }

// Each adds one kind of traffic for the wire's whole time.

// home_chatter.cc
void AddArp(HomeWire& wire, Random random);
void AddDhcp(HomeWire& wire, Random random);
void AddDns(HomeWire& wire, Random random);
void AddNtp(HomeWire& wire, Random random);
void AddMdns(HomeWire& wire, Random random);
void AddSsdp(HomeWire& wire, Random random);
void AddPing(HomeWire& wire, Random random);
void AddNeighbourDiscovery(HomeWire& wire, Random random);
void AddIpv6KeepAlive(HomeWire& wire, Random random);
void AddCameraKeepAlive(HomeWire& wire, Random random);
void AddPlugKeepAlive(HomeWire& wire, Random random);

// home_streams.cc
void AddWebBrowsing(HomeWire& wire, Random random);
void AddDownload(HomeWire& wire, Random random);
void AddVideoStream(HomeWire& wire, Random random);
void AddGame(HomeWire& wire, Random random);

}  // namespace silhouette::simulate
