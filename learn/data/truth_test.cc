#include "learn/data/truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kSecond = 1'000'000'000;

class TruthTest : public ::testing::Test {
 protected:
  absl::StatusOr<Truth> Read(std::string_view content) {
    return ReadTruth(folder_.Write("truth.csv", content));
  }
  std::string ErrorOf(std::string_view content) {
    const absl::StatusOr<Truth> truth = Read(content);
    EXPECT_EQ(truth.status().code(), absl::StatusCode::kInvalidArgument) << content;
    EXPECT_THAT(std::string(truth.status().message()), Not(HasSubstr("\n")));
    return std::string(truth.status().message());
  }
  TestFolder folder_;
};

TEST_F(TruthTest, SecondsBecomeNanosecondsWithoutRounding) {
  EXPECT_EQ(*ParseSecondsExactly("60.5"), 60'500'000'000);
  EXPECT_EQ(*ParseSecondsExactly("0"), 0);
  EXPECT_EQ(*ParseSecondsExactly("1650000000.014341001"), 1'650'000'000'014'341'001);
  EXPECT_EQ(*ParseSecondsExactly("0.1"), 100'000'000);
  EXPECT_EQ(*ParseSecondsExactly("2.0000000000000"), 2 * kSecond);
  EXPECT_EQ(*ParseSecondsExactly("9223372036.854775807"), 9'223'372'036'854'775'807);
}

TEST_F(TruthTest, WhatIsNoPlainDecimalIsNoNumberOfSeconds) {
  for (const char* text : {"", "abc", "1e3", "1.", ".5", "-1", "+1", "1.2.3", " 1", "nan", "1,5"}) {
    EXPECT_FALSE(ParseSecondsExactly(text).ok()) << text;
  }
  EXPECT_THAT(ParseSecondsExactly("0.0000000001").status().message(), HasSubstr("nanosecond"));
  EXPECT_THAT(ParseSecondsExactly("9223372036.854775808").status().message(),
              HasSubstr("too many"));
  EXPECT_THAT(ParseSecondsExactly("99999999999999999999").status().message(),
              HasSubstr("too many"));
}

TEST_F(TruthTest, RelativeTruthCountsFromTheOriginsEdge) {
  const auto truth = Read("start_s,end_s,label\n0.0,60.5,person\n60.5,121.0,background\n");
  ASSERT_TRUE(truth.ok()) << truth.status();
  EXPECT_FALSE(truth->absolute);
  const int64_t edge = 1'650'000'000 * kSecond;
  EXPECT_EQ(truth->LabelAt(edge, edge), "person");
  EXPECT_EQ(truth->LabelAt(edge + 60'499'999'999, edge), "person");
  EXPECT_EQ(truth->LabelAt(edge + 60'500'000'000, edge), "background");
  EXPECT_EQ(truth->LabelAt(edge + 121 * kSecond, edge), std::nullopt);
  EXPECT_EQ(truth->LabelAt(edge - 1, edge), std::nullopt);
}

TEST_F(TruthTest, AbsoluteTruthIgnoresTheOriginsEdge) {
  const auto truth = Read("start_ns,end_ns,label\n1000,2000,motion\n");
  ASSERT_TRUE(truth.ok()) << truth.status();
  EXPECT_TRUE(truth->absolute);
  EXPECT_EQ(truth->LabelAt(1000, 77), "motion");
  EXPECT_EQ(truth->LabelAt(1999, 77), "motion");
  EXPECT_EQ(truth->LabelAt(2000, 77), std::nullopt);
}

TEST_F(TruthTest, NothingIsKnownBetweenIntervals) {
  const auto truth = Read("start_s,end_s,label\n5,6,b\n1,2,a\n");
  ASSERT_TRUE(truth.ok()) << truth.status();
  EXPECT_EQ(truth->LabelAt(kSecond, 0), "a");
  EXPECT_EQ(truth->LabelAt(3 * kSecond, 0), std::nullopt);
  EXPECT_EQ(truth->LabelAt(5 * kSecond, 0), "b");
  EXPECT_EQ(truth->LabelAt(std::numeric_limits<int64_t>::min(), 1), std::nullopt);
}

TEST_F(TruthTest, CommentsAreKeptAndSayWhatIsSimulated) {
  const auto truth =
      Read("\xef\xbb\xbf# simulated: seed 7\r\nstart_s,end_s,label\r\n# note\r\n0,1,\"a, b\"\r\n");
  ASSERT_TRUE(truth.ok()) << truth.status();
  EXPECT_TRUE(truth->simulated);
  EXPECT_THAT(truth->comments, ElementsAre("# simulated: seed 7", "# note"));
  EXPECT_EQ(truth->intervals[0].label, "a, b");
  const auto real = Read("# not simulated\nstart_s,end_s,label\n0,1,a\n");
  ASSERT_TRUE(real.ok()) << real.status();
  EXPECT_FALSE(real->simulated);
}

TEST_F(TruthTest, AMissingHeaderIsRefused) {
  EXPECT_THAT(ErrorOf("0.0,60.5,person\n"), HasSubstr("truth.csv:1: \"0.0,60.5,person\" is no "));
  EXPECT_THAT(ErrorOf("start_s,end_ns,label\n0,1,a\n"),
              HasSubstr("begin with start_s,end_s,label"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("no header"));
}

TEST_F(TruthTest, AWrongCountOfColumnsIsRefused) {
  EXPECT_THAT(ErrorOf("start_s,end_s,label\n0,1\n"), HasSubstr("truth.csv:2: 2 columns"));
}

TEST_F(TruthTest, WhatIsNoNumberIsRefusedByLineAndColumn) {
  EXPECT_THAT(ErrorOf("start_s,end_s,label\n0,1,a\nx,2,a\n"),
              HasSubstr("truth.csv:3: column start_s: \"x\" is not a number of seconds"));
  EXPECT_THAT(ErrorOf("start_ns,end_ns,label\n0,1.5,a\n"),
              HasSubstr("truth.csv:2: column end_ns: \"1.5\" is not an integer"));
}

TEST_F(TruthTest, ReversedAndEmptyIntervalsAreRefused) {
  EXPECT_THAT(ErrorOf("start_s,end_s,label\n2,1,a\n"),
              HasSubstr(":2: column end_s: the interval is reversed"));
  EXPECT_THAT(ErrorOf("start_s,end_s,label\n2,2.0,a\n"), HasSubstr("the interval is empty"));
}

TEST_F(TruthTest, OverlapsAreRefusedByBothLines) {
  EXPECT_THAT(ErrorOf("start_s,end_s,label\n5,10,a\n0,5,b\n9,12,c\n"),
              HasSubstr("truth.csv:4: the interval overlaps that of line 2"));
  EXPECT_THAT(ErrorOf("start_s,end_s,label\n5,10,a\n0,6,b\n"),
              HasSubstr("truth.csv:3: the interval overlaps that of line 2"));
}

TEST_F(TruthTest, AnEmptyLabelIsRefused) {
  EXPECT_THAT(ErrorOf("start_s,end_s,label\n0,1, \n"), HasSubstr(":2: column label: empty label"));
}

TEST_F(TruthTest, ATruthWithoutIntervalsIsRefused) {
  EXPECT_THAT(ErrorOf("start_s,end_s,label\n"), HasSubstr("no interval"));
}

TEST_F(TruthTest, WhatIsFormattedReadsBackAsTheSame) {
  const std::vector<std::string> labels = {"person", "a, b", "say \"so\"", " edge ", "#1"};
  for (const bool absolute : {false, true}) {
    Truth truth{{}, absolute, {"# made by hand"}};
    for (size_t i = 0; i < labels.size(); ++i) {
      const int64_t start = static_cast<int64_t>(i) * kSecond + 7;
      truth.intervals.push_back({start, start + kSecond - 7, labels[i]});
    }
    const auto read = Read(FormatTruth(truth));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->absolute, absolute);
    EXPECT_EQ(read->comments, truth.comments);
    ASSERT_EQ(read->intervals.size(), labels.size());
    for (size_t i = 0; i < labels.size(); ++i) {
      EXPECT_EQ(read->intervals[i].start_ns, truth.intervals[i].start_ns);
      EXPECT_EQ(read->intervals[i].end_ns, truth.intervals[i].end_ns);
      EXPECT_EQ(read->intervals[i].label, labels[i]);
    }
  }
}

TEST_F(TruthTest, AFileThatIsNotThereIsNotFound) {
  EXPECT_EQ(ReadTruth(folder_.path() + "/no.csv").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadTruth(folder_.path()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(TruthTest, ThePublishedCallHasTenTurns) {
  const std::string path = std::string(SILHOUETTE_TEST_DATA) + "/presence/zoom_call_truth.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is missing";
  const auto truth = ReadTruth(path);
  ASSERT_TRUE(truth.ok()) << truth.status();
  EXPECT_EQ(truth->intervals.size(), 10U);
  EXPECT_EQ(truth->LabelAt(602'250'000'000, 0), "background");
}

}  // namespace
}  // namespace silhouette
