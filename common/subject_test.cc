#include "common/subject.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(Subject, AConversationIsNamedAfterItsEndsAndProtocol) {
  FlowKey flow;
  flow.home = *IpAddress::Parse("192.168.1.20");
  flow.remote = *IpAddress::Parse("203.0.113.7");
  flow.protocol = 17;
  EXPECT_EQ(ConversationName(flow), "conversation:192.168.1.20-203.0.113.7/udp");
  flow.remote = *IpAddress::Parse("2001:db8::7");
  flow.protocol = 6;
  EXPECT_EQ(ConversationName(flow), "conversation:192.168.1.20-2001:db8::7/tcp");
}

TEST(Subject, AProtocolWithoutANameIsNumbered) {
  EXPECT_EQ(ProtocolName(1), "icmp");
  EXPECT_EQ(ProtocolName(58), "icmp6");
  EXPECT_EQ(ProtocolName(47), "proto47");
  EXPECT_EQ(ProtocolName(255), "proto255");
}

}  // namespace
}  // namespace silhouette
