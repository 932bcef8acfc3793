#include "feature-svc/shed_log.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(ShedLog, TellsWhoseWindowsLackPackets) {
  ShedLog log;
  log.Add(16, 100, 200);
  EXPECT_TRUE(log.Lost(15, 150, 160));
  EXPECT_FALSE(log.Lost(16, 150, 160)) << "it was kept";
  EXPECT_TRUE(log.Lost(0, 200, 300)) << "the last one shed came at 200";
  EXPECT_FALSE(log.Lost(0, 201, 300));
  EXPECT_TRUE(log.Lost(0, 0, 101));
  EXPECT_FALSE(log.Lost(0, 0, 100)) << "the window ends where shedding begins";
}

TEST(ShedLog, AShareThatStaysIsOneStretch) {
  ShedLog log;
  log.Add(16, 100, 200);
  log.Add(16, 210, 300);
  log.Add(32, 310, 400);
  EXPECT_TRUE(log.Lost(20, 390, 500));
  EXPECT_FALSE(log.Lost(20, 100, 300));
  log.ForgetBefore(301);
  EXPECT_FALSE(log.Lost(0, 0, 300));
  EXPECT_TRUE(log.Lost(0, 0, 350));
  log.ForgetBefore(401);
  EXPECT_TRUE(log.empty());
}

TEST(ShedLog, WhatCameBetweenTwoStretchesIsNotLost) {
  ShedLog log;
  log.Add(16, 100, 200);
  log.Add(0, 0, 0);
  log.Add(16, 500, 600);
  EXPECT_TRUE(log.Lost(0, 100, 300));
  EXPECT_FALSE(log.Lost(0, 300, 400));
  EXPECT_TRUE(log.Lost(0, 400, 501));
}

TEST(ShedLog, NothingShedIsNothingLost) {
  ShedLog log;
  log.Add(0, 100, 200);
  EXPECT_TRUE(log.empty());
}

}  // namespace
}  // namespace silhouette
