#include "common/subject.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(Subject, AProtocolWithoutANameIsNumbered) {
  EXPECT_EQ(ProtocolName(1), "icmp");
  EXPECT_EQ(ProtocolName(58), "icmp6");
  EXPECT_EQ(ProtocolName(47), "proto47");
  EXPECT_EQ(ProtocolName(255), "proto255");
}

}  // namespace
}  // namespace silhouette
