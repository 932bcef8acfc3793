#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "silhouette/v1/incident.pb.h"

namespace silhouette {

// "low", "medium" or "high".
std::string SeverityName(v1::Severity severity);

// "2026-05-03 12:00:01" in UTC.
std::string UtcTime(int64_t time_ns);

// Incidents as lines of a table.
class IncidentLines {
 public:
  using TimeText = std::function<std::string(int64_t time_ns)>;

  // `zone` stands in the heading, as "UTC"; it may be empty.
  IncidentLines(const Terminal& terminal, TimeText time, std::string zone)
      : terminal_(terminal), time_(std::move(time)), zone_(std::move(zone)) {}

  // Makes columns as wide as these need them.
  void Fit(const std::vector<v1::Incident>& incidents);

  // Without their ends.
  std::string Heading() const;
  std::string LineOf(const v1::Incident& incident) const;

 private:
  std::string Row(const std::string& from, const std::string& to, const std::string& severity,
                  const std::string& kind, const std::string& device) const;

  const Terminal terminal_;
  const TimeText time_;
  const std::string zone_;
  size_t time_columns_ = 10, kind_columns_ = 8, device_columns_ = 15;
};

}  // namespace silhouette
