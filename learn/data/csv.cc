#include "learn/data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/files.h"
#include "common/text.h"

namespace silhouette {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

absl::Status LineError(const std::string& path, size_t line, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ":", line, ": ", what));
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes one cell and the comma after it off the front of `rest`; nothing where a quote is wrong.
bool TakeCell(std::string_view* rest, std::string* cell, bool* more) {
  cell->clear();
  rest->remove_prefix(std::min(rest->find_first_not_of(" \t"), rest->size()));
  const bool quoted = !rest->empty() && rest->front() == '"';
  if (quoted) {
    rest->remove_prefix(1);
    for (;; rest->remove_prefix(1)) {
      if (rest->empty()) return false;
      if (rest->front() == '"') {
        rest->remove_prefix(1);
        if (rest->empty() || rest->front() != '"') break;
      }
      cell->push_back(rest->front());
    }
  }
  const size_t comma = std::min(rest->find(','), rest->size());
  const std::string_view plain = Trimmed(rest->substr(0, comma));
  if (quoted && !plain.empty()) return false;
  cell->append(plain);
  *more = comma < rest->size();
  rest->remove_prefix(std::min(comma + 1, rest->size()));
  return true;
}

bool SplitLine(std::string_view text, std::vector<std::string>* cells) {
  bool more = true;
  while (more) {
    std::string cell;
    if (!TakeCell(&text, &cell, &more)) return false;
    cells->push_back(std::move(cell));
  }
  return true;
}

template <typename T>
bool ParseWhole(std::string_view text, T* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

absl::Status AddLine(std::string_view text, size_t line, CsvTable* table) {
  // Cells become names of classes in protos and JSON, which take nothing else.
  if (ToUtf8(text) != text) {
    return LineError(table->path, line, "text that is not UTF-8; save the file as UTF-8");
  }
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (Trimmed(text).empty()) return absl::OkStatus();
  if (text.front() == '#') {
    table->comments.emplace_back(text);
    return absl::OkStatus();
  }
  CsvRow row{line, {}};
  if (!SplitLine(text, &row.cells)) {
    return LineError(table->path, line,
                     "a quote does not end, or text stands beside it; quote the whole cell and "
                     "write \"\" for a quote inside");
  }
  if (table->header.line == 0) {
    table->header = std::move(row);
    return absl::OkStatus();
  }
  const size_t width = table->header.cells.size();
  if (row.cells.size() != width) {
    return LineError(table->path, line,
                     absl::StrCat(row.cells.size(), " columns, but the header has ", width,
                                  "; give each row a value for every column"));
  }
  table->rows.push_back(std::move(row));
  return absl::OkStatus();
}

}  // namespace

bool CsvTable::simulated() const {
  return std::any_of(comments.begin(), comments.end(),
                     [](const std::string& c) { return c.starts_with("# simulated"); });
}

absl::StatusOr<size_t> CsvTable::Column(std::string_view name) const {
  const auto found = std::find(header.cells.begin(), header.cells.end(), name);
  if (found == header.cells.end()) {
    return LineError(path, header.line,
                     absl::StrCat("no column \"", std::string(name), "\"; the header has ",
                                  absl::StrJoin(header.cells, ",")));
  }
  return static_cast<size_t>(found - header.cells.begin());
}

absl::StatusOr<double> CsvTable::Number(const CsvRow& row, size_t column) const {
  double value = 0;
  const std::string& cell = row.cells[column];
  if (!ParseWhole(cell, &value) || !std::isfinite(value)) {
    return CellError(row, column,
                     absl::StrCat("\"", cell, "\" is not a number; write a finite decimal one"));
  }
  return value;
}

absl::StatusOr<int64_t> CsvTable::Integer(const CsvRow& row, size_t column) const {
  int64_t value = 0;
  const std::string& cell = row.cells[column];
  if (!ParseWhole(cell, &value)) {
    return CellError(row, column,
                     absl::StrCat("\"", cell, "\" is not an integer; write a whole number"));
  }
  return value;
}

absl::Status CsvTable::CellError(const CsvRow& row, size_t column, std::string_view what) const {
  return LineError(path, row.line,
                   absl::StrCat("column ", header.cells[column], ": ", std::string(what)));
}

namespace {

// By the magic numbers of pcap, in both orders and with nanoseconds, and of pcapng.
bool LooksLikeCapture(std::string_view content) {
  for (std::string_view magic : {"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d",
                                 "\x4d\x3c\xb2\xa1", "\x0a\x0d\x0d\x0a"}) {
    if (content.starts_with(magic)) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<CsvTable> ReadCsv(const std::string& path) {
  absl::StatusOr<std::string> content = ReadFile(path);
  if (!content.ok()) return content.status();
  std::string_view rest = *content;
  if (LooksLikeCapture(rest)) {
    return absl::InvalidArgumentError(path + ": is a capture and no table; give it by --pcap");
  }
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  CsvTable table;
  table.path = path;
  for (size_t line = 1; !rest.empty(); ++line) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (absl::Status s = AddLine(rest.substr(0, end), line, &table); !s.ok()) return s;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (table.header.line == 0) {
    return LineError(path, 1, "no header; begin with a line that names the columns");
  }
  return table;
}

}  // namespace silhouette
