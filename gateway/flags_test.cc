#include "gateway/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace silhouette {
namespace {

using ::testing::HasSubstr;

TEST(StoreFlags, AgesAreDaysHoursAndMinutes) {
  StoreFlags flags;
  flags.keep = "2d";
  flags.keep_features = "36h";
  flags.keep_summaries = "forever";
  const auto options = MakeRetentionOptions(flags);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->verdicts, absl::Hours(48));
  EXPECT_EQ(options->features, absl::Hours(36));
  EXPECT_EQ(options->summaries, absl::InfiniteDuration());
  flags.keep_jobs = "15m";
  EXPECT_EQ(MakeJobOptions(flags)->keep, absl::Minutes(15));
}

TEST(StoreFlags, WhatIsNoAgeIsRefusedByTheFlagsName) {
  for (const char* text : {"", "d", "-1d", "0d", "1.5d", "1 year", "1000000d", "forevermore"}) {
    StoreFlags flags;
    flags.keep_features = text;
    const auto options = MakeRetentionOptions(flags);
    EXPECT_TRUE(absl::IsInvalidArgument(options.status())) << text;
    EXPECT_THAT(std::string(options.status().message()), HasSubstr("--keep-features"));
  }
}

TEST(StoreFlags, TheSpoolLiesBesideTheStore) {
  StoreFlags flags;
  flags.store = "/var/lib/verdicts.db";
  EXPECT_EQ(MakeJobOptions(flags)->spool, "/var/lib/verdicts.db.spool");
  flags.spool = "/spool";
  EXPECT_EQ(MakeJobOptions(flags)->spool, "/spool");
}

}  // namespace
}  // namespace silhouette
