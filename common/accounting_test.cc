#include "common/accounting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace silhouette {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Reasons(const v1::Accounting& accounting) {
  std::vector<std::string> reasons;
  for (const v1::FilteredCount& count : accounting.filtered()) {
    reasons.push_back(count.reason() + " " + std::to_string(count.packets()));
  }
  return reasons;
}

v1::Accounting Full() {
  v1::Accounting accounting;
  accounting.set_received(127);
  accounting.set_windowed(1);
  AddFiltered(&accounting, "not_ip", 2);
  AddFiltered(&accounting, "not_asked", 4);
  accounting.set_malformed(8);
  accounting.set_late(16);
  accounting.set_shed(32);
  accounting.set_pending(64);
  accounting.mutable_loss()->set_kernel_dropped_packets(1000);
  accounting.mutable_loss()->set_interface_dropped_packets(2000);
  return accounting;
}

TEST(Accounting, EveryTermCountsInTheIdentityAndLossDoesNot) {
  EXPECT_TRUE(Balanced(v1::Accounting()));
  EXPECT_TRUE(Balanced(Full()));
  using Change = std::function<void(v1::Accounting*)>;
  const Change changes[] = {
      [](v1::Accounting* a) { a->set_received(126); },
      [](v1::Accounting* a) { a->set_windowed(0); },
      [](v1::Accounting* a) { a->set_malformed(9); },
      [](v1::Accounting* a) { a->set_late(17); },
      [](v1::Accounting* a) { a->set_shed(33); },
      [](v1::Accounting* a) { a->set_pending(65); },
      [](v1::Accounting* a) { AddFiltered(a, "x", 1); },
  };
  for (const auto& change : changes) {
    v1::Accounting accounting = Full();
    change(&accounting);
    EXPECT_FALSE(Balanced(accounting)) << accounting.ShortDebugString();
  }
}

TEST(Accounting, ReasonsStaySortedWhateverTheOrderTheyComeIn) {
  v1::Accounting accounting;
  for (const char* reason : {"m", "z", "a", "m", "b", "z", "a"}) {
    AddFiltered(&accounting, reason, 1);
  }
  EXPECT_THAT(Reasons(accounting), ElementsAre("a 2", "b 1", "m 2", "z 2"));
  EXPECT_EQ(FilteredPackets(accounting), 7u);
}

TEST(Accounting, NoPacketsNeedNoReason) {
  v1::Accounting accounting;
  AddFiltered(&accounting, "not_ip", 0);
  EXPECT_EQ(accounting.filtered_size(), 0);
}

TEST(Accounting, AdditionAddsEveryCount) {
  v1::Accounting sum = Full();
  v1::Accounting other = Full();
  AddFiltered(&other, "cut_short", 3);
  other.set_received(130);
  AddAccounting(&sum, other);
  EXPECT_EQ(sum.received(), 257u);
  EXPECT_EQ(sum.windowed(), 2u);
  EXPECT_THAT(Reasons(sum), ElementsAre("cut_short 3", "not_asked 8", "not_ip 4"));
  EXPECT_EQ(sum.malformed(), 16u);
  EXPECT_EQ(sum.late(), 32u);
  EXPECT_EQ(sum.shed(), 64u);
  EXPECT_EQ(sum.pending(), 128u);
  EXPECT_EQ(sum.loss().kernel_dropped_packets(), 2000u);
  EXPECT_EQ(sum.loss().interface_dropped_packets(), 4000u);
  EXPECT_TRUE(Balanced(sum));
}

TEST(Accounting, SumsThatWrapAroundAndReasonsWithoutEndAreNotBalanced) {
  v1::Accounting wraps;
  wraps.set_received(5);
  wraps.set_windowed(~uint64_t{0});
  wraps.set_late(6);
  EXPECT_FALSE(Balanced(wraps));
  v1::Accounting wordy;
  AddFiltered(&wordy, std::string(kMaxReasonBytes + 1, 'x'), 1);
  wordy.set_received(1);
  EXPECT_FALSE(Balanced(wordy));
  v1::Accounting many;
  for (int i = 0; i <= kMaxReasons; ++i) AddFiltered(&many, std::to_string(i), 1);
  many.set_received(kMaxReasons + 1);
  EXPECT_FALSE(Balanced(many));
}

}  // namespace
}  // namespace silhouette
