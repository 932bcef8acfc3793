#include "cli/json_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "common/accounting.h"

namespace silhouette {
namespace {

using nlohmann::json;

// Two windows of one subject, with a score.
Findings Some() {
  Findings findings;
  findings.run.mutable_accounting()->set_received(10);
  findings.run.mutable_accounting()->set_windowed(7);
  AddFiltered(findings.run.mutable_accounting(), "not_ip", 1);
  AddFiltered(findings.run.mutable_accounting(), "not_asked", 2);
  findings.zero_ns = 1'700'000'000'000'000'000;
  SubjectFindings subject;
  subject.subject = "conversation:\"a\"-b/udp";
  subject.model = "presence";
  for (int64_t i = 0; i < 2; ++i) {
    v1::Verdict& verdict = subject.verdicts.emplace_back();
    verdict.set_subject(subject.subject);
    verdict.set_model("presence");
    verdict.set_version("1");
    verdict.set_window_start_ns(findings.zero_ns + i * 500'000'000);
    verdict.set_window_end_ns(findings.zero_ns + (i + 1) * 500'000'000);
    verdict.set_class_("person");
    verdict.set_probability(0.1f);
    verdict.set_schema("presence.v1");
    for (int f = 0; f < 9; ++f) verdict.add_features(f + 0.25);
    findings.verdicts.push_back(verdict);
  }
  v1::Segment* segment = subject.timeline.add_segments();
  segment->set_class_("person");
  segment->set_windows(2);
  segment->set_confidence(0.5);
  subject.shape.set_why("because");
  findings.all = {{"a", subject.shape}, {"b", subject.shape}, {"c", subject.shape}};
  findings.shown.push_back(subject);
  findings.scores["presence"] =
      Score{2, 0, {{{"person", "person"}, 1}, {{"person", "background"}, 1}}, {}};
  return findings;
}

std::vector<json> Lines(const Findings& findings, const std::string& source = "call.pcap") {
  std::ostringstream out;
  WriteJson(findings, source, &out);
  std::vector<json> lines;
  std::istringstream in(out.str());
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  EXPECT_EQ(out.str().back(), '\n');
  return lines;
}

TEST(JsonReport, IsOneLineAVerdictAndASummaryAtTheEnd) {
  const auto lines = Lines(Some());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[0].contains("verdict"));
  EXPECT_TRUE(lines[1].contains("verdict"));
  EXPECT_TRUE(lines[2].contains("summary"));
}

TEST(JsonReport, AVerdictHasItsTimesInWholeNanosecondsAndItsFeaturesByName) {
  const json verdict = Lines(Some())[1]["verdict"];
  EXPECT_EQ(verdict["subject"], "conversation:\"a\"-b/udp");
  EXPECT_EQ(verdict["window_start_ns"].get<int64_t>(), 1'700'000'000'500'000'000);
  EXPECT_EQ(verdict["window_end_ns"].get<int64_t>(), 1'700'000'001'000'000'000);
  EXPECT_EQ(verdict["class"], "person");
  EXPECT_EQ(verdict["probability"].dump(), "0.1") << "and not 0.10000000149011612";
  EXPECT_EQ(verdict["features"].size(), 9u);
  EXPECT_EQ(verdict["features"]["size_mean"], 0.25);
  EXPECT_EQ(verdict["features"]["total_packets"], 8.25);
  EXPECT_EQ(verdict["model"], "presence");
  EXPECT_EQ(verdict["version"], "1");
  EXPECT_FALSE(verdict.contains("partial"));
}

TEST(JsonReport, TheSummaryAccountsForEveryPacket) {
  const json packets = Lines(Some())[2]["summary"]["packets"];
  EXPECT_EQ(packets["received"], 10);
  EXPECT_EQ(packets["windowed"], 7);
  EXPECT_EQ(packets["filtered"], 3);
  EXPECT_EQ(packets["filtered_by_reason"]["not_asked"], 2);
  EXPECT_EQ(packets["pending"], 0);
}

TEST(JsonReport, TheSummaryHasSubjectsSegmentsAndScore) {
  const json summary = Lines(Some())[2]["summary"];
  EXPECT_EQ(summary["source"], "call.pcap");
  EXPECT_FALSE(summary.contains("cut"));
  EXPECT_EQ(summary["windows"], 2);
  EXPECT_EQ(summary["conversations"], 3);
  ASSERT_EQ(summary["subjects"].size(), 1u);
  EXPECT_EQ(summary["subjects"][0]["windows"], 2);
  EXPECT_EQ(summary["subjects"][0]["why"], "because");
  EXPECT_EQ(summary["subjects"][0]["segments"][0]["class"], "person");
  EXPECT_EQ(summary["scored_windows"], 2);
  EXPECT_EQ(summary["accuracy"], 0.5);
  EXPECT_EQ(summary["confusion"]["person"]["background"], 1);
}

TEST(JsonReport, IncidentsComeBehindTheVerdictsAndBeforeTheSummary) {
  Findings findings = Some();
  v1::Incident& incident = findings.incidents.emplace_back();
  incident.set_kind("scan");
  incident.set_severity(v1::SEVERITY_HIGH);
  incident.set_device("192.168.1.20");
  incident.set_subject("device:192.168.1.20");
  incident.set_from_ns(1'700'000'000'000'000'001);
  incident.set_to_ns(1'700'000'005'000'000'000);
  incident.set_evidence("412 peers in 5 s");
  incident.set_windows(3);
  incident.set_probability(0.1f);
  incident.set_model("devices");
  incident.set_version("2");
  const auto lines = Lines(findings);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[2].dump(),
            R"({"incident":{"device":"192.168.1.20","evidence":"412 peers in 5 s",)"
            R"("from_ns":1700000000000000001,"kind":"scan","model":"devices","probability":0.1,)"
            R"("severity":"high","subject":"device:192.168.1.20","to_ns":1700000005000000000,)"
            R"("version":"2","windows":3}})");
  EXPECT_TRUE(lines[3].contains("summary"));
}

TEST(JsonReport, ACutIsSaidAndWithoutATruthThereIsNoScore) {
  Findings findings = Some();
  findings.scores.clear();
  findings.run.set_incomplete("cut at byte 9");
  const json summary = Lines(findings, "x").back()["summary"];
  EXPECT_EQ(summary["cut"], "cut at byte 9");
  EXPECT_FALSE(summary.contains("accuracy"));
}

TEST(JsonReport, AFileNameThatIsNotUtf8DoesNotBreakIt) {
  std::ostringstream out;
  EXPECT_NO_THROW(WriteJson(Some(), "caf\xe9.pcap", &out));
}

}  // namespace
}  // namespace silhouette
