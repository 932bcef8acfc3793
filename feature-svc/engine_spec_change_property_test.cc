// Whatever packets come and however specs change, each spec's windows are those of a run without
// changes, as far as it was asked for.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "feature-svc/test_changing_run.h"
#include "feature-svc/test_traffic.h"

namespace silhouette {
namespace {

using namespace test_packets;

// Specs that share subjects with others and specs that do not, of both schemas.
Specs AllSpecs() {
  Specs specs;
  for (const char* text : {"subject=conversation,window=500ms,schema=presence.v1",
                           "subject=conversation,window=2s,hop=500ms,schema=traffic.v1",
                           "subject=conversation,window=500ms,schema=presence.v1,protocol=udp",
                           "subject=flow,window=1s,schema=presence.v1,protocol=tcp",
                           "subject=device,window=2s,hop=1s,schema=traffic.v1",
                           "subject=device,window=10s,schema=presence.v1",
                           "subject=device-mac,window=1s,hop=250ms,schema=presence.v1"}) {
    specs.push_back(*ParseSpec(text));
  }
  return specs;
}

// A run whose specs change at any of its batches, and what it may give out.
class RandomRun {
 public:
  // Windows of a spec that start in [from, ...) and end at or before `closed`.
  struct Stretch {
    int64_t from_ns = kNever;
    int64_t closed_ns = kForever;
  };

  RandomRun(const std::vector<Packet>& packets, uint32_t seed, FeatureLimits limits)
      : random_(seed), is_in_(AllSpecs().size()), run_(Toggle(), kLateness, limits) {
    NoteStretches();
    for (size_t at = 0; at < packets.size();) {
      const size_t size = std::min<size_t>(1 + random_() % 100, packets.size() - at);
      run_.Push(std::span(packets).subspan(at, size));
      at += size;
      if (random_() % 12 != 0) continue;
      run_.Change(Toggle());
      NoteStretches();
    }
    run_.End();
  }

  ChangingRun* run() { return &run_; }
  // In the order of time, of AllSpecs()[i].
  const std::vector<Stretch>& stretches(size_t i) const { return stretches_[i]; }

 private:
  // Some specs come and some go. In any order.
  Specs Toggle() {
    const Specs all = AllSpecs();
    Specs specs;
    for (size_t i = 0; i < all.size(); ++i) {
      if (random_() % 3 == 0) is_in_[i] = !is_in_[i];
      if (is_in_[i]) specs.push_back(all[i]);
    }
    std::shuffle(specs.begin(), specs.end(), random_);
    return specs;
  }
  void NoteStretches() {
    const Specs all = AllSpecs();
    stretches_.resize(all.size());
    for (size_t i = 0; i < all.size(); ++i) {
      auto& own = stretches_[i];
      const bool was_in = !own.empty() && own.back().closed_ns == kForever;
      if (was_in && !is_in_[i]) own.back().closed_ns = run_.watermark_ns();
      if (was_in || !is_in_[i]) continue;
      const int64_t newest_ns = run_.newest_ns();
      own.push_back({newest_ns == kNever ? kNever : newest_ns + 1 + HorizonOf(all[i])});
    }
  }

  std::mt19937 random_;
  std::vector<bool> is_in_;
  ChangingRun run_;
  std::vector<std::vector<Stretch>> stretches_;
};

TEST(FeatureSpecChangeProperty, EachSpecGivesTheWindowsOfARunWithoutChangesWhileItIsAskedFor) {
  const Specs all = AllSpecs();
  std::vector<size_t> windows(all.size());
  for (uint32_t seed = 21; seed <= 26; ++seed) {
    Traffic traffic(seed);
    const std::vector<Packet> packets = traffic.Arrive(traffic.Make(3000));
    RowsBySpec whole = WithoutChange(packets, all);
    RandomRun changing(packets, seed, {});
    for (size_t i = 0; i < all.size(); ++i) {
      std::vector<Row> expected;
      for (const auto& [from_ns, closed_ns] : changing.stretches(i)) {
        const auto some = Between(whole[SpecText(all[i])], all[i].length_ns(), from_ns, closed_ns);
        expected.insert(expected.end(), some.begin(), some.end());
      }
      windows[i] += expected.size();
      EXPECT_TRUE(changing.run()->rows(all[i]) == expected)
          << "seed " << seed << ", " << SpecText(all[i]);
    }
  }
  for (size_t i = 0; i < all.size(); ++i) EXPECT_GT(windows[i], 500u) << SpecText(all[i]);
}

TEST(FeatureSpecChangeProperty, UnderTinyLimitsAWindowIsPartialOrWhole) {
  const Specs all = AllSpecs();
  const FeatureLimits tiny{.subjects = 16, .window_samples = 4, .samples = 64};
  std::vector<size_t> whole_windows(all.size());
  for (uint32_t seed = 31; seed <= 34; ++seed) {
    Traffic traffic(seed);
    const std::vector<Packet> packets = traffic.Arrive(traffic.Make(4000));
    RowsBySpec whole = WithoutChange(packets, all);
    RandomRun changing(packets, seed, tiny);
    for (size_t i = 0; i < all.size(); ++i) {
      std::map<std::pair<int64_t, std::string>, const Row*> expected;
      for (const Row& row : whole[SpecText(all[i])]) expected[{row.start_ns, row.subject}] = &row;
      for (const Row& row : changing.run()->rows(all[i])) {
        const auto same = expected.find({row.start_ns, row.subject});
        ASSERT_NE(same, expected.end()) << SpecText(all[i]) << " " << row.start_ns;
        if (row.partial) continue;
        ++whole_windows[i];
        ASSERT_TRUE(row == *same->second) << "seed " << seed << ", " << SpecText(all[i]) << ", "
                                          << row.subject << " at " << row.start_ns;
      }
    }
  }
  for (size_t i = 0; i < all.size(); ++i) EXPECT_GT(whole_windows[i], 0u) << SpecText(all[i]);
}

}  // namespace
}  // namespace silhouette
