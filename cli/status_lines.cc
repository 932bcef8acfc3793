#include "cli/status_lines.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/status_figures.h"

namespace silhouette {
namespace {

constexpr int kRed = 1, kGreen = 2, kYellow = 3;
constexpr size_t kColumns = 5;  // those that are aligned; the figures follow

// A line of the table.
struct Row {
  std::array<std::string, kColumns> cells;
  int state_color = -1;
  std::string rest;
};

Row RowOf(const v1::ServiceStatus& status, const std::string& gateway, int64_t now_ns,
          const Terminal& terminal) {
  const std::string& address = status.address().empty() ? gateway : status.address();
  if (!status.unavailable().empty()) {
    return {{status.service(), address, "unavailable", "", ""},
            kRed,
            Paint(terminal, kRed, status.unavailable())};
  }
  return {{status.service(), address, status.serving() ? "serving" : "not serving",
           status.version(), TimeSince(status.started_ns(), now_ns)},
          status.serving() ? kGreen : kYellow,
          StatusFigures(status, now_ns, terminal)};
}

// Columns are as wide as what is in them, whatever its colour.
std::string LineOf(const Row& row, const std::array<size_t, kColumns>& widths,
                   const Terminal& terminal) {
  std::string line;
  for (size_t i = 0; i < kColumns; ++i) {
    const std::string padding(widths[i] - row.cells[i].size() + 2, ' ');
    const bool is_state = i == 2 && row.state_color >= 0;
    absl::StrAppend(&line, is_state ? Paint(terminal, row.state_color, row.cells[i]) : row.cells[i],
                    padding);
  }
  absl::StrAppend(&line, row.rest);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string StatusTable(const v1::GetStatusResponse& response, const std::string& gateway,
                        int64_t now_ns, const Terminal& terminal) {
  std::vector<Row> rows = {{{"SERVICE", "ADDRESS", "STATE", "VERSION", "UP FOR"}, -1, ""}};
  for (const v1::ServiceStatus& status : response.services()) {
    rows.push_back(RowOf(status, gateway, now_ns, terminal));
  }
  std::array<size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row.cells[i].size());
  }
  std::string table;
  for (const Row& row : rows) table += LineOf(row, widths, terminal);
  return table;
}

bool AllServe(const v1::GetStatusResponse& response) {
  return std::all_of(response.services().begin(), response.services().end(),
                     [](const v1::ServiceStatus& status) { return status.serving(); });
}

std::string TimeSince(int64_t start_ns, int64_t now_ns) {
  const int64_t seconds = std::max<int64_t>(0, (now_ns - start_ns) / 1'000'000'000);
  const int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (hours < 1) return absl::StrCat(minutes, " min");
  if (days < 1) return absl::StrFormat("%d h %02d min", hours, minutes % 60);
  return absl::StrCat(days, " d ", hours % 24, " h");
}

}  // namespace silhouette
