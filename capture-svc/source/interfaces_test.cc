#include "capture-svc/source/interfaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/parse/link_type.h"

namespace silhouette {
namespace {

using testing::Contains;

TEST(Interfaces, LoopbackIsThereAndDescribed) {
  const std::vector<InterfaceInfo> all = ListInterfaces();
  const auto lo = std::find_if(all.begin(), all.end(),
                               [](const InterfaceInfo& each) { return each.name == "lo"; });
  if (lo == all.end()) GTEST_SKIP() << "this system has no interface called lo";
  EXPECT_TRUE(lo->loopback);
  EXPECT_FALSE(lo->wireless);
  EXPECT_EQ(lo->link_type, kLinkEthernet);
  if (lo->up) {
    EXPECT_THAT(lo->addresses, Contains(*IpAddress::Parse("127.0.0.1")));
  }
}

TEST(Interfaces, OnlyNetworkInterfacesAreListed) {
  for (const InterfaceInfo& each : ListInterfaces()) {
    for (const char* content : {"usbmon", "bluetooth", "nflog", "nfqueue", "dbus"}) {
      EXPECT_NE(each.name.rfind(content, 0), 0u) << each.name;
    }
  }
}

}  // namespace
}  // namespace silhouette
