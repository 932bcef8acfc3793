#include "feature-svc/window_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feature-svc/subject_group.h"
#include "feature-svc/test_packets.h"

namespace silhouette {
namespace {

using namespace test_packets;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What a sink was given.
struct Given {
  std::string subject;
  int64_t start_ns;
  bool partial;
  std::vector<int64_t> times;
  bool has_previous;
  int64_t previous_ns;
};

// Tells what the extractor sees, and which window that is for.
class Recorder final : public WindowSink {
 public:
  double* Add(uint32_t, std::string_view subject, int64_t start_ns, bool partial) override {
    given.push_back({std::string(subject), start_ns, partial, {}, false, 0});
    now_ = this;
    return &value_;
  }
  static void Extract(const WindowInput& window, double*) {
    Given& last = now_->given.back();
    for (const Sample& sample : window.samples) last.times.push_back(window.TimeOf(sample));
    last.has_previous = window.previous_ns() != WindowInput::kNever;
    last.previous_ns = window.previous_ns();
  }

  std::vector<Given> given;

 private:
  static Recorder* now_;
  double value_;
};
Recorder* Recorder::now_ = nullptr;

// One second's windows of conversations, with a horizon of three seconds.
class Windows {
 public:
  explicit Windows(FeatureLimits limits = {}, int64_t length_ns = kSecond, bool needs_flows = false)
      : extractor_{"test.v1", &Recorder::Extract, needs_flows},
        group_(v1::SUBJECT_KIND_CONVERSATION, {}, limits) {
    v1::WindowSpec spec = PresenceSpec(length_ns, {});
    spec.set_hop_ns(kSecond);
    auto task = std::make_unique<WindowTask>(spec, &schema_, &extractor_, 0, limits);
    task_ = task.get();
    group_.AddTask(std::move(task));
  }

  // Number of the last window that took it, counted in seconds of its start.
  static constexpr int64_t kNone = -1'000'000;
  int64_t Add(const std::vector<Packet>& packets) {
    const v1::PacketBatch batch = BatchMaker().Make(packets);
    const auto appended = group_.Append(batch, FlowColumns(batch.flows()), 0, packets.size(),
                                        [this](const WindowTask&) { return &sink_; });
    dropped_ += appended.dropped.size();
    if (appended.last_end_ns == WindowInput::kNever) return kNone;
    return (appended.last_end_ns - task_->spec().length_ns()) / kSecond;
  }
  // Windows that end at or before this many seconds.
  std::vector<Given> CloseBefore(int64_t second) {
    task_->CloseUntil(second * kSecond, group_.table(), &sink_);
    return std::exchange(sink_.given, {});
  }
  std::vector<Given> CloseStartedBy(int64_t second) {
    task_->CloseStartedBy(second * kSecond, group_.table(), &sink_);
    return std::exchange(sink_.given, {});
  }
  SubjectGroup& group() { return group_; }
  const WindowTask& task() const { return *task_; }
  size_t dropped() const { return dropped_; }

 private:
  const FeatureSchema schema_{"test.v1", 3 * kSecond, {{"nothing", "1", "nothing", 0}}};
  const Extractor extractor_;
  SubjectGroup group_;
  WindowTask* task_;
  Recorder sink_;
  size_t dropped_ = 0;
};

std::vector<int64_t> Starts(const std::vector<Given>& given) {
  std::vector<int64_t> seconds;
  for (const Given& window : given) seconds.push_back(window.start_ns / kSecond);
  return seconds;
}

class WindowTaskTest : public ::testing::Test {
 protected:
  int64_t Add(int64_t time_ns, uint8_t host = 20, uint8_t protocol = 17, uint16_t port = 50000) {
    return windows_.Add({{time_ns, 100, true, host, protocol, port}});
  }
  std::vector<Given> CloseBefore(int64_t second) { return windows_.CloseBefore(second); }
  std::vector<int64_t> StartsBefore(int64_t second) { return Starts(CloseBefore(second)); }

  Windows windows_;
};

TEST_F(WindowTaskTest, AddTellsTheWindowsNumber) {
  EXPECT_EQ(Add(0), 0);
  EXPECT_EQ(Add(kSecond - 1), 0);
  EXPECT_EQ(Add(kSecond), 1);
}

TEST_F(WindowTaskTest, NothingClosesBeforeItsEnd) {
  Add(5 * kSecond);
  EXPECT_THAT(CloseBefore(5), IsEmpty());
  EXPECT_THAT(StartsBefore(6), ElementsAre(5));
}

TEST_F(WindowTaskTest, AWindowIsGivenOutWhileItsSubjectHadAPacketWithinTheHorizon) {
  Add(0);
  // Window 3 looks back to [0, 3): its horizon starts at the packet. Window 4's does not.
  EXPECT_THAT(StartsBefore(100), ElementsAre(0, 1, 2, 3));
}

TEST_F(WindowTaskTest, APacketJustAfterTheEdgeLastsOneWindowLonger) {
  Add(1);
  EXPECT_THAT(StartsBefore(100), ElementsAre(0, 1, 2, 3));
  Add(200 * kSecond - 1);  // the last nanosecond of window 199
  EXPECT_THAT(StartsBefore(300), ElementsAre(199, 200, 201, 202));
}

TEST_F(WindowTaskTest, EmptyWindowsAreEmptyAndKnowThePreviousPacket) {
  Add(500 * kMilli);
  const std::vector<Given> given = CloseBefore(3);
  ASSERT_EQ(given.size(), 3u);
  EXPECT_FALSE(given[0].has_previous);
  for (size_t i : {1u, 2u}) {
    EXPECT_THAT(given[i].times, IsEmpty());
    EXPECT_TRUE(given[i].has_previous);
    EXPECT_EQ(given[i].previous_ns, 500 * kMilli);
  }
}

TEST_F(WindowTaskTest, ThePreviousPacketCountsUpToTheHorizonAndNotBeyond) {
  Add(0);
  Add(3 * kSecond + 1);
  std::vector<Given> given = CloseBefore(4);
  EXPECT_EQ(given.back().start_ns, 3 * kSecond);
  EXPECT_TRUE(given.back().has_previous);
  EXPECT_EQ(given.back().previous_ns, 0);

  Add(8 * kSecond);
  given = CloseBefore(9);
  EXPECT_EQ(given.back().start_ns, 8 * kSecond);
  EXPECT_FALSE(given.back().has_previous) << "it was " << given.back().previous_ns;
}

TEST_F(WindowTaskTest, ThePreviousPacketIsTheSubjectsOwn) {
  Add(0, 20);
  Add(kSecond, 21);
  const std::vector<Given> given = CloseBefore(2);
  ASSERT_EQ(given.size(), 3u);
  EXPECT_THAT(given[2].subject, ::testing::HasSubstr("192.168.1.21"));
  EXPECT_FALSE(given[2].has_previous);
}

TEST_F(WindowTaskTest, SubjectsOfAWindowAreSortedByName) {
  for (int host : {9, 100, 20, 10}) Add(0, static_cast<uint8_t>(host));
  std::vector<std::string> names;
  for (const Given& window : CloseBefore(1)) names.push_back(window.subject);
  EXPECT_THAT(names, ElementsAre("conversation:192.168.1.10-203.0.113.7/udp",
                                 "conversation:192.168.1.100-203.0.113.7/udp",
                                 "conversation:192.168.1.20-203.0.113.7/udp",
                                 "conversation:192.168.1.9-203.0.113.7/udp"));
}

TEST_F(WindowTaskTest, AConversationHoldsAllPortsOfOneProtocol) {
  Add(0, 20, 17, 50000);
  Add(1, 20, 17, 50001);
  Add(2, 20, 6, 50000);
  const std::vector<Given> given = CloseBefore(1);
  ASSERT_EQ(given.size(), 2u);
  EXPECT_THAT(given[0].times, ElementsAre(2));     // …/tcp
  EXPECT_THAT(given[1].times, ElementsAre(0, 1));  // …/udp
}

TEST_F(WindowTaskTest, PacketsAreGivenInTheOrderOfTime) {
  for (int64_t time_ns : {50, 10, 30, 20, 40}) Add(time_ns);
  EXPECT_THAT(CloseBefore(1)[0].times, ElementsAre(10, 20, 30, 40, 50));
}

TEST_F(WindowTaskTest, TheLatestPacketIsThePreviousOneHoweverTheyCame) {
  Add(900 * kMilli);
  Add(100 * kMilli);
  EXPECT_EQ(CloseBefore(2)[1].previous_ns, 900 * kMilli);
}

TEST_F(WindowTaskTest, TimesBeforeTheGridsStartHaveWindowsToo) {
  EXPECT_EQ(Add(-1), -1);
  const std::vector<Given> given = CloseBefore(1);
  ASSERT_EQ(given.size(), 2u);
  EXPECT_EQ(given[0].start_ns, -kSecond);
  EXPECT_EQ(given[1].start_ns, 0);
}

TEST_F(WindowTaskTest, ALongSilenceCostsNothing) {
  Add(0);
  const int64_t later = int64_t{100} * 365 * 86400;  // a century, window by window, would not end
  Add(later * kSecond);
  EXPECT_THAT(StartsBefore(later + 1), ElementsAre(0, 1, 2, 3, later));
}

TEST_F(WindowTaskTest, ASubjectThatComesBackStartsAnew) {
  Add(0);
  EXPECT_THAT(StartsBefore(10), ElementsAre(0, 1, 2, 3));
  Add(20 * kSecond);
  const std::vector<Given> given = CloseBefore(21);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_FALSE(given[0].has_previous);
}

TEST_F(WindowTaskTest, ASubjectKeepsItsPlaceWhileALaterWindowIsOpen) {
  Add(0);
  Add(10 * kSecond);  // beyond the horizon of all that closes first
  EXPECT_THAT(StartsBefore(10), ElementsAre(0, 1, 2, 3));
  const std::vector<Given> given = CloseBefore(11);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_THAT(given[0].times, ElementsAre(10 * kSecond));
  EXPECT_FALSE(given[0].has_previous);
}

TEST_F(WindowTaskTest, ClosingInStepsOrAtOnceGivesTheSame) {
  Windows at_once;
  for (int64_t second : {0, 1, 5, 6, 30}) {
    Add(second * kSecond);
    at_once.Add({{second * kSecond}});
  }
  std::vector<int64_t> in_steps;
  for (int64_t second = 0; second <= 40; ++second) {
    for (int64_t start : StartsBefore(second)) in_steps.push_back(start);
  }
  EXPECT_EQ(in_steps, Starts(at_once.CloseBefore(40)));
}

TEST_F(WindowTaskTest, PacketsOfManyWindowsMayComeAtOnce) {
  EXPECT_EQ(windows_.Add({{2 * kSecond}, {0}, {1}, {kSecond}, {2 * kSecond + 1}}), 2);
  const std::vector<Given> given = CloseBefore(3);
  ASSERT_EQ(given.size(), 3u);
  EXPECT_THAT(given[0].times, ElementsAre(0, 1));
  EXPECT_THAT(given[1].times, ElementsAre(kSecond));
  EXPECT_THAT(given[2].times, ElementsAre(2 * kSecond, 2 * kSecond + 1));
}

TEST(WindowTask, AWindowOfSeveralHopsHoldsThePacketsOfAllOfThem) {
  Windows windows({}, 3 * kSecond);
  windows.Add({{2 * kSecond}, {3 * kSecond}, {5 * kSecond}});
  EXPECT_THAT(windows.CloseBefore(2), IsEmpty());
  const std::vector<Given> given = windows.CloseBefore(6);
  EXPECT_THAT(Starts(given), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(given[0].times, ElementsAre(2 * kSecond));
  EXPECT_THAT(given[1].times, ElementsAre(2 * kSecond, 3 * kSecond));
  EXPECT_THAT(given[2].times, ElementsAre(2 * kSecond, 3 * kSecond));
  EXPECT_FALSE(given[2].has_previous) << "its first packet is its own";
  EXPECT_THAT(given[3].times, ElementsAre(3 * kSecond, 5 * kSecond));
  EXPECT_EQ(given[3].previous_ns, 2 * kSecond);
  EXPECT_THAT(Starts(windows.CloseStartedBy(5)), ElementsAre(4, 5));
}

TEST(WindowTask, TheLeastRecentSubjectsMakeRoomAndTheirWindowsArePartial) {
  Windows windows({.subjects = 16});
  for (uint8_t host = 1; host <= 16; ++host) windows.Add({{host, 100, true, host}});
  windows.Add({{17, 100, true, 1}});    // seen again: host 2 is the least recent now
  windows.Add({{18, 100, true, 101}});  // one too many
  EXPECT_EQ(windows.group().evicted(), 1u);
  EXPECT_EQ(windows.group().subjects(), 16u);
  const std::vector<Given> given = windows.CloseBefore(1);
  ASSERT_EQ(given.size(), 17u);
  EXPECT_EQ(given[0].subject, "conversation:192.168.1.2-203.0.113.7/udp") << "it closed early";
  EXPECT_TRUE(given[0].partial);
  EXPECT_THAT(given[0].times, ElementsAre(2));
  for (size_t i = 1; i < given.size(); ++i) {
    const bool is_new = given[i].subject == "conversation:192.168.1.101-203.0.113.7/udp";
    EXPECT_EQ(given[i].partial, is_new) << given[i].subject << ": it may have been here before";
  }
}

TEST(WindowTask, ASubjectThatComesBackIsPartialUntilWhatWasForgottenIsBehindTheHorizon) {
  Windows windows({.subjects = 16});
  for (uint8_t host = 1; host <= 17; ++host) windows.Add({{host, 100, true, host}});
  windows.Add({{kSecond, 100, true, 1}});  // host 1 was forgotten
  for (int64_t second = 2; second < 6; ++second) windows.Add({{second * kSecond, 100, true, 1}});
  std::vector<std::pair<int64_t, bool>> of_host_1;
  for (const Given& window : windows.CloseBefore(6)) {
    if (window.subject != "conversation:192.168.1.1-203.0.113.7/udp") continue;
    of_host_1.push_back({window.start_ns / kSecond, window.partial});
  }
  EXPECT_THAT(of_host_1, ElementsAre(std::pair(0, true), std::pair(1, true), std::pair(2, true),
                                     std::pair(3, true), std::pair(4, false), std::pair(5, false)));
}

TEST(WindowTask, ASubjectThatWasEvictedFarAheadOfTheOthersCostsNothing) {
  Windows windows({.subjects = 16});
  const int64_t later = int64_t{100} * 365 * 86400;
  windows.Add({{later * kSecond, 100, true, 1}});
  for (uint8_t host = 2; host <= 17; ++host) windows.Add({{host, 100, true, host}});
  ASSERT_EQ(windows.group().evicted(), 1u);
  windows.CloseBefore(1);
  EXPECT_EQ(windows.CloseBefore(later).size(), 3 * 16u);
}

TEST(WindowTask, IdleSubjectsGoBeforeAnyIsEvicted) {
  Windows windows({.subjects = 16});
  for (uint8_t host = 1; host <= 16; ++host) windows.Add({{host, 100, true, host}});
  windows.CloseBefore(10);
  for (uint8_t host = 101; host <= 116; ++host) {
    windows.Add({{10 * kSecond, 100, true, host}});
  }
  EXPECT_EQ(windows.group().evicted(), 0u);
  for (const Given& window : windows.CloseBefore(11)) EXPECT_FALSE(window.partial);
}

TEST(WindowTask, AWindowWithTooManySamplesUsesTheFirstAndIsPartial) {
  Windows windows({.window_samples = 3});
  windows.Add({{1}, {4}, {2}, {3}, {5, 100, true, 21}});
  windows.Add({{kSecond, 100, true, 20}, {kSecond, 100, true, 21}});
  const std::vector<Given> given = windows.CloseBefore(2);
  ASSERT_EQ(given.size(), 4u);
  EXPECT_THAT(given[0].times, ElementsAre(1, 2, 4)) << "the first three that came";
  EXPECT_TRUE(given[0].partial);
  EXPECT_FALSE(given[1].partial) << "another subject is none the wiser";
  EXPECT_TRUE(given[2].partial) << "what it looks back to is not whole";
  EXPECT_FALSE(given[3].partial);
  EXPECT_EQ(windows.dropped(), 0u);
}

TEST(WindowTask, SamplesBeyondTheCapOfAllAreDroppedAndTheirWindowsPartial) {
  Windows windows({.samples = 40});
  for (int64_t i = 0; i < 50; ++i) {
    windows.Add({{i, 100, true, static_cast<uint8_t>(i % 2 == 0 ? 20 : 21)}});
  }
  EXPECT_EQ(windows.dropped(), 10u);
  EXPECT_EQ(windows.task().samples(), 40u);
  for (const Given& window : windows.CloseBefore(1)) EXPECT_TRUE(window.partial);
  EXPECT_EQ(windows.task().samples(), 0u);
}

TEST(WindowTask, ANewWindowMayComeWhileThereIsNoRoom) {
  Windows windows({.samples = 3});
  for (int64_t i = 0; i < 5; ++i) windows.Add({{i}});
  windows.Add({{kSecond}});
  EXPECT_EQ(windows.dropped(), 3u);
  EXPECT_THAT(windows.CloseBefore(1)[0].times, ElementsAre(0, 1, 2));
  windows.Add({{kSecond + 1}});
  const std::vector<Given> given = windows.CloseBefore(2);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_THAT(given[0].times, ElementsAre(kSecond + 1)) << "there is room again";
  EXPECT_TRUE(given[0].partial);
}

TEST(WindowTask, ASubjectWhosePacketsWereAllDroppedIsPartialWhenItComesBack) {
  Windows windows({.samples = 40});
  windows.Add(std::vector<Packet>(40, {1}));
  const Packet other{2, 100, true, 21};
  windows.Add({other});
  ASSERT_EQ(windows.dropped(), 1u);
  windows.CloseBefore(1);
  for (int64_t second : {1, 4}) windows.Add({{second * kSecond, 100, true, 21}});
  std::vector<std::pair<int64_t, bool>> of_other;
  for (const Given& window : windows.CloseBefore(5)) {
    if (window.subject != SubjectOf(other)) continue;
    of_other.push_back({window.start_ns / kSecond, window.partial});
  }
  EXPECT_THAT(of_other, ElementsAre(std::pair(1, true), std::pair(2, true), std::pair(3, true),
                                    std::pair(4, true)));
}

TEST(WindowTask, AFloodOfOneSubjectLeavesRoomForTheOthers) {
  Windows windows({.window_samples = 8, .samples = 40});
  for (int64_t i = 0; i < 1000; ++i) windows.Add({{i, 100, true, 20}});
  for (int64_t i = 0; i < 5; ++i) windows.Add({{i, 100, true, 21}});
  const std::vector<Given> given = windows.CloseBefore(1);
  ASSERT_EQ(given.size(), 2u);
  EXPECT_EQ(given[0].times.size(), 8u);
  EXPECT_TRUE(given[0].partial);
  EXPECT_EQ(given[1].times.size(), 5u);
  EXPECT_FALSE(given[1].partial);
  EXPECT_EQ(windows.dropped(), 0u) << "a window had taken them";
}

TEST(WindowTask, AFloodLeavesNoMoreFlowsThanThereAreSamples) {
  constexpr size_t kSamples = 40;
  Windows windows({.window_samples = 8, .samples = kSamples}, kSecond, /*needs_flows=*/true);
  for (int64_t i = 0; i < 1000; ++i) {
    windows.Add({{i, 100, true, 20}});
    ASSERT_LE(windows.task().flow_entries(), 3 * kSamples);
  }
}

}  // namespace
}  // namespace silhouette
