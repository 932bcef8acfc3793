#include "capture-svc/flow_cache.h"

#include <gtest/gtest.h>

#include "common/packet_bits.h"

namespace silhouette {
namespace {

// From 192.168.0.0 + `host` to 203.0.113.7 over UDP; bytes as they lie in a packet.
CommonKey KeyOf(uint32_t host) {
  const uint64_t home = __builtin_bswap32(0xc0a80000u + host);
  const uint64_t remote = __builtin_bswap32(0xcb007107u);
  const uint64_t home_end = home | uint64_t{0x50c3} << 32, remote_end = remote | 0xbb01ull << 32;
  const uint64_t protocol = uint64_t{17} << 48;
  if (home_end > remote_end) return {remote_end | protocol, home_end, 2, 1};
  return {home_end | protocol, remote_end, 1, 2};
}

FlowCache::Flow* Find(FlowCache* cache, const CommonKey& key) {
  return cache->Find(key, FlowCache::Hash(key));
}

TEST(FlowCache, KnowsWhichEndIsHome) {
  FlowCache cache(HomeNetworks::Default());
  for (uint32_t host : {1, 200, 70'000}) {
    const CommonKey key = KeyOf(host);
    const bool in_home_network = host < 65'536;
    const FlowCache::Flow* flow = Find(&cache, key);
    EXPECT_EQ(flow->scope, in_home_network ? kHomeEndIsHome : 0);
    // Out of the home networks the higher port is home, which is the same end here.
    EXPECT_EQ(flow->low_is_home, (key.low_end & 0xff) == 0xc0);
  }
}

TEST(FlowCache, FindsAFlowAgain) {
  FlowCache cache(HomeNetworks::Default());
  for (uint32_t host = 0; host < 1000; ++host) Find(&cache, KeyOf(host))->row = host;
  for (uint32_t host = 0; host < 1000; ++host) EXPECT_EQ(Find(&cache, KeyOf(host))->row, host);
}

TEST(FlowCache, WhenItIsFullItStartsAnew) {
  FlowCache cache(HomeNetworks::Default());
  for (uint32_t host = 0; host < 300'000; ++host) {
    FlowCache::Flow* flow = Find(&cache, KeyOf(host));
    ASSERT_EQ(flow->batch, 0u) << "a new flow has no row yet, whoever had the slot";
    flow->batch = 7;
  }
  EXPECT_EQ(Find(&cache, KeyOf(299'999))->batch, 7u);
}

}  // namespace
}  // namespace silhouette
