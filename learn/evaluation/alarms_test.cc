#include "learn/evaluation/alarms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One sequence a source; a letter a window: b benign, s scan, f flood.
Dataset Labelled(const std::vector<std::string>& sources) {
  Dataset data;
  data.classes = {"benign", "scan", "flood"};
  data.hop_ns = 5'000'000'000;
  for (size_t source = 0; source < sources.size(); ++source) {
    data.source_names.push_back("capture " + std::to_string(source));
    for (size_t window = 0; window < sources[source].size(); ++window) {
      const char letter = sources[source][window];
      data.label.push_back(letter == 'b' ? 0 : letter == 's' ? 1 : 2);
      data.window.push_back(static_cast<int64_t>(window));
      data.source.push_back(source);
      data.sequence.push_back(source);
    }
  }
  return data;
}

// What was said, a letter a row; u: unknown.
std::vector<size_t> Said(const std::string& letters) {
  std::vector<size_t> said;
  for (char letter : letters) {
    said.push_back(letter == 'b' ? 0 : letter == 's' ? 1 : letter == 'f' ? 2 : 3);
  }
  return said;
}

JudgedAlarms Judge(const std::vector<std::string>& truth, const std::string& said,
                   const AlarmRule& rule = {}) {
  const Dataset data = Labelled(truth);
  return JudgeAlarms(data, AllRows(data), Said(said), rule);
}

TEST(AlarmsTest, WindowsThatTouchAreOneAlarmAndThoseApartAreTwo) {
  EXPECT_EQ(Judge({"bbbbbb"}, "bssbsb").sources[0].false_alarms, 2U);
  EXPECT_EQ(Judge({"bbbbbb"}, "bssbsb", {.quiet = 1}).sources[0].false_alarms, 1U);
}

TEST(AlarmsTest, AnAlarmOfTheRightClassFindsItsEventAfterSomeWindows) {
  const JudgedAlarms judged = Judge({"bsssb"}, "bbssb");
  ASSERT_EQ(judged.events.size(), 1U);
  EXPECT_EQ(judged.events[0].delay, 1);
  EXPECT_THAT(judged.events[0].misnamed, IsEmpty());
  EXPECT_EQ(judged.sources[0].false_alarms, 0U);
}

TEST(AlarmsTest, AnotherClassFindsNothingAndIsNoFalseAlarmEither) {
  const JudgedAlarms judged = Judge({"bsssb"}, "bfffb");
  EXPECT_EQ(judged.events[0].delay, -1);
  EXPECT_THAT(judged.events[0].misnamed, ElementsAre("flood"));
  EXPECT_EQ(judged.sources[0].false_alarms, 0U);
}

TEST(AlarmsTest, AnAlarmBeforeTheEventDoesNotFindIt) {
  const JudgedAlarms judged = Judge({"sbbbbs"}, "bbbsbb");
  ASSERT_EQ(judged.events.size(), 2U);
  EXPECT_EQ(judged.events[0].delay, -1);
  EXPECT_EQ(judged.events[1].delay, -1);
  EXPECT_EQ(judged.sources[0].false_alarms, 1U);
}

TEST(AlarmsTest, FewerWindowsThanItTakesAreNoAlarm) {
  const AlarmRule patient = {.quiet = 1, .least_of_class = {{1, 3}}};
  EXPECT_EQ(Judge({"bbbbbbbb"}, "ssbbsbsb", patient).sources[0].false_alarms, 0U);
  EXPECT_EQ(Judge({"bbbbbbbb"}, "ssbsbbss", patient).sources[0].false_alarms, 1U);
  EXPECT_EQ(Judge({"bsssssb"}, "bsbsbsb", patient).events[0].delay, 4);
  EXPECT_EQ(Judge({"bssssssb"}, "bsbbssbb", patient).events[0].delay, -1);
  EXPECT_EQ(Judge({"bbsssssb"}, "sssssbbb", patient).events[0].delay, 2) << "those before are none";
  EXPECT_EQ(Judge({"bbff"}, "bbfb", patient).events[0].delay, 0) << "another class";
}

TEST(AlarmsTest, WhatIsUnknownIsNoAlarm) {
  EXPECT_EQ(Judge({"bbbb"}, "uuuu").sources[0].false_alarms, 0U);
}

TEST(AlarmsTest, EachSourceHasItsOwnAlarmsAndHours) {
  const JudgedAlarms judged = Judge({"bbbb", "bbbbbbbb"}, "sbbbbbbbbbbs");
  ASSERT_EQ(judged.sources.size(), 2U);
  EXPECT_EQ(judged.sources[0].false_alarms, 1U);
  EXPECT_EQ(judged.sources[1].false_alarms, 1U);
  EXPECT_DOUBLE_EQ(judged.sources[1].device_hours, 40.0 / 3600);
}

}  // namespace
}  // namespace silhouette
