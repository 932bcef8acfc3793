#include "capture-svc/common_flows.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

CommonKey KeyOf(uint64_t number) { return {number << 32 | 0x0a, 0xcb, 7 << 16, 9 << 16}; }

CommonFlows::Flow* Find(CommonFlows* flows, const CommonKey& key, bool* is_new) {
  return flows->Find(key, flows->Prepare(key), is_new);
}

TEST(CommonFlows, AFlowIsNewOnce) {
  CommonFlows flows;
  bool is_new;
  for (uint16_t i = 0; i < CommonFlows::kMaxFlows; ++i) {
    Find(&flows, KeyOf(i), &is_new)->row = i;
    EXPECT_TRUE(is_new);
  }
  for (uint16_t i = 0; i < CommonFlows::kMaxFlows; ++i) {
    EXPECT_EQ(Find(&flows, KeyOf(i), &is_new)->row, i);
    EXPECT_FALSE(is_new);
  }
}

TEST(CommonFlows, EveryPartOfAKeyTellsFlowsApart) {
  CommonFlows flows;
  const CommonKey key = KeyOf(1);
  CommonKey low = key, high = key, low_mac = key, high_mac = key;
  ++low.low_end;
  ++high.high_end;
  ++low_mac.low_mac;
  ++high_mac.high_mac;
  bool is_new;
  for (const CommonKey& other : {key, low, high, low_mac, high_mac}) {
    Find(&flows, other, &is_new);
    EXPECT_TRUE(is_new);
  }
}

TEST(CommonFlows, ClearForgetsAll) {
  CommonFlows flows;
  bool is_new;
  Find(&flows, KeyOf(1), &is_new);
  flows.Clear();
  Find(&flows, KeyOf(1), &is_new);
  EXPECT_TRUE(is_new);
}

}  // namespace
}  // namespace silhouette
