#include "gateway/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class GatewayTimelineTest : public ::testing::Test {
 protected:
  void Add(const v1::VerdictBatch& batch) { ASSERT_TRUE(engine_.store()->Add(batch).ok()); }
  absl::StatusOr<SubjectTimeline> Timeline(const std::string& subject = "a",
                                           const std::string& model = "",
                                           std::optional<TimelineMethod> method = std::nullopt) {
    return engine_.Timeline(*engine_.store()->FindRun("", ""), {subject, model, method});
  }
  // One letter a window.
  static std::string Classes(const SubjectTimeline& timeline) {
    std::string letters;
    for (uint32_t index : timeline.points.class_index()) letters += timeline.classes[index][0];
    return letters;
  }
  static v1::ModelHead StickyHead() {
    v1::ModelHead head = Head();
    *head.mutable_timeline() = Sticky();
    return head;
  }
  // Windows from 100 on: somebody comes, with one window that looks empty.
  static BatchOf Coming() {
    BatchOf batch("1");
    batch.Models({StickyHead()});
    int64_t window = 100;
    for (float person : {0.1f, 0.1f, 0.6f, 0.9f, 0.2f, 0.9f, 0.9f}) {
      batch.Add(window++, "a", person);
    }
    return batch;
  }

  GatewayEngine engine_{*VerdictStore::Open("")};
};

TEST_F(GatewayTimelineTest, AnEndedRunGetsViterbi) {
  Add(Coming().Ended());
  const auto timeline = Timeline();
  ASSERT_TRUE(timeline.ok()) << timeline.status();
  EXPECT_EQ(timeline->method, TimelineMethod::kViterbi);
  EXPECT_EQ(Classes(*timeline), "bbppppp");
  EXPECT_THAT(timeline->classes, ElementsAre("background", "person"));
}

TEST_F(GatewayTimelineTest, ARunThatGoesOnGetsForwardWhichKnowsNoFuture) {
  Add(Coming());
  const auto timeline = Timeline();
  ASSERT_TRUE(timeline.ok()) << timeline.status();
  EXPECT_EQ(timeline->method, TimelineMethod::kForward);
  EXPECT_EQ(Classes(*timeline), "bbbpbpp")
      << "0.6 is not enough against what was before, 0.2 is when little was";
  EXPECT_EQ(Classes(*Timeline("a", "", TimelineMethod::kViterbi)), "bbppppp");
}

TEST_F(GatewayTimelineTest, SegmentsCoverTheirWindows) {
  Add(Coming().Ended());
  const auto timeline = Timeline();
  ASSERT_THAT(timeline->segments, SizeIs(2));
  const v1::Segment& first = timeline->segments[0];
  const v1::Segment& second = timeline->segments[1];
  EXPECT_EQ(first.from_ns(), 100 * kWindow);
  EXPECT_EQ(first.to_ns(), 102 * kWindow);
  EXPECT_EQ(first.class_(), "background");
  EXPECT_EQ(first.windows(), 2u);
  EXPECT_EQ(second.from_ns(), 102 * kWindow);
  EXPECT_EQ(second.to_ns(), 107 * kWindow);
  EXPECT_EQ(second.class_(), "person");
  EXPECT_EQ(second.windows(), 5u);
  EXPECT_GT(second.confidence(), 0.5);
  EXPECT_LE(second.confidence(), 1);
}

TEST_F(GatewayTimelineTest, AGapEndsASegment) {
  Add(BatchOf("1").Add(0, "a", 1).Add(1, "a", 1).Add(3, "a", 1).Ended());
  const auto timeline = Timeline();
  ASSERT_THAT(timeline->segments, SizeIs(2));
  EXPECT_EQ(timeline->segments[0].to_ns(), 2 * kWindow);
  EXPECT_EQ(timeline->segments[1].from_ns(), 3 * kWindow);
}

TEST_F(GatewayTimelineTest, AModelWithoutATimelineIsNotSmoothed) {
  Add(BatchOf("1").Add(0, "a", 0.9f).Add(1, "a", 0.4f).Add(2, "a", 0.9f).Ended());
  const auto timeline = Timeline();
  EXPECT_EQ(Classes(*timeline), "pbp");
  EXPECT_FLOAT_EQ(static_cast<float>(timeline->points.probability(1)), 0.6f);
}

TEST_F(GatewayTimelineTest, SubjectsDoNotMix) {
  Add(BatchOf("1").Add(0, "a", 1).Add(1, "b", 0).Add(2, "a", 1));
  EXPECT_THAT(Timeline("a")->points.probability(), SizeIs(2));
  EXPECT_EQ(Classes(*Timeline("b")), "b");
}

TEST_F(GatewayTimelineTest, OfSeveralModelsOneMustBeNamed) {
  Add(BatchOf("1").Models({Head("presence"), Head("motion")}).Add(0, "a", 1).Add(0, "a", 0, 1));
  EXPECT_TRUE(absl::IsInvalidArgument(Timeline().status()));
  EXPECT_EQ(Classes(*Timeline("a", "presence")), "p");
  EXPECT_EQ(Classes(*Timeline("a", "motion")), "b");
}

TEST_F(GatewayTimelineTest, OfAModelsVersionsTheNewestSpeaksAndTheFirstWriteStands) {
  v1::ModelHead newest = Head("presence", "10");
  newest.set_classes(0, "absent");
  newest.set_classes(1, "here");
  Add(BatchOf("1").Models({Head("presence", "9")}).Add(0, "a", 0));
  Add(BatchOf("1").Models({newest}).Add(0, "a", 1).Add(1, "a", 1));
  EXPECT_EQ(Classes(*Timeline()), "ah") << "10 is newer than 9";
}

TEST_F(GatewayTimelineTest, AnUnknownSubjectIsNotFoundByName) {
  Add(BatchOf("1").Add(0, "a", 1));
  EXPECT_TRUE(absl::IsNotFound(Timeline("b").status()));
  EXPECT_THAT(std::string(Timeline("b").status().message()), HasSubstr("no verdicts on b"));
  EXPECT_TRUE(absl::IsNotFound(Timeline("a", "motion").status()));
}

TEST_F(GatewayTimelineTest, ARunLongerThanAPageIsReadWhole) {
  BatchOf batch("1");
  for (int64_t window = 0; window < 10'001; ++window) batch.Add(window, "a", 1);
  Add(batch);
  EXPECT_THAT(Timeline()->points.probability(), SizeIs(10'001));
}

// A long run whose classes change at random, as one timeline and as parts.
TEST_F(GatewayTimelineTest, APartSaysWhatTheWholeSaysThere) {
  BatchOf batch("1");
  batch.Models({StickyHead()});
  std::mt19937 random(3);
  float person = 0.2f;
  for (int64_t window = 0; window < 20'000; ++window) {
    if (random() % 50 == 0) person = 1 - person;
    batch.Add(window, "a",
              std::clamp(person + 0.002f * static_cast<float>(random() % 100), 0.f, 1.f));
  }
  Add(batch);
  const StoredRun run = *engine_.store()->FindRun("", "");
  for (const TimelineMethod method : {TimelineMethod::kForward, TimelineMethod::kViterbi}) {
    TimelineQuery query{"a", "", method};
    const std::string whole = Classes(*engine_.Timeline(run, query));
    query.from_ns = 7'000 * kWindow;
    query.to_ns = 9'000 * kWindow;
    const auto part = engine_.Timeline(run, query);
    EXPECT_EQ(Classes(*part), whole.substr(7'000, 2'000));
    EXPECT_EQ(part->segments.front().from_ns(), query.from_ns);
    EXPECT_EQ(part->segments.back().to_ns(), query.to_ns);
    std::swap(query.from_ns, query.to_ns);
    EXPECT_EQ(Classes(*engine_.Timeline(run, query)), "") << "nothing lies between";
  }
}

TEST_F(GatewayTimelineTest, FewerPointsShowTheWindowsThatAreLeastSure) {
  Add(Coming());
  TimelineQuery query{"a", "", TimelineMethod::kForward};
  const StoredRun run = *engine_.store()->FindRun("", "");
  const auto all = engine_.Timeline(run, query)->points;
  query.max_points = 3;
  const auto few = engine_.Timeline(run, query)->points;
  ASSERT_THAT(few.probability(), SizeIs(3));
  // Windows 0 and 1, 2 and 3, 4 to 6.
  for (const auto& [point, first, last] : {std::tuple(0, 0, 1), {1, 2, 3}, {2, 4, 6}}) {
    const auto least =
        std::min_element(all.probability().begin() + first, all.probability().begin() + last + 1);
    EXPECT_EQ(few.probability(point), *least);
    EXPECT_EQ(few.window_start_ns(point),
              all.window_start_ns(static_cast<int>(least - all.probability().begin())));
  }
  query.max_points = 0;
  const auto none = engine_.Timeline(run, query);
  EXPECT_THAT(none->points.probability(), IsEmpty());
  EXPECT_THAT(none->segments, Not(IsEmpty()));
}

TEST_F(GatewayTimelineTest, ASummaryCountsHoursAndDaysWhereTheyBegin) {
  constexpr int64_t kHour = 7'200;  // windows
  BatchOf batch("1");
  for (int64_t window : {int64_t{-1}, int64_t{0}, int64_t{1}, kHour - 1, kHour, 23 * kHour}) {
    batch.Add(window, "a", window == 1 ? 0 : 1);
  }
  Add(batch);
  Add(BatchOf("2").Add(0, "a", 1));
  const auto rows = [&](SummaryStep step, int64_t offset = 0, int64_t run = 0) {
    SummaryQuery query;
    query.run_id = run;
    query.subject = "a";
    query.step = step;
    query.utc_offset_minutes = offset;
    std::string told;
    const auto summary = *engine_.Summary(query);
    for (const SummaryRow& row : summary) {
      absl::StrAppend(&told, row.from_ns / (kHour * kWindow), "-", row.to_ns / (kHour * kWindow));
      for (const auto& [name, windows] : row.windows) absl::StrAppend(&told, " ", name, windows);
      told += "; ";
    }
    return told;
  };
  EXPECT_EQ(rows(SummaryStep::kHour),
            "-1-0 person1; 0-1 background1 person3; 1-2 person1; 23-24 person1; ");
  EXPECT_EQ(rows(SummaryStep::kDay), "-24-0 person1; 0-24 background1 person5; ");
  EXPECT_EQ(rows(SummaryStep::kDay, 60), "-1-23 background1 person5; 23-47 person1; ");
  EXPECT_EQ(rows(SummaryStep::kWhole), "-1-24 background1 person6; ");
  EXPECT_EQ(rows(SummaryStep::kWhole, 0, engine_.store()->FindRun("", "2")->id), "0-1 person1; ");
}

}  // namespace
}  // namespace silhouette
