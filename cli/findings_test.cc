// A capture in memory goes through all services of one process.

#include "cli/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "capture-svc/engine.h"
#include "cli/json_report.h"
#include "cli/pipeline.h"
#include "cli/text_report.h"
#include "common/accounting.h"
#include "common/capture_file/fake_packet_source.h"
#include "common/link_sender.h"
#include "common/link_stream.h"
#include "common/parse/test_frames.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr int64_t kMilli = 1'000'000;
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStart = 1'700'000'000 * kSecond + 100 * kMilli;  // inside its window
const std::string kCall = "conversation:192.168.1.20-203.0.113.7/udp";
const std::string kPhone = "device:192.168.1.20";
const std::string kResolver = "conversation:192.168.1.20-192.168.1.1/udp";

// Twelve seconds of a stream that goes both ways, 100 packets a second of 900 bytes; beside it a
// name query a second, a TCP packet a second and an ARP frame.
FakePacketSource CallAndMore() {
  FakePacketSource source;
  test_frames::Ipv4Fields out, in, query, tcp;
  std::swap(in.source, in.destination);
  query.destination = "192.168.1.1";
  tcp.protocol = IPPROTO_TCP;
  for (int64_t i = 0; i < 1200; ++i) {
    const int64_t time_ns = kStart + i * 10 * kMilli;
    const bool outbound = i % 2 == 0;
    source.Add(
        time_ns,
        outbound ? test_frames::UdpFrame(out, 50000, 8801) : test_frames::UdpFrame(in, 8801, 50000),
        900);
    if (i % 100 != 0) continue;
    source.Add(time_ns, test_frames::UdpFrame(query, 40000, 53));
    source.Add(time_ns, test_frames::Ethernet(
                            0x0800, test_frames::Ipv4(tcp, test_frames::Tcp(40000, 443, 0x10))));
  }
  source.Add(kStart + 12 * kSecond - 1, test_frames::ArpFrame());
  return source;
}

class FindingsTest : public ::testing::Test {
 protected:
  FindingsTest() {
    auto bundles = LoadModels(std::string(SILHOUETTE_SOURCE_DIR) + "/tests/models");
    EXPECT_TRUE(bundles.ok()) << bundles.status();
    pipeline_ = *Pipeline::Start(*std::move(bundles), "");
    gateway_ = std::make_unique<GatewayClient>(pipeline_->gateway_channel());
  }
  void Capture(FakePacketSource source, const std::string& run = "1") {
    const auto stub = v1::FeatureService::NewStub(pipeline_->feature_channel());
    CaptureOptions options;
    options.origin = "test";
    options.run = run;
    LinkSender<v1::PacketBatch> link(
        "feature-svc", [&](grpc::ClientContext* context) { return stub->Push(context); },
        {[](const v1::Ack&) {}});
    CaptureEngine engine(options, [&](const v1::PacketBatch& batch) { return link.Send(batch); });
    ASSERT_EQ(engine.Read(&source), absl::OkStatus());
    ASSERT_EQ(link.Close(), absl::OkStatus());
  }
  // Devices of the same run are judged as well: one scans in second 5 to 10.
  void JudgeDevices(const std::string& run = "1") {
    using namespace test_verdicts;
    const int64_t first = kStart / kDeviceWindow;
    BatchOf batch(run, "test");
    batch.Models({DeviceHead()});
    batch->mutable_header()->set_first_packet_ns(kStart);
    batch.AddDevice(first, kPhone, 0).AddDevice(first + 1, kPhone, 1);
    batch.AddDevice(first, "device:192.168.1.21", 0);
    const auto stub = v1::GatewayService::NewStub(pipeline_->gateway_channel());
    LinkStream<v1::VerdictBatch> link(
        "gateway", [&](grpc::ClientContext* context) { return stub->Push(context); },
        {[](const v1::Ack&) {}});
    ASSERT_EQ(link.Send(batch), absl::OkStatus());
    ASSERT_EQ(link.Close(), absl::OkStatus());
  }
  std::vector<std::string> Shown(const Findings& findings) {
    std::vector<std::string> names;
    for (const SubjectFindings& subject : findings.shown) names.push_back(subject.subject);
    return names;
  }

  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<GatewayClient> gateway_;
};

TEST_F(FindingsTest, OnlyWhatLooksLikeACallIsShown) {
  Capture(CallAndMore());
  const auto findings = ReadFindings(gateway_.get(), {});
  ASSERT_TRUE(findings.ok()) << findings.status();
  EXPECT_TRUE(findings->chosen_as_calls);
  EXPECT_THAT(Shown(*findings), ElementsAre(kCall));
  EXPECT_THAT(findings->all, SizeIs(2));
  EXPECT_THAT(findings->verdicts, SizeIs(25));
  EXPECT_THAT(findings->shown[0].verdicts, SizeIs(25));
  EXPECT_GT(findings->shown[0].timeline.segments_size(), 0);
  EXPECT_EQ(findings->shown[0].timeline.method(), v1::TIMELINE_METHOD_VITERBI);
}

TEST_F(FindingsTest, EveryPacketIsAccountedForAndNoneIsPending) {
  Capture(CallAndMore());
  const v1::Accounting packets = ReadFindings(gateway_.get(), {})->run.accounting();
  EXPECT_TRUE(Balanced(packets)) << packets.ShortDebugString();
  EXPECT_EQ(packets.received(), 1225u);
  EXPECT_EQ(packets.windowed(), 1212u);
  EXPECT_EQ(packets.pending(), 0u);
  EXPECT_EQ(FilteredPackets(packets), 13u);
}

TEST_F(FindingsTest, TimesCountFromTheGridEdgeBeforeTheFirstPacket) {
  Capture(CallAndMore());
  const auto findings = ReadFindings(gateway_.get(), {});
  EXPECT_EQ(findings->run.first_packet_ns(), kStart);
  EXPECT_EQ(findings->zero_ns, kStart - 100 * kMilli);
  EXPECT_EQ(findings->verdicts.front().window_start_ns(), findings->zero_ns);
}

TEST_F(FindingsTest, AllAndNamedSubjectsAreShownThoughTheyAreNoCalls) {
  Capture(CallAndMore());
  FindingsRequest request;
  request.all = true;
  EXPECT_THAT(Shown(*ReadFindings(gateway_.get(), request)), ElementsAre(kResolver, kCall));
  request = {};
  request.subjects = {kResolver};
  const auto findings = ReadFindings(gateway_.get(), request);
  EXPECT_THAT(Shown(*findings), ElementsAre(kResolver));
  EXPECT_FALSE(findings->chosen_as_calls);
  for (const v1::Verdict& verdict : findings->verdicts) EXPECT_EQ(verdict.subject(), kResolver);
}

TEST_F(FindingsTest, IncidentsAreThoseOfTheSubjectsThatAreAskedFor) {
  Capture(CallAndMore());
  JudgeDevices();
  FindingsRequest request;
  request.subjects = {kCall};
  const auto call = *ReadFindings(gateway_.get(), request);
  EXPECT_THAT(call.incidents, SizeIs(0));
  EXPECT_FALSE(call.reports_incidents) << "no model would tell any of a call";
  request.subjects = {kPhone};
  EXPECT_THAT(ReadFindings(gateway_.get(), request)->incidents, SizeIs(1));
}

TEST_F(FindingsTest, ModelsOfDevicesLeaveTheCallAloneAndTellTheirIncidents) {
  Capture(CallAndMore());
  JudgeDevices();
  const auto findings = ReadFindings(gateway_.get(), {});
  ASSERT_TRUE(findings.ok()) << findings.status();
  EXPECT_THAT(Shown(*findings), ElementsAre(kCall));
  EXPECT_THAT(findings->all, SizeIs(2));
  EXPECT_THAT(findings->others, SizeIs(2));
  EXPECT_THAT(findings->verdicts, SizeIs(25));
  EXPECT_EQ(findings->zero_ns, kStart - 100 * kMilli);
  ASSERT_THAT(findings->incidents, SizeIs(1));
  EXPECT_EQ(findings->incidents[0].subject(), kPhone);
  std::ostringstream out;
  WriteText(*findings, "call.pcap", std::nullopt, Terminal(), &out);
  EXPECT_THAT(out.str(), HasSubstr("2 conversations, 2 other subjects"));
  EXPECT_THAT(out.str(), HasSubstr("1 incident\n"));
  EXPECT_THAT(out.str(), HasSubstr("412 peers in 5 s"));
  EXPECT_THAT(out.str(), HasSubstr("scan "));
}

TEST_F(FindingsTest, WhatHasNoCallHasItsIncidentsAllTheSame) {
  Capture(FakePacketSource());
  JudgeDevices();
  FindingsRequest request;
  request.models.emplace_back().set_name("devices");
  request.models.back().add_incidents()->set_class_("scan");
  const auto findings = ReadFindings(gateway_.get(), request);
  ASSERT_TRUE(findings.ok()) << findings.status();
  EXPECT_THAT(Shown(*findings), IsEmpty());
  EXPECT_THAT(findings->incidents, SizeIs(1));
  request.models.back().clear_incidents();
  EXPECT_THAT(Shown(*ReadFindings(gateway_.get(), request)),
              ElementsAre(kPhone, "device:192.168.1.21"))
      << "which nothing else would tell of";
  v1::WindowSpec* spec = request.models.emplace_back().mutable_spec();
  spec->set_schema("presence.v1");
  spec->set_subject(v1::SUBJECT_KIND_CONVERSATION);
  EXPECT_THAT(Shown(*ReadFindings(gateway_.get(), request)), IsEmpty());
}

TEST_F(FindingsTest, ADeviceWithoutATimelineModelIsShownAsItsWindowsSay) {
  Capture(CallAndMore());
  JudgeDevices();
  FindingsRequest request;
  request.subjects = {kPhone};
  const auto findings = ReadFindings(gateway_.get(), request);
  ASSERT_TRUE(findings.ok()) << findings.status();
  ASSERT_THAT(Shown(*findings), ElementsAre(kPhone));
  ASSERT_EQ(findings->shown[0].timeline.segments_size(), 2);
  EXPECT_EQ(findings->shown[0].timeline.segments(1).class_(), "scan");
  std::ostringstream out;
  WriteText(*findings, "call.pcap", std::nullopt, Terminal(), &out);
  EXPECT_THAT(out.str(), HasSubstr(kPhone));
}

TEST_F(FindingsTest, NoIncidentsIsSaidOnlyWhereAModelWouldTellOfThem) {
  Capture(CallAndMore());
  const auto text = [&](const FindingsRequest& request) {
    std::ostringstream out;
    WriteText(*ReadFindings(gateway_.get(), request), "x", std::nullopt, Terminal(), &out);
    return out.str();
  };
  FindingsRequest request;
  EXPECT_THAT(text(request), Not(HasSubstr("ncident")));
  request.models.emplace_back().add_incidents()->set_class_("scan");
  EXPECT_THAT(text(request), HasSubstr("\nNo incidents.\n"));
}

TEST_F(FindingsTest, ANamedSubjectThatIsNotThereIsNotFound) {
  Capture(CallAndMore());
  FindingsRequest request;
  request.subjects = {"conversation:nobody"};
  const absl::Status status = ReadFindings(gateway_.get(), request).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("conversation:nobody"));
}

TEST_F(FindingsTest, ATruthGivesAScoreOfTheWindowsItKnows) {
  Capture(CallAndMore());
  FindingsRequest request;
  request.truth.emplace();
  request.truth->intervals = {{0, 5 * kSecond, "person", 2}};
  const auto findings = ReadFindings(gateway_.get(), request);
  ASSERT_TRUE(findings.ok()) << findings.status();
  ASSERT_TRUE(findings->scores.contains("presence"));
  EXPECT_EQ(findings->scores.at("presence").windows, 10u);
  EXPECT_EQ(findings->scores.at("presence").outside, 15u);
  request.truth->intervals = {{0, 5 * kSecond, "Person", 7}};
  const absl::Status unknown = ReadFindings(gateway_.get(), request).status();
  EXPECT_TRUE(absl::IsInvalidArgument(unknown));
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("line 7"));
  request.truth->intervals = {{1000 * kSecond, 1001 * kSecond, "person", 2}};
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFindings(gateway_.get(), request).status()));
}

TEST_F(FindingsTest, TheNewestRunIsReadUnlessAnotherIsNamed) {
  Capture(CallAndMore(), "old");
  Capture(FakePacketSource(), "new");
  const auto newest = ReadFindings(gateway_.get(), {});
  ASSERT_TRUE(newest.ok()) << newest.status();
  EXPECT_EQ(newest->run.run(), "new");
  EXPECT_THAT(newest->all, IsEmpty());
  FindingsRequest request;
  request.run = "old";
  EXPECT_THAT(ReadFindings(gateway_.get(), request)->all, SizeIs(2));
  request.run = "none";
  EXPECT_TRUE(absl::IsNotFound(ReadFindings(gateway_.get(), request).status()));
}

TEST_F(FindingsTest, ReportsAreTheSameEveryTime) {
  std::vector<std::string> reports;
  for (const char* run : {"1", "2"}) {
    Capture(CallAndMore(), run);
    const auto findings = ReadFindings(gateway_.get(), {});
    std::ostringstream out;
    WriteJson(*findings, "call.pcap", &out);
    WriteText(*findings, "call.pcap", std::nullopt, Terminal(), &out);
    reports.push_back(out.str());
  }
  EXPECT_EQ(reports[0], reports[1]);
  EXPECT_THAT(reports[0], HasSubstr(kCall));
  EXPECT_THAT(reports[0], HasSubstr("1,225"));
}

TEST_F(FindingsTest, AnEmptyGatewaySaysSo) {
  EXPECT_TRUE(absl::IsNotFound(ReadFindings(gateway_.get(), {}).status()));
}

}  // namespace
}  // namespace silhouette
