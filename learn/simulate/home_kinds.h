#pragma once

#include <vector>

#include "learn/simulate/home_wire.h"
#include "learn/simulate/packet.h"
#include "learn/simulate/random.h"
#include "learn/simulate/scenario_plan.h"

namespace silhouette::simulate {

// One device and how much it does: 1 is usual, a tenth is idle. It lives for the wire's whole time.
struct Living {
  HomeWire& wire;
  Host host;
  double activity = 1;
  std::vector<Resident> neighbours = {};  // with whom it may speak
};

// What its kind does, and what every device does: ARP, DHCP, NTP, names.
void AddLife(const Living& living, DeviceKind kind, const Random& random);

// home_kinds_things.cc
void AddCameraLife(const Living& living, Random random);
void AddPlugLife(const Living& living, Random random);
void AddHubLife(const Living& living, Random random);
void AddThermostatLife(const Living& living, Random random);
void AddBulbLife(const Living& living, Random random);

// home_kinds_media.cc
void AddSpeakerLife(const Living& living, Random random);
void AddTelevisionLife(const Living& living, Random random);
void AddBackupLife(const Living& living, Random random);
void AddConsoleLife(const Living& living, Random random);
void AddTabletLife(const Living& living, Random random);

// home_kinds_people.cc
void AddLaptopLife(const Living& living, Random random);
void AddPhoneLife(const Living& living, Random random);
void AddNewcomerLife(const Living& living, Random random);

// home_joining.cc: a device joins the network (DHCP, ARP probes, mDNS and SSDP); returns when done.
int64_t AddJoining(HomeWire& wire, const Host& host, int64_t time_ns, Random& random);
// Questions to the whole home, by mDNS or SSDP, a few in a row.
void AddDiscovery(HomeWire& wire, const Host& host, int64_t time_ns, Random& random);

// A connection that stays open with a message now and then, as of MQTT or push: every `period_s`.
void AddHeldOpen(const Living& living, uint16_t port, double period_s, Random random);

// home_polling.cc: with a neighbour, most often nothing.
void AddPollingLife(const Living& living, Random random);
// home_strangers.cc: what comes from the Internet unasked; nothing, unless it can reach the device,
// which has that probability.
void AddStrangers(const Living& living, double reachable, Random random);

// home_camera.cc: the scenario's battery camera, silent but for keep-alives; what moves between
// `from_ns` and `to_ns` it uploads. Returns the uploads, from first packet to just behind the last.
struct Stretch {
  int64_t begin_ns = 0, end_ns = 0;
};
std::vector<Stretch> AddBatteryCamera(HomeWire& wire, const Host& camera, int64_t from_ns,
                                      int64_t to_ns, const Random& random);

}  // namespace silhouette::simulate
