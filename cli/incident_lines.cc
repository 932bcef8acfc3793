#include "cli/incident_lines.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace silhouette {
namespace {

constexpr size_t kSeverityColumns = 8;
constexpr int kRed = 1, kYellow = 3;

}  // namespace

std::string SeverityName(v1::Severity severity) {
  if (severity == v1::SEVERITY_HIGH) return "high";
  return severity == v1::SEVERITY_MEDIUM ? "medium" : "low";
}

std::string UtcTime(int64_t time_ns) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixNanos(time_ns), absl::UTCTimeZone());
}

void IncidentLines::Fit(const std::vector<v1::Incident>& incidents) {
  for (const v1::Incident& incident : incidents) {
    time_columns_ =
        std::max({time_columns_, time_(incident.from_ns()).size(), time_(incident.to_ns()).size()});
    kind_columns_ = std::max(kind_columns_, incident.kind().size());
    device_columns_ = std::max(device_columns_, incident.device().size());
  }
}

std::string IncidentLines::Row(const std::string& from, const std::string& to,
                               const std::string& severity, const std::string& kind,
                               const std::string& device) const {
  return absl::StrFormat("%-*s  %-*s  %s  %-*s  %-*s  ", static_cast<int>(time_columns_), from,
                         static_cast<int>(time_columns_), to, severity,
                         static_cast<int>(kind_columns_), kind, static_cast<int>(device_columns_),
                         device);
}

std::string IncidentLines::Heading() const {
  const std::string zone = zone_.empty() ? "" : absl::StrCat(" (", zone_, ")");
  return Bold(terminal_,
              absl::StrCat(Row(absl::StrCat("from", zone), "to", "severity", "kind", "device"),
                           "what it had"));
}

std::string IncidentLines::LineOf(const v1::Incident& incident) const {
  std::string severity = SeverityName(incident.severity());
  severity.resize(kSeverityColumns, ' ');
  if (incident.severity() == v1::SEVERITY_HIGH) severity = Paint(terminal_, kRed, severity);
  if (incident.severity() == v1::SEVERITY_MEDIUM) severity = Paint(terminal_, kYellow, severity);
  return absl::StrCat(Row(time_(incident.from_ns()), time_(incident.to_ns()), severity,
                          incident.kind(), incident.device()),
                      incident.evidence().empty() ? "-" : incident.evidence());
}

}  // namespace silhouette
