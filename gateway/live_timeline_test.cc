#include "gateway/live_timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LiveTimelineTest : public ::testing::Test {
 protected:
  void Add(int64_t from, int64_t to) {
    BatchOf batch("1");
    v1::ModelHead head = Head();
    *head.mutable_timeline() = Sticky();
    batch.Models({head});
    for (int64_t i = from; i < to; ++i) {
      batch.Add(i, "a", 0.1f + 0.8f * static_cast<float>(random_() % 2));
    }
    batch.Watermark(to * kWindow, static_cast<uint64_t>(to));
    ASSERT_TRUE(engine_.store()->Add(batch).ok());
  }
  StoredRun Run() { return *engine_.store()->FindRun("", ""); }
  absl::StatusOr<LiveTimeline> Start(int64_t number) {
    return LiveTimeline::Start(&engine_, Run(), "a", "", number);
  }
  std::vector<v1::Verdict> Behind(int64_t number) {
    std::vector<v1::Verdict> verdicts;
    const auto read = *engine_.store()->ReadBehind(number, 1000);
    for (const NumberedVerdict& numbered : read) verdicts.push_back(numbered.verdict);
    return verdicts;
  }
  v1::TimelinePoints Whole() {
    TimelineQuery query;
    query.subject = "a";
    query.method = TimelineMethod::kForward;
    return engine_.Timeline(Run(), query)->points;
  }

  std::mt19937 random_{1};
  GatewayEngine engine_{*VerdictStore::Open("")};
};

TEST_F(LiveTimelineTest, GoesOnAsTheWholeForwardTimelineDoes) {
  Add(0, 50);
  auto live = Start(50);
  ASSERT_TRUE(live.ok()) << live.status();
  ASSERT_THAT(live->Last().probability(), SizeIs(1));
  EXPECT_EQ(live->Last().probability(0), Whole().probability(49));
  for (int64_t from = 50; from < 80; from += 10) {
    Add(from, from + 10);
    const auto points = live->Add(Behind(from));
    ASSERT_THAT(points.probability(), SizeIs(10));
    for (int i = 0; i < 10; ++i) {
      const int at = static_cast<int>(from) + i;
      EXPECT_EQ(points.window_start_ns(i), Whole().window_start_ns(at));
      EXPECT_EQ(points.probability(i), Whole().probability(at));
      EXPECT_EQ(points.class_index(i), Whole().class_index(at));
    }
  }
}

TEST_F(LiveTimelineTest, FromACursorItTellsWhatCameSince) {
  Add(0, 50);
  Add(50, 60);
  auto live = Start(50);
  const auto points = live->Add(Behind(50));
  ASSERT_THAT(points.probability(), SizeIs(10));
  EXPECT_EQ(points.probability(9), Whole().probability(59));
}

TEST_F(LiveTimelineTest, OfALongRunItsEndTellsTheState) {
  Add(0, 3000);
  const auto live = Start(2900);
  ASSERT_TRUE(live.ok()) << live.status();
  ASSERT_THAT(live->Last().window_start_ns(), SizeIs(1));
  EXPECT_EQ(live->Last().window_start_ns(0), Whole().window_start_ns(2899));
  EXPECT_EQ(live->Last().probability(0), Whole().probability(2899));
}

// A chain that forgets nothing shows which windows were looked at: all that said "person" lie
// before those that count.
TEST_F(LiveTimelineTest, WindowsThatCannotTellTheStateAreNotRead) {
  v1::ModelHead head = Head();
  for (double p : {1., 0., 0., 1.}) head.mutable_timeline()->add_transition(p);
  for (double p : {0.5, 0.5}) head.mutable_timeline()->add_prior(p);
  BatchOf batch("1");
  batch.Models({head});
  for (int64_t i = 0; i < 2600; ++i) batch.Add(i, "a", i < 500 ? 0.9f : 0.5f);
  ASSERT_TRUE(engine_.store()->Add(batch).ok());
  EXPECT_GT(Whole().probability(2549), 0.99f);
  EXPECT_FLOAT_EQ(Start(2550)->Last().probability(0), 0.5f);
}

TEST_F(LiveTimelineTest, ACursorBeforeAllThatIsKnownStartsWithNothing) {
  Add(0, 50);
  auto live = Start(0);
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_THAT(live->Last().probability(), IsEmpty());
  EXPECT_THAT(live->Add(Behind(0)).probability(), SizeIs(50));
}

TEST_F(LiveTimelineTest, WindowsThatAreKnownAreNotToldTwice) {
  Add(0, 50);
  auto live = Start(50);
  EXPECT_THAT(live->Add(Behind(40)).probability(), IsEmpty());
}

TEST_F(LiveTimelineTest, ASubjectThatNobodyKnowsIsNotFound) {
  Add(0, 5);
  EXPECT_TRUE(absl::IsNotFound(LiveTimeline::Start(&engine_, Run(), "b", "", 5).status()));
}

}  // namespace
}  // namespace silhouette
