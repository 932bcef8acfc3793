#include "cli/incident_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

v1::Incident Scan() {
  v1::Incident incident;
  incident.set_kind("scan");
  incident.set_severity(v1::SEVERITY_HIGH);
  incident.set_device("192.168.1.20");
  incident.set_from_ns(1'700'000'000'000'000'000);
  incident.set_to_ns(1'700'000'005'000'000'000);
  incident.set_evidence("412 peers in 5 s");
  return incident;
}

TEST(IncidentLines, SayWhenHowBadWhatWhoAndWhy) {
  IncidentLines lines(Terminal(), UtcTime, "UTC");
  lines.Fit({Scan()});
  EXPECT_EQ(lines.LineOf(Scan()),
            "2023-11-14 22:13:20  2023-11-14 22:13:25  high      scan      192.168.1.20     "
            "412 peers in 5 s");
  EXPECT_EQ(lines.Heading(),
            "from (UTC)           to                   severity  kind      device           "
            "what it had");
}

TEST(IncidentLines, ColumnsAreAsWideAsWhatTheyHold) {
  v1::Incident wide = Scan();
  wide.set_device("fd00:1234:5678:9abc:def0:1234:5678:9abc");
  wide.set_kind("credential-stuffing");
  IncidentLines lines(Terminal(), UtcTime, "UTC");
  lines.Fit({Scan(), wide});
  const auto evidence = [&](const v1::Incident& each) { return lines.LineOf(each).find("412"); };
  EXPECT_EQ(evidence(wide), evidence(Scan()));
  EXPECT_EQ(evidence(wide), lines.Heading().find("what"));
}

TEST(IncidentLines, SeverityIsTextAndOnATerminalAColour) {
  Terminal terminal;
  terminal.colors = true;
  const IncidentLines lines(
      terminal, [](int64_t ns) { return absl::StrCat(ns); }, "");
  EXPECT_THAT(lines.LineOf(Scan()), HasSubstr("\033[31mhigh"));
  EXPECT_EQ(SeverityName(v1::SEVERITY_UNSPECIFIED), "low");
}

TEST(IncidentLines, WithoutEvidenceThereIsADash) {
  v1::Incident incident = Scan();
  incident.clear_evidence();
  const IncidentLines lines(Terminal(), UtcTime, "UTC");
  EXPECT_TRUE(lines.LineOf(incident).ends_with("  -"));
}

}  // namespace
}  // namespace silhouette
