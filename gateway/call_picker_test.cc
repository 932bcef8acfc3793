#include "gateway/call_picker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace silhouette {
namespace {

using ::testing::HasSubstr;

struct Shape {
  int windows = 40;
  double inbound = 50;
  double outbound = 50;
  double size_mean = 900;
  int one_way_windows = 0;  // of them
  int silent_windows = 0;   // behind them
};

v1::ConversationShape Measure(const Shape& shape) {
  ConversationMeter meter;
  for (int i = 0; i < shape.windows + shape.silent_windows; ++i) {
    const bool one_way = i < shape.one_way_windows;
    const bool silent = i >= shape.windows;
    const double inbound = one_way || silent ? 0 : shape.inbound;
    const double outbound = silent ? 0 : shape.outbound;
    const std::vector<double> features = {
        silent ? 0. : shape.size_mean, 0., 0., 0., 0., 0., inbound, outbound, inbound + outbound};
    meter.Add(i * int64_t{500'000'000}, (i + 1) * int64_t{500'000'000}, features);
  }
  return meter.Finish();
}

void ExpectNoCall(const Shape& shape, const std::string& why) {
  const v1::ConversationShape measured = Measure(shape);
  EXPECT_FALSE(measured.looks_like_call());
  EXPECT_THAT(measured.why(), HasSubstr(why));
}

TEST(CallPicker, MeasuresWhatTheWindowsHold) {
  const v1::ConversationShape shape = Measure({40, 75, 25, 900, 10});
  EXPECT_DOUBLE_EQ(shape.span_s(), 20);
  EXPECT_DOUBLE_EQ(shape.packets_per_s(), (30 * 100 + 10 * 25) / 20.0);
  EXPECT_DOUBLE_EQ(shape.two_way_share(), 0.75);
  EXPECT_DOUBLE_EQ(shape.outbound_share(), 1000.0 / 3250);
  EXPECT_DOUBLE_EQ(shape.mean_packet_bytes(), 900);
}

TEST(CallPicker, ATwoWayStreamOfBigPacketsLooksLikeACall) {
  const v1::ConversationShape shape = Measure({});
  EXPECT_TRUE(shape.looks_like_call());
  EXPECT_THAT(shape.why(), HasSubstr("200 packets/s of 900 bytes"));
}

TEST(CallPicker, WhatIsNoCallSaysWhy) {
  ExpectNoCall({19}, "lasts 9.5 s only");
  ExpectNoCall({40, 10, 9}, "38.0 packets/s are too few");
  ExpectNoCall({40, 50, 50, 900, 5}, "two-way in 88 % of its windows only");
  ExpectNoCall({40, 100, 5}, "one-sided: 5 % of packets go out");
  ExpectNoCall({40, 5, 100}, "one-sided: 95 % of packets go out");
  ExpectNoCall({40, 50, 50, 249}, "packets of 249 bytes carry no video");
}

TEST(CallPicker, TheLimitsThemselvesStillLookLikeACall) {
  EXPECT_TRUE(Measure({20}).looks_like_call());
  EXPECT_TRUE(Measure({40, 10, 10}).looks_like_call());
  EXPECT_TRUE(Measure({40, 50, 50, 250}).looks_like_call());
  EXPECT_TRUE(Measure({40, 90, 10}).looks_like_call());
}

TEST(CallPicker, TheSilenceBehindTheLastPacketDoesNotCount) {
  const v1::ConversationShape spoken = Measure({});
  const v1::ConversationShape shape = Measure({.silent_windows = 10});
  EXPECT_TRUE(shape.looks_like_call());
  EXPECT_EQ(shape.span_s(), spoken.span_s());
  EXPECT_EQ(shape.two_way_share(), 1);
  EXPECT_EQ(shape.packets_per_s(), spoken.packets_per_s());
}

TEST(CallPicker, WindowsWithoutPacketsAreNoCall) {
  const v1::ConversationShape shape = Measure({40, 0, 0, 0});
  EXPECT_FALSE(shape.looks_like_call());
  EXPECT_EQ(shape.outbound_share(), 0);
  EXPECT_EQ(shape.mean_packet_bytes(), 0);
}

// presence.v2 does not tell the sides apart, and is enough all the same.
TEST(CallPicker, MeasuresPresenceV2Too) {
  ConversationMeter meter("presence.v2");
  for (int i = 0; i < 40; ++i) {
    const std::vector<double> features = {100, 90'000, i < 10 ? 0 : 0.25, 900, 0, 0, 0, 0, 0};
    meter.Add(i * int64_t{500'000'000}, (i + 1) * int64_t{500'000'000}, features);
  }
  const v1::ConversationShape shape = meter.Finish();
  EXPECT_DOUBLE_EQ(shape.span_s(), 18) << "but for four windows behind the packets";
  EXPECT_DOUBLE_EQ(shape.packets_per_s(), 4000 / 18.0);
  EXPECT_DOUBLE_EQ(shape.two_way_share(), 0.75);
  EXPECT_DOUBLE_EQ(shape.outbound_share(), 0.1875);
  EXPECT_DOUBLE_EQ(shape.mean_packet_bytes(), 900);
  EXPECT_TRUE(ConversationMeter::Measures("presence.v2"));
  EXPECT_FALSE(ConversationMeter::Measures("presence.v2.ratio"));
}

}  // namespace
}  // namespace silhouette
