#include "cli/report_flags.h"

#include <unistd.h>

#include <iostream>

#include "absl/strings/match.h"
#include "cli/json_report.h"
#include "cli/text_report.h"
#include "common/log.h"

namespace silhouette {

void AddReportFlags(CLI::App* app, ReportFlags* flags) {
  app->add_option("--truth", flags->truth,
                  "What really happened, to score against: CSV with start_s,end_s,label or "
                  "start_ns,end_ns,label")
      ->type_name("CSV");
  app->add_flag("--all", flags->all, "Show every subject, not only what looks like a call");
  app->add_option("--subject", flags->subjects,
                  "Show exactly this subject, as conversation:192.168.1.20-203.0.113.7/udp or "
                  "device:192.168.1.20")
      ->type_name("NAME");
  app->add_flag("--json", flags->json,
                "JSON Lines: {\"verdict\":…} for each window, {\"incident\":…} for each incident, "
                "{\"summary\":…} at the end");
}

absl::StatusOr<std::optional<Truth>> ReadTruthFlag(const ReportFlags& flags) {
  if (flags.truth.empty()) return std::nullopt;
  auto truth = ReadTruth(flags.truth);
  if (!truth.ok()) return truth.status();
  return std::optional<Truth>(*std::move(truth));
}

absl::Status PrintReport(GatewayClient* gateway, const ReportFlags& flags,
                         const std::string& origin, const std::string& run,
                         const std::string& source, const std::optional<Truth>& truth,
                         const std::vector<v1::ModelManifest>& models) {
  auto findings = ReadFindings(gateway, {origin, run, flags.all, flags.subjects, truth, models});
  if (!findings.ok()) return findings.status();
  if (flags.json) {
    WriteJson(*findings, source, &std::cout);
  } else {
    WriteText(*findings, source, truth, DescribeTerminal(STDOUT_FILENO), &std::cout);
  }
  std::cout.flush();
  if (!std::cout) return absl::UnavailableError("standard output cannot be written");
  return absl::OkStatus();
}

int ReportFailure(const std::string& command, const absl::Status& status) {
  TellFailure("silhouette " + command, status);
  return absl::IsInvalidArgument(status) && absl::StartsWith(status.message(), "--") ? 2 : 1;
}

}  // namespace silhouette
