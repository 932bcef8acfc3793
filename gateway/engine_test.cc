#include "gateway/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class GatewayTimelineTest : public ::testing::Test {
 protected:
  void Add(const v1::VerdictBatch& batch) { ASSERT_TRUE(engine_.store()->Add(batch).ok()); }
  absl::StatusOr<SubjectTimeline> Timeline(const std::string& subject = "a",
                                           const std::string& model = "",
                                           std::optional<TimelineMethod> method = std::nullopt) {
    return engine_.Timeline(*engine_.store()->FindRun("", ""), subject, model, method);
  }
  // One letter a window.
  static std::string Classes(const SubjectTimeline& timeline) {
    std::string letters;
    for (const v1::TimelinePoint& point : timeline.points) letters += point.class_()[0];
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
  EXPECT_FLOAT_EQ(static_cast<float>(timeline->points[1].probability()), 0.6f);
}

TEST_F(GatewayTimelineTest, SubjectsDoNotMix) {
  Add(BatchOf("1").Add(0, "a", 1).Add(1, "b", 0).Add(2, "a", 1));
  EXPECT_THAT(Timeline("a")->points, SizeIs(2));
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
  EXPECT_THAT(Timeline()->points, SizeIs(10'001));
}

}  // namespace
}  // namespace silhouette
