#include "cli/label_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "cli/label_fit_lines.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

MATCHER_P2(Is, from, to, "") { return arg.from_ns == from && arg.to_ns == to; }

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kStart = 1'714'744'800 * kSecond;  // 2024-05-03 14:00:00 UTC

// Packets from `from_ns` to `to_ns`.
CaptureTimes Capture(int64_t from_ns, int64_t to_ns) {
  CaptureTimes times;
  times.Add(from_ns);
  times.Add(to_ns - 1);
  return times;
}

Truth Absolute(std::vector<TruthInterval> intervals) { return {std::move(intervals), true, {}}; }

std::string OverlapError(const Truth& truth, const CaptureTimes& capture) {
  const TruthFit fit = FitTruth(truth, capture);
  const absl::Status status = CheckOverlap(fit, "truth.csv", "call.pcap");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  return std::string(status.message());
}

TEST(LabelFit, ATruthSharesTheCaptureOut) {
  const TruthFit fit =
      FitTruth(Absolute({{kStart - 5 * kSecond, kStart + 30 * kSecond, "person"},
                         {kStart + 30 * kSecond, kStart + 50 * kSecond, "empty"},
                         {kStart + 60 * kSecond, kStart + 90 * kSecond, "person"}}),
               Capture(kStart, kStart + 100 * kSecond));
  EXPECT_THAT(fit.labelled_ns,
              ElementsAre(Pair("empty", 20 * kSecond), Pair("person", 60 * kSecond)));
  EXPECT_EQ(fit.overlap_ns, 80 * kSecond);
  EXPECT_THAT(fit.unlabelled, ElementsAre(Is(kStart + 50 * kSecond, kStart + 60 * kSecond),
                                          Is(kStart + 90 * kSecond, kStart + 100 * kSecond)));
  EXPECT_EQ(fit.truth_ns, 85 * kSecond);
  EXPECT_EQ(fit.truth_before_ns, 5 * kSecond);
  EXPECT_EQ(fit.truth_after_ns, 0);
  EXPECT_TRUE(CheckOverlap(fit, "t", "c").ok());
}

TEST(LabelFit, WhatWasLabelledBeforeAndBehindTheCaptureIsOutside) {
  const TruthFit fit = FitTruth(Absolute({{kStart - 30 * kSecond, kStart - 20 * kSecond, "early"},
                                          {kStart - 10 * kSecond, kStart + 70 * kSecond, "all"},
                                          {kStart + 80 * kSecond, kStart + 90 * kSecond, "late"}}),
                                Capture(kStart, kStart + 60 * kSecond));
  EXPECT_THAT(fit.unlabelled, IsEmpty());
  EXPECT_EQ(fit.truth_before_ns, 20 * kSecond);
  EXPECT_EQ(fit.truth_after_ns, 20 * kSecond);
  EXPECT_THAT(FitWarnings(fit),
              ElementsAre(HasSubstr("40.0 % of the truth lies outside"),
                          HasSubstr("all of \"early\""), HasSubstr("all of \"late\"")));
}

TEST(LabelFit, RelativeTimesCountFromTheHalfSecondOfTheFirstPacket) {
  Truth truth;
  truth.intervals = {{0, 60 * kSecond, "person"}};
  CaptureTimes capture = Capture(kStart + 700'000'000, kStart + 60 * kSecond);
  EXPECT_TRUE(capture.Add(kStart + 400'000'000)) << "earlier, but not the first";
  const TruthFit fit = FitTruth(truth, capture);
  EXPECT_EQ(fit.zero_ns, kStart + 500'000'000);
  EXPECT_THAT(fit.truth, Is(kStart + 500'000'000, kStart + 60'500'000'000));
  EXPECT_THAT(fit.capture, Is(kStart + 400'000'000, kStart + 60 * kSecond));
  EXPECT_THAT(fit.unlabelled, ElementsAre(Is(kStart + 400'000'000, kStart + 500'000'000)));
}

TEST(LabelFit, AGoodFitHasNoWarnings) {
  const TruthFit fit =
      FitTruth(Absolute({{kStart + 5 * kSecond, kStart + 102 * kSecond, "person"}}),
               Capture(kStart, kStart + 100 * kSecond));
  EXPECT_THAT(FitWarnings(fit), IsEmpty());
}

TEST(LabelFit, ACaptureThatIsMostlyWithoutTruthIsWarnedOf) {
  const TruthFit fit = FitTruth(Absolute({{kStart, kStart + 20 * kSecond, "person"}}),
                                Capture(kStart, kStart + 100 * kSecond));
  EXPECT_THAT(FitWarnings(fit), ElementsAre(HasSubstr("80.0 % of the capture has no truth")));
}

TEST(LabelFit, ASinglePacketMayBeCovered) {
  EXPECT_EQ(
      FitTruth(Absolute({{kStart, kStart + kSecond, "a"}}), Capture(kStart, kStart + 1)).overlap_ns,
      1);
}

TEST(LabelFit, NoOverlapNamesBothSpans) {
  const std::string error =
      OverlapError(Absolute({{kStart + 700 * kSecond, kStart + 800 * kSecond, "person"}}),
                   Capture(kStart, kStart + 600 * kSecond));
  EXPECT_THAT(error, HasSubstr("truth.csv: is from 2024-05-03 14:11:40 to 14:13:20 UTC, but "
                               "call.pcap is from 2024-05-03 14:00:00 to 14:10:00 UTC"));
  EXPECT_THAT(error, HasSubstr("check that they belong together"));
}

TEST(LabelFit, HoursOrHalfHoursApartAreATimeZone) {
  const CaptureTimes capture = Capture(kStart, kStart + 600 * kSecond);
  const auto labelled_from = [&](int64_t from_ns) {
    return OverlapError(Absolute({{from_ns, from_ns + 60 * kSecond, "person"}}), capture);
  };
  EXPECT_THAT(labelled_from(kStart + 2 * kHour + 12 * kSecond),
              HasSubstr("starts 2 h after the capture, but for 0:12.0; if a clock was in another "
                        "time zone, move the capture by editcap -t 7200 call.pcap moved.pcap"));
  EXPECT_THAT(labelled_from(kStart - 11 * kHour / 2 - kSecond),
              HasSubstr("starts 5.5 h before the capture, but for 0:01.0"));
  EXPECT_THAT(labelled_from(kStart - 11 * kHour / 2), HasSubstr("editcap -t -19800"));
  EXPECT_THAT(labelled_from(kStart + 2 * kHour + 400 * kSecond), HasSubstr("check that they"));
  EXPECT_THAT(labelled_from(kStart + 48 * kHour), HasSubstr("check that they"));
}

TEST(LabelFit, TimesInAnotherUnitAreKnown) {
  const CaptureTimes capture = Capture(kStart, kStart + 600 * kSecond);
  EXPECT_THAT(OverlapError(Absolute({{kStart / 1'000, kStart / 1'000 + 1, "a"}}), capture),
              HasSubstr("look like microseconds"));
  EXPECT_THAT(OverlapError(Absolute({{kStart / 1'000'000, kStart / 1'000'000 + 1, "a"}}), capture),
              HasSubstr("look like milliseconds"));
  EXPECT_THAT(OverlapError(Absolute({{kStart / kSecond, kStart / kSecond + 1, "a"}}), capture),
              HasSubstr("look like seconds"));
  Truth relative;
  relative.intervals = {{kStart, kStart + kSecond, "a"}};
  EXPECT_THAT(OverlapError(relative, capture), HasSubstr("look like seconds since the Unix epoch"));
  relative.intervals = {{700 * kSecond, 800 * kSecond, "a"}};
  EXPECT_THAT(OverlapError(relative, capture), HasSubstr("count in seconds from the capture"));
}

TEST(LabelFit, TimesThatAreNoneDoNotOverflow) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const CaptureTimes capture = Capture(kStart, kStart + kSecond);
  EXPECT_EQ(FitTruth(Absolute({{kMin, kMax, "a"}}), capture).overlap_ns, kSecond);
  OverlapError(Absolute({{kMin, kMin + 1, "a"}}), capture);
  OverlapError(Absolute({{kMax - 1, kMax, "a"}}), capture);
  Truth relative;
  relative.intervals = {{kMax - 1, kMax, "a"}};
  OverlapError(relative, capture);
  CaptureTimes times;
  EXPECT_TRUE(times.Add(kMax));
  EXPECT_EQ(times.packets, 0u);
}

TEST(LabelFit, ACaptureIsTakenUpToAJumpOfItsClock) {
  CaptureTimes times = Capture(kStart, kStart + 100 * kSecond);
  EXPECT_TRUE(times.Add(kStart + 50 * kSecond)) << "late, but no jump";
  EXPECT_FALSE(times.Add(kStart + 30 * kSecond));
  EXPECT_FALSE(times.Add(kStart + 25 * kHour));
  EXPECT_THAT(times.span, Is(kStart, kStart + 100 * kSecond));
  EXPECT_EQ(times.packets, 3u);
}

TEST(LabelFit, TheTextTellsWhereThereIsNoTruth) {
  const CaptureOutline capture{"call.pcap", Capture(kStart, kStart + 100 * kSecond)};
  const TruthFit fit =
      FitTruth(Absolute({{kStart + 10 * kSecond, kStart + 40 * kSecond, "person"},
                         {kStart + 50 * kSecond, kStart + 110 * kSecond, "background"}}),
               capture.times);
  EXPECT_EQ(FitText(fit, capture, "truth.csv"),
            "call.pcap: 2024-05-03 14:00:00 to 14:01:40 UTC, 1:40.0, 2 packets\n"
            "truth.csv: 2024-05-03 14:00:10 to 14:01:50 UTC, 1:40.0, 2 intervals; absolute times\n"
            "\n"
            "Of the capture:\n"
            "  background      0:50.0   50.0 %\n"
            "  person          0:30.0   30.0 %\n"
            "  (no truth)      0:20.0   20.0 %\n"
            "    14:00:00.0 to 14:00:10.0      0:10.0  before the truth\n"
            "    14:00:40.0 to 14:00:50.0      0:10.0\n"
            "Of the truth's 1:30.0, 0:00.0 before the capture and 0:10.0 behind it.\n"
            "Warning: 20.0 % of the capture has no truth; those windows are not scored\n"
            "Warning: 11.1 % of the truth lies outside of the capture; check that they belong "
            "together, and the clocks\n");
}

TEST(LabelFit, TheJsonIsOneObjectInNanoseconds) {
  CaptureOutline capture{"call\xff.pcap", Capture(kStart, kStart + 100 * kSecond)};
  capture.jumps = true;
  Truth truth;
  truth.simulated = true;
  truth.intervals = {{0, 90 * kSecond, "person"}};
  const std::string line = FitJson(FitTruth(truth, capture.times), capture, "truth.csv");
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["fits"], true);
  EXPECT_EQ(json["capture"]["file"], "call\\xff.pcap");
  EXPECT_EQ(json["capture"]["from_ns"], kStart);
  EXPECT_EQ(json["capture"]["to_ns"], kStart + 100 * kSecond);
  EXPECT_EQ(json["truth"]["absolute"], false);
  EXPECT_EQ(json["truth"]["simulated"], true);
  EXPECT_EQ(json["truth"]["zero_ns"], kStart);
  EXPECT_EQ(json["labelled_ns"]["person"], 90 * kSecond);
  EXPECT_EQ(json["unlabelled_ns"], 10 * kSecond);
  EXPECT_EQ(json["unlabelled"][0]["from_ns"], kStart + 90 * kSecond);
  EXPECT_THAT(json["warnings"][0].get<std::string>(), HasSubstr("jumps behind packet 2"));
}

}  // namespace
}  // namespace silhouette
