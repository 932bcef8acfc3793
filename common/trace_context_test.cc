#include "common/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace silhouette {
namespace {

using ::testing::MatchesRegex;

// The standard's own example.
constexpr char kExample[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContextTest, TheStandardsExampleIsReadAndWritten) {
  const auto trace = ParseTraceparent(kExample);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(TraceIdText(*trace), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(SpanIdText(*trace), "00f067aa0ba902b7");
  EXPECT_EQ(ToTraceparent(*trace), kExample);
}

TEST(TraceContextTest, LaterVersionsAreReadAsFarAsTheyAreKnown) {
  for (const char* later : {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03",
                            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-what-comes"}) {
    ASSERT_TRUE(ParseTraceparent(later).has_value()) << later;
    EXPECT_EQ(ToTraceparent(*ParseTraceparent(later)), kExample) << later;
  }
}

TEST(TraceContextTest, WhatIsNoTraceparentIsNone) {
  for (const char* wrong : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-x1",
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
       }) {
    EXPECT_FALSE(ParseTraceparent(wrong).has_value()) << wrong;
  }
}

TEST(TraceContextTest, NewTracesAreTracedAndUnlikeEachOther) {
  std::set<std::string> traces, spans;
  for (int i = 0; i < 1000; ++i) {
    const v1::TraceContext trace = NewTrace();
    EXPECT_TRUE(IsTraced(trace));
    EXPECT_THAT(ToTraceparent(trace), MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-01"));
    traces.insert(TraceIdText(trace));
    spans.insert(SpanIdText(trace));
  }
  EXPECT_EQ(traces.size(), 1000u);
  EXPECT_EQ(spans.size(), 1000u);
}

TEST(TraceContextTest, ANewSpanKeepsItsTrace) {
  const v1::TraceContext trace = NewTrace(), span = NewSpanOf(trace);
  EXPECT_EQ(TraceIdText(span), TraceIdText(trace));
  EXPECT_NE(SpanIdText(span), SpanIdText(trace));
}

TEST(TraceContextTest, ZerosAreNoTrace) {
  EXPECT_FALSE(IsTraced({}));
  v1::TraceContext trace;
  trace.set_trace_id_low(1);
  EXPECT_FALSE(IsTraced(trace));  // no span
  trace.set_span_id(1);
  EXPECT_TRUE(IsTraced(trace));
}

}  // namespace
}  // namespace silhouette
