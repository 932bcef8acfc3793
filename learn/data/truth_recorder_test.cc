#include "learn/data/truth_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MATCHER_P3(Is, start, end, label, "") {
  return arg.start_ns == start && arg.end_ns == end && arg.label == label;
}

constexpr size_t kBackground = 0;
constexpr size_t kPerson = 1;

class TruthRecorderTest : public ::testing::Test {
 protected:
  bool ChangeAt(int64_t time_ns, TruthRecorder::State state) {
    recorder_.Advance(time_ns);
    return recorder_.Change(state);
  }
  std::vector<TruthInterval> IntervalsAt(int64_t time_ns) {
    recorder_.Advance(time_ns);
    return recorder_.Intervals();
  }
  TruthRecorder recorder_{{"background", "person"}};
};

TEST_F(TruthRecorderTest, BeforeTheFirstChangeNothingIsKnown) {
  EXPECT_THAT(IntervalsAt(100), IsEmpty());
  EXPECT_EQ(recorder_.state(), std::nullopt);
  EXPECT_FALSE(ChangeAt(200, std::nullopt));
  EXPECT_FALSE(recorder_.Undo());
  EXPECT_THAT(IntervalsAt(300), IsEmpty());
}

TEST_F(TruthRecorderTest, AStateLastsUntilTheNextOneAndTheLastUntilNow) {
  ChangeAt(100, kBackground);
  ChangeAt(250, kPerson);
  EXPECT_THAT(IntervalsAt(300), ElementsAre(Is(100, 250, "background"), Is(250, 300, "person")));
  EXPECT_THAT(IntervalsAt(400), ElementsAre(Is(100, 250, "background"), Is(250, 400, "person")));
  EXPECT_EQ(recorder_.state(), kPerson);
  EXPECT_EQ(recorder_.since_ns(), 250);
}

TEST_F(TruthRecorderTest, APauseIsAGap) {
  ChangeAt(100, kPerson);
  ChangeAt(200, std::nullopt);
  ChangeAt(300, kPerson);
  EXPECT_THAT(IntervalsAt(400), ElementsAre(Is(100, 200, "person"), Is(300, 400, "person")));
  ChangeAt(400, std::nullopt);
  EXPECT_THAT(IntervalsAt(900), ElementsAre(Is(100, 200, "person"), Is(300, 400, "person")));
}

TEST_F(TruthRecorderTest, AKeyHeldDownChangesNothing) {
  EXPECT_TRUE(ChangeAt(100, kPerson));
  EXPECT_FALSE(ChangeAt(101, kPerson));
  EXPECT_FALSE(ChangeAt(102, kPerson));
  EXPECT_THAT(IntervalsAt(200), ElementsAre(Is(100, 200, "person")));
  EXPECT_TRUE(recorder_.Undo());
  EXPECT_THAT(recorder_.Intervals(), IsEmpty());
}

TEST_F(TruthRecorderTest, WhatIsUndoneNeverWas) {
  ChangeAt(100, kBackground);
  ChangeAt(200, kPerson);
  recorder_.Advance(300);
  EXPECT_TRUE(recorder_.Undo());
  EXPECT_EQ(recorder_.state(), kBackground);
  EXPECT_EQ(recorder_.since_ns(), 100);
  EXPECT_THAT(IntervalsAt(400), ElementsAre(Is(100, 400, "background")));
  EXPECT_TRUE(recorder_.Undo());
  EXPECT_FALSE(recorder_.Undo());
  EXPECT_TRUE(recorder_.empty());
  EXPECT_THAT(IntervalsAt(500), IsEmpty());
}

TEST_F(TruthRecorderTest, AnUndonePauseLeavesNoGap) {
  ChangeAt(100, kPerson);
  ChangeAt(200, std::nullopt);
  recorder_.Undo();
  EXPECT_THAT(IntervalsAt(300), ElementsAre(Is(100, 300, "person")));
}

TEST_F(TruthRecorderTest, NoIntervalIsEmpty) {
  ChangeAt(100, kBackground);
  EXPECT_THAT(recorder_.Intervals(), IsEmpty());
  ChangeAt(100, kPerson);
  EXPECT_THAT(IntervalsAt(200), ElementsAre(Is(100, 200, "person")));
}

TEST_F(TruthRecorderTest, WhileTheClockIsBackTimeStandsStill) {
  ChangeAt(1000, kPerson);
  EXPECT_EQ(recorder_.Advance(1500), 0);
  EXPECT_EQ(recorder_.Advance(1100), 400);
  EXPECT_EQ(recorder_.now_ns(), 1500);
  EXPECT_EQ(recorder_.Advance(1200), 0) << "told once";
  EXPECT_EQ(recorder_.Advance(1150), 50) << "another jump";
  ChangeAt(1300, kBackground);
  EXPECT_THAT(IntervalsAt(1400), ElementsAre(Is(1000, 1500, "person")));
  EXPECT_THAT(IntervalsAt(1600),
              ElementsAre(Is(1000, 1500, "person"), Is(1500, 1600, "background")));
}

}  // namespace
}  // namespace silhouette
