#include "learn/data/labelled_captures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "common/window_spec.h"
#include "learn/simulate/call.h"
#include "learn/simulate/home.h"
#include "learn/simulate/pcap_writer.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kCall[] = "conversation:192.168.1.20-203.0.113.7/udp";
constexpr char kTruth[] = "start_s,end_s,label\n0,10.25,person\n10.25,20,background\n";

class LabelledCapturesTest : public ::testing::Test {
 protected:
  LabelledCapturesTest() {
    from_.spec = *ParseSpec("subject=conversation,window=0.5s,schema=presence.v1,protocol=udp");
  }

  std::string WriteCall(const std::string& name, const simulate::CallOptions& options) {
    return WritePackets(name, simulate::SimulateCall(options)->packets);
  }
  std::string WritePackets(const std::string& name,
                           const std::vector<simulate::SimulatedPacket>& packets) {
    const std::string path = folder_.path() + "/" + name;
    EXPECT_TRUE(simulate::WritePcap(path, packets).ok());
    return path;
  }
  // A capture of 20 s of a call with a truth.
  LabelledCapture Call(std::string_view truth = kTruth) {
    return {WriteCall("call.pcap", {.duration_s = 20}), folder_.Write("truth.csv", truth)};
  }
  absl::StatusOr<CapturedWindows> Read() { return ReadLabelledCaptures(from_); }
  std::string ErrorOf(absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
    const auto windows = Read();
    EXPECT_EQ(windows.status().code(), code) << windows.status();
    return std::string(windows.status().message());
  }

  const TestFolder folder_;
  LabelledCaptures from_;
};

TEST_F(LabelledCapturesTest, AWindowTakesTheLabelAtItsMiddleAndItsIntervalIsItsBlock) {
  from_.files = {Call()};
  const auto windows = Read();
  ASSERT_TRUE(windows.ok()) << windows.status();
  const Dataset& data = windows->data;
  EXPECT_THAT(data.classes, ElementsAre("background", "person"));
  ASSERT_EQ(data.rows(), 40U);
  EXPECT_EQ(data.label[19], 1);
  EXPECT_EQ(data.label[20], 0) << "from 10 to 10.5 s";
  EXPECT_EQ(data.block[19], 0);
  EXPECT_EQ(data.block[20], 1);
  EXPECT_EQ(data.window[0], 3'400'000'000);
  EXPECT_TRUE(data.AreNeighbours(19, 20));
  EXPECT_THAT(data.source_names, ElementsAre("call.pcap"));
  EXPECT_THAT(data.line, Each(0U));
  EXPECT_EQ(data.features.size(), 40 * data.feature_names.size());
  EXPECT_FALSE(data.simulated);
}

TEST_F(LabelledCapturesTest, WhatHasNoTruthIsLeftOutAndCounted) {
  from_.files = {Call("# simulated\nstart_s,end_s,label\n1,5,person\n6,18,background\n")};
  const auto windows = Read();
  ASSERT_TRUE(windows.ok()) << windows.status();
  const CaptureUse& use = windows->uses[0];
  EXPECT_EQ(use.file, "call.pcap");
  EXPECT_THAT(use.subjects, ElementsAre(kCall));
  EXPECT_EQ(use.rows, 32U);
  EXPECT_EQ(use.without_truth, 8U);
  EXPECT_EQ(use.of_others + use.partial + use.after_jump, 0U);
  EXPECT_FALSE(windows->data.AreNeighbours(7, 8)) << "a hole in the truth is one in the rows";
  EXPECT_TRUE(windows->data.simulated);
}

TEST_F(LabelledCapturesTest, TruthSinceTheEpochGivesTheSameRows) {
  from_.files = {Call()};
  const auto relative = Read();
  from_.files = {
      Call("start_ns,end_ns,label\n1700000000000000000,1700000010250000000,person\n"
           "1700000010250000000,1700000020000000000,background\n")};
  const auto absolute = Read();
  ASSERT_TRUE(relative.ok() && absolute.ok()) << absolute.status();
  EXPECT_EQ(absolute->data.label, relative->data.label);
  EXPECT_EQ(absolute->data.features, relative->data.features);
}

TEST_F(LabelledCapturesTest, BlocksMayBeOfEqualLength) {
  from_.files = {Call()};
  from_.block_length_ns = 8'000'000'000;
  const auto windows = Read();
  ASSERT_TRUE(windows.ok()) << windows.status();
  EXPECT_EQ(windows->data.block[15], 0);
  EXPECT_EQ(windows->data.block[16], 1);
  EXPECT_EQ(windows->data.block[39], 2);
}

TEST_F(LabelledCapturesTest, WhereBlocksAreTooFewAHintSaysHowToCutThem) {
  from_.files = {Call()};
  EXPECT_EQ(FewBlocksHint(Read()->data, {}),
            "; call.pcap has 2 blocks, where 5 do: cut them by --block-length, as 10s");
  from_.block_length_ns = 4'000'000'000;
  EXPECT_EQ(FewBlocksHint(Read()->data, {}), "");
}

TEST_F(LabelledCapturesTest, EachCaptureIsASourceWithBlocksOfItsOwn) {
  from_.files = {Call(), {WriteCall("two.pcap", {.seed = 2, .duration_s = 20}), ""}};
  from_.files[1].truth = from_.files[0].truth;
  const auto windows = Read();
  ASSERT_TRUE(windows.ok()) << windows.status();
  const Dataset& data = windows->data;
  EXPECT_THAT(data.source_names, ElementsAre("call.pcap", "two.pcap"));
  EXPECT_EQ(data.source[40], 1U);
  EXPECT_EQ(data.sequence[40], 1U);
  EXPECT_EQ(data.block[40], 2);
  EXPECT_FALSE(data.AreNeighbours(39, 40));
}

TEST_F(LabelledCapturesTest, TheConversationThatLooksLikeACallIsFoundAmongOthers) {
  const auto home = simulate::SimulateHome({.call = {.duration_s = 20}, .before_s = 5});
  from_.files = {{WritePackets("home.pcap", home->packets),
                  folder_.Write("truth.csv", "start_s,end_s,label\n5,15,a\n15,25,b\n")}};
  const auto windows = Read();
  ASSERT_TRUE(windows.ok()) << windows.status();
  EXPECT_THAT(windows->uses[0].subjects, ElementsAre(kCall));
  EXPECT_EQ(windows->uses[0].rows, 40U);
  EXPECT_GT(windows->uses[0].of_others, 100U);
}

TEST_F(LabelledCapturesTest, OfOtherSubjectsTheOneWithTheMostPacketsIsTaken) {
  from_.files = {Call("start_s,end_s,label\n0,10,a\n10,20,b\n")};
  from_.spec = *ParseSpec("subject=device,window=1s,schema=traffic.v1");
  const auto windows = Read();
  ASSERT_TRUE(windows.ok()) << windows.status();
  EXPECT_THAT(windows->uses[0].subjects, ElementsAre("device:192.168.1.20"));
  EXPECT_EQ(windows->data.rows(), 20U);
  EXPECT_EQ(windows->data.feature_names.size(), 118U);
  EXPECT_EQ(windows->data.margin, MarginOf(**FindSchema("traffic.v1"), 1'000'000'000));
}

TEST_F(LabelledCapturesTest, ASubjectMayBeNamed) {
  const auto home = simulate::SimulateHome({.call = {.duration_s = 20}, .before_s = 5});
  from_.files = {{WritePackets("home.pcap", home->packets),
                  folder_.Write("truth.csv", "start_s,end_s,label\n0,15,a\n15,25,b\n")}};
  from_.subjects = {"conversation:192.168.1.99-203.0.113.9/udp"};
  EXPECT_THAT(ErrorOf(absl::StatusCode::kNotFound),
              AllOf(HasSubstr("home.pcap: no subject conversation:192.168.1.99"),
                    HasSubstr("its largest"), HasSubstr(kCall), HasSubstr(" more")));
  from_.subjects.push_back(kCall);
  EXPECT_THAT(ErrorOf(absl::StatusCode::kNotFound),
              HasSubstr("no capture has a subject conversation:192.168.1.99"));
  from_.subjects = {kCall};
  EXPECT_TRUE(Read().ok());
}

TEST_F(LabelledCapturesTest, WithoutACallOrWithTwoASubjectMustBeNamed) {
  const LabelledCapture short_call = {WriteCall("short.pcap", {.duration_s = 5}),
                                      folder_.Write("truth.csv", kTruth)};
  from_.files = {short_call};
  EXPECT_THAT(ErrorOf(absl::StatusCode::kNotFound),
              AllOf(HasSubstr("short.pcap: no conversation looks like a call"),
                    HasSubstr("lasts 5.0 s only"), HasSubstr("--subject-name")));
  auto both = simulate::SimulateCall({.duration_s = 20})->packets;
  const auto other =
      simulate::SimulateCall({.seed = 2, .duration_s = 20, .remote_address = "203.0.113.8"});
  both.insert(both.end(), other->packets.begin(), other->packets.end());
  std::stable_sort(both.begin(), both.end(),
                   [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; });
  from_.files[0].pcap = WritePackets("two_calls.pcap", both);
  EXPECT_THAT(ErrorOf(absl::StatusCode::kNotFound),
              AllOf(HasSubstr("2 conversations look like a call"), HasSubstr("--subject-name")));
  from_.subjects = {kCall, "conversation:192.168.1.20-203.0.113.8/udp"};
  const auto windows = Read();
  ASSERT_TRUE(windows.ok()) << windows.status();
  EXPECT_EQ(windows->data.sequence.back(), 1U);
  EXPECT_EQ(windows->data.block.back(), 1) << "subjects of one time share its block";
  from_.subjects.clear();
  from_.spec = *ParseSpec("subject=conversation,window=0.5s,schema=presence.v1,protocol=tcp");
  EXPECT_THAT(ErrorOf(absl::StatusCode::kNotFound),
              AllOf(HasSubstr("two_calls.pcap: no packet"), HasSubstr("check --subject")));
}

TEST_F(LabelledCapturesTest, BehindAJumpOfTheClockOnlyTruthSinceTheEpochCounts) {
  auto packets = simulate::SimulateCall({.duration_s = 20})->packets;
  const auto later =
      simulate::SimulateCall({.duration_s = 20, .start_ns = 1'700'200'000'000'000'000});
  packets.insert(packets.end(), later->packets.begin(), later->packets.end());
  from_.files = {{WritePackets("jump.pcap", packets), folder_.Write("truth.csv", kTruth)}};
  const auto windows = Read();
  ASSERT_TRUE(windows.ok()) << windows.status();
  EXPECT_EQ(windows->uses[0].rows, 40U);
  EXPECT_EQ(windows->uses[0].after_jump, 40U);
  from_.files[0].truth = folder_.Write("absolute.csv",
                                       "start_ns,end_ns,label\n"
                                       "1700000000000000000,1700000020000000000,person\n"
                                       "1700200000000000000,1700200020000000000,background\n");
  const auto both = Read();
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(both->uses[0].rows, 80U);
  EXPECT_EQ(both->uses[0].after_jump, 0U);
  EXPECT_EQ(both->data.sequence[39], 0U);
  EXPECT_EQ(both->data.sequence[40], 1U) << "another recording";
  EXPECT_EQ(both->data.block[40], 1);
}

TEST_F(LabelledCapturesTest, ATruthBesideTheCaptureIsToldWithBothSpans) {
  from_.files = {Call("start_s,end_s,label\n100,110,person\n110,160.5,background\n")};
  EXPECT_THAT(ErrorOf(),
              AllOf(HasSubstr("truth.csv: tells of 100 s to 160.5 s, but"), HasSubstr("call.pcap"),
                    HasSubstr("last from 0 s to 20 s; write start_s,end_s from")));
  from_.files = {Call("start_ns,end_ns,label\n0,5000000000,person\n5000000000,7500000000,away\n")};
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("tells of 1970-01-01 00:00:00 UTC to 1970-01-01 "
                                         "00:00:07.5 UTC, but"),
                               HasSubstr("from 2023-11-14 22:13:20 UTC")));
}

TEST_F(LabelledCapturesTest, ClassesAreNamedInOrderAndEachHasAWindow) {
  from_.files = {Call()};
  from_.classes = {"person", "background"};
  EXPECT_EQ(Read()->data.label[0], 0);
  from_.classes = {"person", "cat"};
  EXPECT_THAT(ErrorOf(), HasSubstr("truth.csv:3: label \"background\" is no class"));
  from_.classes = {"person", "background", "cat"};
  EXPECT_THAT(ErrorOf(), HasSubstr("truth.csv: no row is of class cat"));
  from_.classes = {"person", "person"};
  EXPECT_THAT(ErrorOf(), HasSubstr("there twice"));
  from_.classes.clear();
  from_.files = {Call("start_s,end_s,label\n0,20,person\n")};
  EXPECT_THAT(ErrorOf(), HasSubstr("truth.csv: all rows are of class person; give"));
  from_.files = {Call("start_s,end_s,label\n0,20,person\n100,120,background\n")};
  EXPECT_THAT(ErrorOf(), HasSubstr("no row is of class background"));
}

TEST_F(LabelledCapturesTest, WhatIsNoWholeCaptureIsNotLearntFrom) {
  from_.files = {Call()};
  const std::string pcap = from_.files[0].pcap;
  std::filesystem::resize_file(pcap, std::filesystem::file_size(pcap) - 3);
  EXPECT_THAT(ErrorOf(absl::StatusCode::kDataLoss),
              AllOf(HasSubstr("call.pcap: cut at byte"), HasSubstr("whole captures alone"),
                    ::testing::Not(HasSubstr("is used"))));
  from_.files[0].pcap = folder_.Write("text.pcap", "this is a text, not a capture");
  EXPECT_THAT(ErrorOf(), HasSubstr("text.pcap: not a capture"));
  from_.files[0].pcap = folder_.path() + "/none.pcap";
  EXPECT_THAT(ErrorOf(absl::StatusCode::kNotFound), HasSubstr("none.pcap"));
  from_.files[0].pcap = "-";
  EXPECT_THAT(ErrorOf(), HasSubstr("only an ordinary file"));
  from_.files[0].pcap = folder_.path() + "/pipe";
  ASSERT_EQ(mkfifo(from_.files[0].pcap.c_str(), 0600), 0);
  EXPECT_THAT(ErrorOf(), HasSubstr("pipe: is read twice"));
  from_.files = {Call("start_s,end_s,label\n5,1,person\n")};
  EXPECT_THAT(ErrorOf(), HasSubstr("truth.csv:2: column end_s"));
}

TEST_F(LabelledCapturesTest, ProgressRisesToTheLastReading) {
  from_.files = {Call()};
  std::vector<size_t> told;
  const auto windows =
      ReadLabelledCaptures(from_, [&](size_t done, size_t steps, const std::string& what) {
        EXPECT_EQ(steps, 100U);
        EXPECT_EQ(what, "reading call.pcap");
        told.push_back(done);
      });
  ASSERT_TRUE(windows.ok()) << windows.status();
  ASSERT_FALSE(told.empty());
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_LE(told.back(), 100U);
}

// The capture was rebuilt from the table: packets exactly, sizes and times closely.
TEST(RebuiltCallTest, TheRowsAreThoseOfThePublishedTable) {
  const std::string folder = std::string(SILHOUETTE_TEST_DATA) + "/presence/";
  const auto table = ReadZoomTable();
  LabelledCaptures from;
  from.files = {{folder + "zoom_call_rebuilt.pcap", folder + "zoom_call_truth.csv"}};
  from.spec = *ParseSpec("subject=conversation,window=0.5s,schema=presence.v1,protocol=udp");
  if (!table.ok() || !std::filesystem::exists(from.files[0].pcap)) {
    GTEST_SKIP() << "real data not here: ../shared/data/presence";
  }
  const auto windows = ReadLabelledCaptures(from);
  ASSERT_TRUE(windows.ok()) << windows.status();
  const Dataset& data = windows->data;
  EXPECT_EQ(data.classes, table->classes);
  EXPECT_EQ(data.label, table->label);
  EXPECT_EQ(data.block, table->block);
  ASSERT_EQ(data.rows(), 1205U);
  constexpr size_t kSizeMean = 0, kInbound = 6, kTotal = 8;
  for (size_t i = 0; i < data.rows(); ++i) {
    for (size_t k = kInbound; k <= kTotal; ++k) EXPECT_EQ(data.row(i)[k], table->row(i)[k]) << i;
    EXPECT_NEAR(data.row(i)[kSizeMean], table->row(i)[kSizeMean], 0.5) << i;
  }
}

}  // namespace
}  // namespace silhouette
