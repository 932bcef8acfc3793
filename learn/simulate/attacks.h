#pragma once

#include "learn/simulate/home_draw.h"
#include "learn/simulate/home_wire.h"
#include "learn/simulate/random.h"
#include "learn/simulate/scenario_plan.h"

namespace silhouette::simulate {

// Each adds the packets of one attack, and no others, from plan.attack_begin_ns on; nothing new is
// begun from plan.attack_end_ns on, but what was begun ends. Rates, roles and times are the plan's,
// all else is drawn.
void AddHostScan(HomeWire& wire, const ScenarioPlan& plan,
                 const Random& random);  // home_host_scan.cc
void AddPortScan(HomeWire& wire, const ScenarioPlan& plan,
                 const Random& random);  // home_port_scan.cc
void AddSynFlood(HomeWire& wire, const ScenarioPlan& plan,
                 const Random& random);  // home_syn_flood.cc
void AddUdpFlood(HomeWire& wire, const ScenarioPlan& plan,
                 const Random& random);  // home_udp_flood.cc
void AddGuessing(HomeWire& wire, const ScenarioPlan& plan,
                 const Random& random);                                          // home_guessing.cc
void AddBeacon(HomeWire& wire, const ScenarioPlan& plan, const Random& random);  // home_beacon.cc

// Some floods do not keep their rate, but stay floods.
void VaryFlood(const ScenarioPlan& plan, Pace& pace, Random random);  // home_udp_flood.cc

}  // namespace silhouette::simulate
