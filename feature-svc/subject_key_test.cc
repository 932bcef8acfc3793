#include "feature-svc/subject_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feature-svc/test_packets.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kBroadcastMac[] = "\xff\xff\xff\xff\xff\xff";
constexpr char kGroupMac[] = "\x01\x00\x5e\x00\x00\xfb";
constexpr char kHomeMac[] = "\x00\x1b\x2c\x3d\x4e\x5f";
constexpr char kRouterMac[] = "\x02\x00\x00\x00\x00\x01";

MacAddress Mac(const char* bytes) {
  return MacAddress::From(reinterpret_cast<const uint8_t*>(bytes));
}

// A datagram from 192.168.1.20 to a remote host, or between the addresses given.
FlowKey Flow(const std::string& home = "192.168.1.20", const std::string& remote = "203.0.113.7") {
  FlowKey flow;
  flow.home = *IpAddress::Parse(home);
  flow.remote = *IpAddress::Parse(remote);
  flow.home_port = 50000;
  flow.remote_port = 443;
  flow.protocol = 17;
  flow.home_is_home = true;
  return flow;
}

FlowKey WithMacs(FlowKey flow, const char* home = kHomeMac, const char* remote = kRouterMac) {
  flow.home_mac = Mac(home);
  flow.remote_mac = Mac(remote);
  return flow;
}

FlowKey BothAtHome(FlowKey flow) {
  flow.remote_is_home = true;
  return flow;
}

FlowKey MacAlone(Network network, const char* home, const char* remote) {
  FlowKey flow;
  flow.network = network;
  return WithMacs(flow, home, remote);
}

// The names of a flow's subjects; one at the remote end has a star.
std::vector<std::string> Names(v1::SubjectKind kind, const FlowKey& flow) {
  v1::FlowTable table;
  test_packets::AddFlow(flow, &table);
  const FlowSubjects subjects = SubjectsOf(kind, FlowColumns(table), 0);
  std::vector<std::string> names;
  for (size_t i = 0; i < subjects.count; ++i) {
    const SubjectEnd& end = subjects.ends[i];
    names.push_back(SubjectName(kind, end.key) + (end.is_remote_end ? "*" : ""));
  }
  return names;
}

std::vector<std::string> Devices(const FlowKey& flow) {
  return Names(v1::SUBJECT_KIND_DEVICE, flow);
}
std::vector<std::string> DeviceMacs(const FlowKey& flow) {
  return Names(v1::SUBJECT_KIND_DEVICE_MAC, flow);
}
std::vector<std::string> Conversations(const FlowKey& flow) {
  return Names(v1::SUBJECT_KIND_CONVERSATION, flow);
}
std::vector<std::string> Flows(const FlowKey& flow) { return Names(v1::SUBJECT_KIND_FLOW, flow); }

TEST(SubjectName, TellsTheKindAndWhatTellsTheSubject) {
  const FlowKey flow = WithMacs(Flow());
  EXPECT_THAT(Devices(flow), ElementsAre("device:192.168.1.20"));
  EXPECT_THAT(DeviceMacs(flow), ElementsAre("device-mac:00:1b:2c:3d:4e:5f"));
  EXPECT_THAT(Conversations(flow), ElementsAre("conversation:192.168.1.20-203.0.113.7/udp"));
  EXPECT_THAT(Flows(flow), ElementsAre("flow:192.168.1.20:50000-203.0.113.7:443/udp"));
}

TEST(SubjectName, BracketsAnIpv6AddressOnlyBeforeAPort) {
  FlowKey flow = Flow("fe80::1", "ff02::fb");
  flow.home_port = flow.remote_port = 53;
  EXPECT_THAT(Devices(flow), ElementsAre("device:fe80::1"));
  EXPECT_THAT(Conversations(flow), ElementsAre("conversation:fe80::1-ff02::fb/udp"));
  EXPECT_THAT(Flows(flow), ElementsAre("flow:[fe80::1]:53-[ff02::fb]:53/udp"));
}

TEST(SubjectName, AFlowHasItsVlansAndAConversationHasNot) {
  FlowKey flow = Flow();
  flow.vlan = 7;
  EXPECT_THAT(Flows(flow), ElementsAre("flow:192.168.1.20:50000-203.0.113.7:443/udp/vlan7"));
  flow.vlan = 100 << 12 | 4095;
  EXPECT_THAT(Flows(flow), ElementsAre("flow:192.168.1.20:50000-203.0.113.7:443/udp/vlan100.4095"));
  EXPECT_THAT(Conversations(flow), ElementsAre("conversation:192.168.1.20-203.0.113.7/udp"));
}

TEST(SubjectName, AProtocolWithoutANameIsANumber) {
  FlowKey flow = Flow();
  flow.protocol = 47;
  flow.home_port = flow.remote_port = 0;
  EXPECT_THAT(Flows(flow), ElementsAre("flow:192.168.1.20:0-203.0.113.7:0/proto47"));
}

TEST(SubjectsOf, DifferInEveryPartOfAFlow) {
  std::vector<FlowKey> flows(7, Flow());
  flows[1].home_port = 1;
  flows[2].remote_port = 1;
  flows[3].protocol = 6;
  flows[4].vlan = 1;
  flows[5].home = *IpAddress::Parse("192.168.1.21");
  flows[6].remote = *IpAddress::Parse("203.0.113.8");
  v1::FlowTable table;
  for (const FlowKey& flow : flows) test_packets::AddFlow(flow, &table);
  const FlowColumns columns(table);
  const auto key = [&](size_t i) {
    return SubjectsOf(v1::SUBJECT_KIND_FLOW, columns, i).ends[0].key;
  };
  for (size_t i = 0; i < flows.size(); ++i) {
    for (size_t j = 0; j < flows.size(); ++j) {
      EXPECT_EQ(key(i) == key(j), i == j) << i << ", " << j;
      EXPECT_EQ(key(i).Hash(5) == key(j).Hash(5), i == j) << i << ", " << j;
    }
  }
  EXPECT_NE(key(0).Hash(5), key(0).Hash(6)) << "the seed is part of it";
}

TEST(SubjectsOf, ADeviceIsTheHomeEndAlone) {
  EXPECT_THAT(Devices(Flow()), ElementsAre("device:192.168.1.20"));
}

TEST(SubjectsOf, BothEndsAreDevicesWhereBothAreAtHome) {
  const FlowKey flow = WithMacs(BothAtHome(Flow("192.168.1.20", "192.168.1.30")));
  EXPECT_THAT(Devices(flow), ElementsAre("device:192.168.1.20", "device:192.168.1.30*"));
  EXPECT_THAT(DeviceMacs(flow),
              ElementsAre("device-mac:00:1b:2c:3d:4e:5f", "device-mac:02:00:00:00:00:01*"));
  EXPECT_THAT(Conversations(flow), ElementsAre("conversation:192.168.1.20-192.168.1.30/udp"));
}

TEST(SubjectsOf, TheHomeEndIsADeviceWhereNeitherIsAtHome) {
  FlowKey flow = WithMacs(Flow("198.51.100.1", "203.0.113.7"));
  flow.home_is_home = false;
  EXPECT_THAT(Devices(flow), ElementsAre("device:198.51.100.1"));
  EXPECT_THAT(DeviceMacs(flow), ElementsAre("device-mac:00:1b:2c:3d:4e:5f"));
  flow.remote_is_home = true;
  EXPECT_THAT(Devices(flow), ElementsAre("device:198.51.100.1")) << "both must be";
}

TEST(SubjectsOf, GroupsOfHostsAndHostsWithoutAnAddressAreNoDevices) {
  for (const char* address :
       {"224.0.0.251", "239.255.255.250", "255.255.255.255", "0.0.0.0", "::", "ff02::1"}) {
    EXPECT_THAT(Devices(BothAtHome(Flow("192.168.1.20", address))),
                ElementsAre("device:192.168.1.20"))
        << address;
    EXPECT_THAT(Devices(Flow(address)), IsEmpty()) << address;
  }
  for (const char* address : {"223.255.255.255", "240.0.0.1", "0.0.0.1", "::1", "fe80::1"}) {
    EXPECT_THAT(Devices(Flow(address)), ElementsAre(std::string("device:") + address));
  }
}

TEST(SubjectsOf, ANetworksBroadcastAddressIsKnownByItsMac) {
  const FlowKey flow = BothAtHome(Flow("192.168.1.20", "192.168.1.255"));
  EXPECT_THAT(Devices(WithMacs(flow, kHomeMac, kBroadcastMac)), ElementsAre("device:192.168.1.20"));
  EXPECT_THAT(DeviceMacs(WithMacs(flow, kHomeMac, kBroadcastMac)),
              ElementsAre("device-mac:00:1b:2c:3d:4e:5f"));
  EXPECT_THAT(DeviceMacs(WithMacs(flow, kGroupMac, kHomeMac)),
              ElementsAre("device-mac:00:1b:2c:3d:4e:5f*"));
}

TEST(SubjectsOf, ArpTellsDevicesAndNoConversations) {
  FlowKey flow = WithMacs(BothAtHome(Flow("192.168.1.20", "192.168.1.30")));
  flow.network = Network::kArp;
  flow.protocol = 0;
  flow.home_port = flow.remote_port = 0;
  EXPECT_THAT(Devices(flow), ElementsAre("device:192.168.1.20", "device:192.168.1.30*"));
  EXPECT_THAT(DeviceMacs(flow),
              ElementsAre("device-mac:00:1b:2c:3d:4e:5f", "device-mac:02:00:00:00:00:01*"));
  EXPECT_THAT(Conversations(flow), IsEmpty());
  EXPECT_THAT(Flows(flow), IsEmpty());
}

TEST(SubjectsOf, FramesWithoutNetworkAddressesHaveDevicesByMacAtBothEnds) {
  for (Network network : {Network::kOther, Network::kCut}) {
    const FlowKey flow = MacAlone(network, kHomeMac, kRouterMac);
    EXPECT_THAT(DeviceMacs(flow),
                ElementsAre("device-mac:00:1b:2c:3d:4e:5f", "device-mac:02:00:00:00:00:01*"));
    EXPECT_THAT(DeviceMacs(MacAlone(network, kHomeMac, kGroupMac)),
                ElementsAre("device-mac:00:1b:2c:3d:4e:5f"));
    EXPECT_THAT(Devices(flow), IsEmpty());
    EXPECT_THAT(Conversations(flow), IsEmpty());
    EXPECT_THAT(Flows(flow), IsEmpty());
  }
}

TEST(SubjectsOf, ALinkWithoutHardwareAddressesHasNoDevicesByMac) {
  EXPECT_THAT(DeviceMacs(BothAtHome(Flow())), IsEmpty()) << "an empty column";
  constexpr char kZeros[6] = {};
  EXPECT_THAT(DeviceMacs(WithMacs(Flow(), kZeros, kRouterMac)), IsEmpty()) << "zeros";
}

TEST(SubjectsOf, FragmentsWithUnknownPortsAreInNoFlow) {
  FlowKey flow = Flow();
  flow.home_port = flow.remote_port = 0;
  flow.ports_unknown = true;
  EXPECT_THAT(Flows(flow), IsEmpty());
  EXPECT_THAT(Conversations(flow), ElementsAre("conversation:192.168.1.20-203.0.113.7/udp"));
  EXPECT_THAT(Devices(flow), ElementsAre("device:192.168.1.20"));
}

}  // namespace
}  // namespace silhouette
