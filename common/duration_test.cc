#include "common/duration.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(Duration, IsANumberWithAUnit) {
  EXPECT_EQ(*ParseDurationNs("0.5s"), 500'000'000);
  EXPECT_EQ(*ParseDurationNs("500ms"), 500'000'000);
  EXPECT_EQ(*ParseDurationNs("1m30s"), 90'000'000'000);
  for (const char* text : {"", "5", "-1s", "0s", "0.5ns", "inf", "abc"}) {
    EXPECT_FALSE(ParseDurationNs(text).ok()) << text;
  }
}

TEST(Duration, TextIsReadBack) {
  for (int64_t ns : {int64_t{100'000'000}, int64_t{5'000'000'000}, int64_t{3'600'000'000'000}}) {
    EXPECT_EQ(*ParseDurationNs(FormatDurationNs(ns)), ns);
  }
  EXPECT_EQ(FormatDurationNs(500'000'000), "500ms");
  EXPECT_EQ(FormatDurationNs(5'000'000'000), "5s");
}

}  // namespace
}  // namespace silhouette
