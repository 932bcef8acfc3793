#include "learn/data/truth.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "learn/data/csv.h"

namespace silhouette {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr size_t kNanoDigits = 9;
enum Column : size_t { kStart, kEnd, kLabel };

bool AllDigits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

absl::StatusOr<Truth> ParseHeader(const CsvTable& table) {
  Truth truth;
  truth.comments = table.comments;
  truth.simulated = table.simulated();
  const std::string header = absl::StrJoin(table.header.cells, ",");
  truth.absolute = header == "start_ns,end_ns,label";
  if (!truth.absolute && header != "start_s,end_s,label") {
    return absl::InvalidArgumentError(absl::StrCat(
        table.path, ":", table.header.line, ": \"", header,
        "\" is no header of a truth file; begin with start_s,end_s,label (seconds from the grid "
        "edge before the first packet) or start_ns,end_ns,label (since the Unix epoch)"));
  }
  return truth;
}

absl::StatusOr<int64_t> ParseTime(const CsvTable& table, const CsvRow& row, Column column,
                                  bool absolute) {
  if (absolute) return table.Integer(row, column);
  absl::StatusOr<int64_t> time = ParseSecondsExactly(row.cells[column]);
  if (!time.ok()) return table.CellError(row, column, std::string(time.status().message()));
  return time;
}

absl::StatusOr<TruthInterval> ParseInterval(const CsvTable& table, const CsvRow& row,
                                            bool absolute) {
  const absl::StatusOr<int64_t> start = ParseTime(table, row, kStart, absolute);
  if (!start.ok()) return start.status();
  const absl::StatusOr<int64_t> end = ParseTime(table, row, kEnd, absolute);
  if (!end.ok()) return end.status();
  if (*end <= *start) {
    return table.CellError(
        row, kEnd,
        absl::StrCat("the interval is ", *end == *start ? "empty" : "reversed", ", from ",
                     row.cells[kStart], " to ", row.cells[kEnd], "; it must end after its start"));
  }
  if (row.cells[kLabel].empty()) {
    return table.CellError(row, kLabel, "empty label; say what was so, or remove the row");
  }
  return TruthInterval{*start, *end, row.cells[kLabel], row.line};
}

absl::Status SortWithoutOverlap(const CsvTable& table, std::vector<TruthInterval>* intervals) {
  std::sort(intervals->begin(), intervals->end(),
            [](const TruthInterval& a, const TruthInterval& b) { return a.start_ns < b.start_ns; });
  for (size_t i = 1; i < intervals->size(); ++i) {
    const TruthInterval& earlier = (*intervals)[i - 1];
    const TruthInterval& later = (*intervals)[i];
    if (later.start_ns >= earlier.end_ns) continue;
    const auto [first, second] = std::minmax(earlier.line, later.line);
    return absl::InvalidArgumentError(absl::StrCat(table.path, ":", second,
                                                   ": the interval overlaps that of line ", first,
                                                   "; let one end where the other starts"));
  }
  return absl::OkStatus();
}

// Relative times are not negative.
std::string FormatTime(int64_t time_ns, bool absolute) {
  if (absolute) return absl::StrCat(time_ns);
  return absl::StrFormat("%d.%09d", time_ns / kNanosPerSecond, time_ns % kNanosPerSecond);
}

// Quoted where a plain cell would be read as another label.
std::string FormatLabel(const std::string& label) {
  const bool plain = !label.empty() && label.find_first_of(",\"") == std::string::npos &&
                     label.front() != ' ' && label.front() != '\t' && label.back() != ' ' &&
                     label.back() != '\t';
  if (plain) return label;
  return absl::StrCat("\"", absl::StrReplaceAll(label, {{"\"", "\"\""}}), "\"");
}

}  // namespace

absl::StatusOr<int64_t> ParseSecondsExactly(std::string_view text) {
  const std::string quoted = absl::StrCat("\"", std::string(text), "\"");
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  if (whole.empty() || (point < text.size() && fraction.empty()) || !AllDigits(whole) ||
      !AllDigits(fraction)) {
    return absl::InvalidArgumentError(
        absl::StrCat(quoted, " is not a number of seconds; write one as 60.5"));
  }
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.size() > kNanoDigits) {
    return absl::InvalidArgumentError(
        absl::StrCat(quoted, " is finer than a nanosecond; write at most nine decimals"));
  }
  int64_t seconds = 0;
  int64_t nanos = 0;
  std::string padded(fraction);
  padded.resize(kNanoDigits, '0');
  if (!absl::SimpleAtoi(std::string(whole), &seconds) || !absl::SimpleAtoi(padded, &nanos) ||
      __builtin_mul_overflow(seconds, kNanosPerSecond, &seconds) ||
      __builtin_add_overflow(seconds, nanos, &nanos)) {
    return absl::InvalidArgumentError(
        absl::StrCat(quoted, " seconds are too many; the most is 9223372036"));
  }
  return nanos;
}

const TruthInterval* Truth::IntervalAt(int64_t time_ns, int64_t origin_edge_ns) const {
  int64_t time = time_ns;
  if (!absolute && __builtin_sub_overflow(time_ns, origin_edge_ns, &time)) return nullptr;
  const auto after = std::upper_bound(
      intervals.begin(), intervals.end(), time,
      [](int64_t t, const TruthInterval& interval) { return t < interval.start_ns; });
  if (after == intervals.begin() || time >= (after - 1)->end_ns) return nullptr;
  return &*(after - 1);
}

std::optional<std::string> Truth::LabelAt(int64_t time_ns, int64_t origin_edge_ns) const {
  const TruthInterval* interval = IntervalAt(time_ns, origin_edge_ns);
  if (interval == nullptr) return std::nullopt;
  return interval->label;
}

absl::StatusOr<Truth> ReadTruth(const std::string& path) {
  const absl::StatusOr<CsvTable> table = ReadCsv(path);
  if (!table.ok()) return table.status();
  absl::StatusOr<Truth> truth = ParseHeader(*table);
  if (!truth.ok()) return truth;
  for (const CsvRow& row : table->rows) {
    absl::StatusOr<TruthInterval> interval = ParseInterval(*table, row, truth->absolute);
    if (!interval.ok()) return interval.status();
    truth->intervals.push_back(*std::move(interval));
  }
  if (truth->intervals.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", table->header.line,
                     ": no interval after the header; add rows as 0.0,60.5,person"));
  }
  if (absl::Status s = SortWithoutOverlap(*table, &truth->intervals); !s.ok()) return s;
  return truth;
}

std::string FormatTruth(const Truth& truth) {
  std::string text;
  for (const std::string& comment : truth.comments) absl::StrAppend(&text, comment, "\n");
  text += truth.absolute ? "start_ns,end_ns,label\n" : "start_s,end_s,label\n";
  for (const TruthInterval& interval : truth.intervals) {
    absl::StrAppend(&text, FormatTime(interval.start_ns, truth.absolute), ",",
                    FormatTime(interval.end_ns, truth.absolute), ",", FormatLabel(interval.label),
                    "\n");
  }
  return text;
}

}  // namespace silhouette
