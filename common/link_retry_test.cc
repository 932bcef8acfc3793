#include "common/link_retry.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

using std::chrono::milliseconds;

TEST(LinkRetry, WaitsTwiceAsLongEachTimeUpToALongestAndUpToAHalfLess) {
  LinkRetry retry("receiver", {milliseconds(100), milliseconds(500)});
  for (int longest_ms : {100, 200, 400, 500, 500}) {
    const auto delay = retry.OnBreak(absl::UnavailableError("gone"));
    EXPECT_LE(delay, milliseconds(longest_ms));
    EXPECT_GE(delay, milliseconds(longest_ms / 2));
  }
}

TEST(LinkRetry, BeginsAnewOnceItWorked) {
  LinkRetry retry("receiver", {milliseconds(100), milliseconds(100'000)});
  for (int i = 0; i < 70; ++i) (void)retry.OnBreak(absl::UnavailableError("gone"));
  EXPECT_EQ(retry.breaks(), 70);
  retry.OnProgress();
  EXPECT_LE(retry.OnBreak(absl::UnavailableError("gone")), milliseconds(100));
}

TEST(LinkRetry, DelaysAreSpread) {
  LinkRetry one("receiver", {milliseconds(1000), milliseconds(1000)});
  const auto first = one.OnBreak(absl::UnavailableError("gone"));
  bool differ = false;
  for (int i = 0; i < 50; ++i) differ |= one.OnBreak(absl::UnavailableError("gone")) != first;
  EXPECT_TRUE(differ);
}

TEST(LinkRetry, WhatWouldOnlyRepeatItselfIsNotTriedAgain) {
  EXPECT_TRUE(IsWorthARetry(absl::UnavailableError("")));
  EXPECT_TRUE(IsWorthARetry(absl::CancelledError("")));
  EXPECT_TRUE(IsWorthARetry(absl::ResourceExhaustedError("")));
  EXPECT_TRUE(IsWorthARetry(absl::InternalError("")));
  EXPECT_FALSE(IsWorthARetry(absl::InvalidArgumentError("")));
  EXPECT_FALSE(IsWorthARetry(absl::UnimplementedError("")));
  EXPECT_FALSE(IsWorthARetry(absl::FailedPreconditionError("")));
  EXPECT_FALSE(IsWorthARetry(absl::PermissionDeniedError("")));
}

}  // namespace
}  // namespace silhouette
