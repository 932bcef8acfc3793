#include "learn/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/duration.h"
#include "common/grid.h"
#include "common/hash.h"

namespace silhouette {
namespace {

constexpr const char* kBookkeeping[] = {"window",   "subject", "start_s", "end_s",
                                        "start_ns", "end_ns",  "partial"};

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::StatusOr<std::vector<std::string>> ClassNames(const std::vector<CsvTable>& tables,
                                                    const DatasetColumns& columns) {
  if (absl::Status s = CheckClassNames(columns.classes); !s.ok()) return s;
  if (!columns.classes.empty()) return columns.classes;
  std::set<std::string> names;
  for (const CsvTable& table : tables) {
    const absl::StatusOr<size_t> label = table.Column(columns.label);
    if (!label.ok()) return label.status();
    for (const CsvRow& row : table.rows) names.insert(row.cells[*label]);
  }
  names.erase("");  // an error of its row
  return std::vector<std::string>(names.begin(), names.end());
}

// Each column that all tables have and that nothing else is said of, in the order of the first.
absl::StatusOr<std::vector<std::string>> CommonFeatures(const std::vector<CsvTable>& tables,
                                                        const DatasetColumns& columns) {
  std::set<std::string> taken(columns.ignored.begin(), columns.ignored.end());
  for (const std::string& name : columns.ignored) {
    const bool anywhere = std::any_of(tables.begin(), tables.end(), [&](const CsvTable& table) {
      return Contains(table.header.cells, name);
    });
    if (!anywhere) return tables[0].Column(name).status();
  }
  taken.insert(columns.marks.begin(), columns.marks.end());
  taken.insert(std::begin(kBookkeeping), std::end(kBookkeeping));
  taken.insert({columns.label, columns.blocks});
  std::vector<std::string> names;
  for (const std::string& name : tables[0].header.cells) {
    const bool everywhere = std::all_of(tables.begin(), tables.end(), [&](const CsvTable& table) {
      return Contains(table.header.cells, name);
    });
    if (everywhere && !taken.contains(name)) names.push_back(name);
  }
  if (!names.empty()) return names;
  return absl::InvalidArgumentError(absl::StrCat(tables[0].path, ":", tables[0].header.line,
                                                 ": no column is left for a feature",
                                                 tables.size() > 1 ? " that all files have" : ""));
}

// Where a table has what a data set needs.
struct Columns {
  std::vector<size_t> features;
  size_t label;
  std::optional<size_t> blocks, window, start_ns, subject;
  std::vector<size_t> marks;
};

absl::StatusOr<Columns> FindColumns(const CsvTable& table, const DatasetColumns& asked,
                                    const std::vector<std::string>& features) {
  Columns found;
  const auto find_all = [&table](const std::vector<std::string>& names,
                                 std::vector<size_t>* places) {
    for (const std::string& name : names) {
      const absl::StatusOr<size_t> column = table.Column(name);
      if (!column.ok()) return column.status();
      places->push_back(*column);
    }
    return absl::OkStatus();
  };
  if (absl::Status s = find_all(features, &found.features); !s.ok()) return s;
  if (absl::Status s = find_all(asked.marks, &found.marks); !s.ok()) return s;
  const absl::StatusOr<size_t> label = table.Column(asked.label);
  if (!label.ok()) return label.status();
  found.label = *label;
  if (!asked.blocks.empty()) {
    const absl::StatusOr<size_t> blocks = table.Column(asked.blocks);
    if (!blocks.ok()) return blocks.status();
    found.blocks = *blocks;
  }
  if (const auto window = table.Column("window"); window.ok()) found.window = *window;
  if (const auto start = table.Column("start_ns"); start.ok()) found.start_ns = *start;
  if (const auto subject = table.Column("subject"); subject.ok()) found.subject = *subject;
  return found;
}

// Fills a data set from one table after the other.
class Reader {
 public:
  Reader(const DatasetColumns& asked, Dataset* data) : asked_(asked), data_(data) {}

  absl::Status Add(const CsvTable& table) {
    const auto columns = FindColumns(table, asked_, data_->feature_names);
    if (!columns.ok()) return columns.status();
    if (table.rows.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(table.path, ":", table.header.line,
                                                     ": no rows after the header; add windows"));
    }
    data_->simulated |= table.simulated();
    data_->source_names.push_back(std::filesystem::path(table.path).filename().string());
    const std::vector<const CsvRow*> rows = BySubject(table, *columns);
    if (absl::Status s = FindHop(table, *columns, rows); !s.ok()) return s;
    for (const CsvRow* row : rows) {
      if (absl::Status s = AddRow(table, *columns, *row); !s.ok()) return s;
    }
    last_subject_.reset();
    return absl::OkStatus();
  }

 private:
  // The least time between the starts of neighbouring rows.
  absl::Status FindHop(const CsvTable& table, const Columns& columns,
                       const std::vector<const CsvRow*>& rows) {
    hop_ns_ = 0;
    if (columns.window || !columns.start_ns) return absl::OkStatus();
    std::optional<int64_t> last;
    for (const CsvRow* row : rows) {
      const absl::StatusOr<int64_t> start = table.Integer(*row, *columns.start_ns);
      if (!start.ok()) return start.status();
      const int64_t hop = last ? *start - *last : 0;
      if (hop > 0 && (hop_ns_ == 0 || hop < hop_ns_)) hop_ns_ = hop;
      last = *start;
    }
    if (hop_ns_ > 0 && (data_->hop_ns == 0 || hop_ns_ < data_->hop_ns)) data_->hop_ns = hop_ns_;
    return absl::OkStatus();
  }

  // The rows of one subject together, each in the order of the file.
  static std::vector<const CsvRow*> BySubject(const CsvTable& table, const Columns& columns) {
    std::vector<const CsvRow*> rows;
    for (const CsvRow& row : table.rows) rows.push_back(&row);
    if (!columns.subject) return rows;
    std::stable_sort(rows.begin(), rows.end(), [&](const CsvRow* a, const CsvRow* b) {
      return a->cells[*columns.subject] < b->cells[*columns.subject];
    });
    return rows;
  }

  absl::Status AddRow(const CsvTable& table, const Columns& columns, const CsvRow& row) {
    if (absl::Status s = AddFeatures(table, row, columns.features); !s.ok()) return s;
    if (absl::Status s = AddLabel(table, row, columns.label); !s.ok()) return s;
    data_->line.push_back(row.line);
    data_->source.push_back(data_->source_names.size() - 1);
    if (columns.blocks) {
      const auto key = std::pair(data_->source.back(), row.cells[*columns.blocks]);
      data_->block.push_back(blocks_.try_emplace(key, blocks_.size()).first->second);
    }
    for (size_t i = 0; i < columns.marks.size(); ++i) {
      const absl::StatusOr<int64_t> mark = table.Integer(row, columns.marks[i]);
      if (!mark.ok()) return mark.status();
      if (*mark != 0 && *mark != 1) {
        return table.CellError(row, columns.marks[i], "write 1 for a test row and 0 for others");
      }
      data_->marks[i].is_test.push_back(*mark == 1);
    }
    return AddPlace(table, row, columns);
  }

  absl::Status AddPlace(const CsvTable& table, const CsvRow& row, const Columns& columns) {
    const std::string subject = columns.subject ? row.cells[*columns.subject] : "";
    const bool is_first = last_subject_ != subject;
    last_subject_ = subject;
    int64_t window = is_first ? 0 : data_->window.back() + 1;
    if (columns.window) {
      const absl::StatusOr<int64_t> number = table.Integer(row, *columns.window);
      if (!number.ok()) return number.status();
      window = *number;
    } else if (hop_ns_ > 0) {
      const absl::StatusOr<int64_t> start = table.Integer(row, *columns.start_ns);
      if (!start.ok()) return start.status();
      window = Grid{0, hop_ns_}.IndexOf(*start);
    }
    // Where the numbers fall back, another recording begins.
    const bool begins = is_first || window <= data_->window.back();
    sequences_ += begins ? 1 : 0;
    data_->sequence.push_back(sequences_ - 1);
    data_->window.push_back(window);
    return absl::OkStatus();
  }

  absl::Status AddLabel(const CsvTable& table, const CsvRow& row, size_t column) {
    const std::string& cell = row.cells[column];
    if (cell.empty()) return table.CellError(row, column, "empty label; name the window's class");
    const auto& classes = data_->classes;
    const auto named = std::find(classes.begin(), classes.end(), cell);
    auto index = static_cast<size_t>(named - classes.begin());
    if (named == classes.end() && (!absl::SimpleAtoi(cell, &index) || index >= classes.size())) {
      return table.CellError(
          row, column,
          absl::StrCat("\"", cell, "\" is no class; write ", absl::StrJoin(classes, ", "),
                       " or an index from 0 to ", classes.size() - 1));
    }
    data_->label.push_back(static_cast<int>(index));
    return absl::OkStatus();
  }

  absl::Status AddFeatures(const CsvTable& table, const CsvRow& row,
                           const std::vector<size_t>& columns) {
    for (size_t column : columns) {
      const absl::StatusOr<double> value = table.Number(row, column);
      if (!value.ok()) return value.status();
      // The trees compare 32-bit floats.
      if (std::abs(*value) > std::numeric_limits<float>::max()) {
        return table.CellError(row, column,
                               absl::StrCat(row.cells[column], " is too large; check its unit"));
      }
      data_->features.push_back(*value);
    }
    return absl::OkStatus();
  }

  const DatasetColumns& asked_;
  Dataset* const data_;
  std::map<std::pair<size_t, std::string>, int64_t> blocks_;
  std::optional<std::string> last_subject_;  // of this table
  int64_t hop_ns_ = 0;                       // of this table; 0: unknown
  size_t sequences_ = 0;
};

// The greatest of the schemas whose features are all among the data's, as its windows know that
// much; unset where there is no such schema.
std::optional<int64_t> MarginOfFeatures(const Dataset& data) {
  const std::set<std::string> there(data.feature_names.begin(), data.feature_names.end());
  std::optional<int64_t> margin;
  for (const FeatureSchema& schema : AllSchemas()) {
    const auto columns = FeatureColumns(schema);
    const bool all = std::all_of(columns.begin(), columns.end(),
                                 [&](const std::string& name) { return there.contains(name); });
    const auto length_ns = data.hop_ns > 0 ? absl::StatusOr<int64_t>(data.hop_ns)
                                           : ParseDurationNs(schema.usual_window);
    if (!all || !length_ns.ok()) continue;
    margin = std::max(margin.value_or(0), MarginOf(schema, *length_ns));
  }
  return margin;
}

absl::Status CheckClasses(const std::vector<CsvTable>& tables, const std::string& label,
                          const Dataset& data) {
  const std::string trouble = ClassTrouble(data);
  if (trouble.empty()) return absl::OkStatus();
  const CsvTable& table = tables[0];
  return absl::InvalidArgumentError(
      absl::StrCat(table.path, ":", table.rows.front().line, " to ", table.rows.back().line,
                   tables.size() > 1 ? " and the other files" : "", ": column ", label, ": ",
                   trouble, "; give rows of two classes or more, all named"));
}

}  // namespace

std::vector<size_t> AllRows(const Dataset& data) {
  std::vector<size_t> all(data.rows());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::vector<size_t> RowsByClass(const Dataset& data, std::span<const size_t> rows) {
  std::vector<size_t> count(data.classes.size());
  for (size_t row : rows) ++count[static_cast<size_t>(data.label[row])];
  return count;
}

PacketColumns FindPacketColumns(const std::vector<std::string>& feature_names) {
  const auto find = [&](const char* wide, const char* published) -> std::optional<size_t> {
    for (size_t i = 0; i < feature_names.size(); ++i) {
      if (feature_names[i] == wide || feature_names[i] == published) return i;
    }
    return std::nullopt;
  };
  return {find("in_packets", "inbound_packets"), find("out_packets", "outbound_packets"),
          find("all_packets", "total_packets")};
}

std::vector<size_t> SpeakingRows(const Dataset& data, std::span<const size_t> rows) {
  std::vector<size_t> speaking(rows.begin(), rows.end());
  const std::optional<size_t> packets = FindPacketColumns(data.feature_names).all;
  if (!packets) return speaking;
  std::erase_if(speaking, [&](size_t row) { return data.row(row)[*packets] == 0; });
  return speaking;
}

std::vector<RowRange> SequencesOf(const Dataset& data, std::span<const size_t> rows) {
  std::vector<RowRange> sequences;
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool begins = i == 0 || data.sequence[rows[i]] != data.sequence[rows[i - 1]];
    if (begins) sequences.push_back({i, i});
    sequences.back().end = i + 1;
  }
  return sequences;
}

absl::Status CheckClassNames(const std::vector<std::string>& names) {
  const std::set<std::string> different(names.begin(), names.end());
  if (different.size() == names.size() && !different.contains("")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("classes ", absl::StrJoin(names, ","),
                                                 ": a name is empty or there twice; "
                                                 "give each class a name of its own"));
}

std::string ClassTrouble(const Dataset& data) {
  if (data.classes.size() < 2) return absl::StrCat("all rows are of class ", data.classes[0]);
  const std::vector<size_t> rows = RowsByClass(data, AllRows(data));
  const auto missing = std::find(rows.begin(), rows.end(), 0U);
  if (missing == rows.end()) return "";
  return absl::StrCat("no row is of class ",
                      data.classes[static_cast<size_t>(missing - rows.begin())]);
}

std::vector<std::string> FeatureColumns(const FeatureSchema& schema) {
  std::vector<std::string> names;
  for (const Feature& feature : schema.features) names.push_back(feature.name);
  return names;
}

int64_t MarginOf(const FeatureSchema& schema, int64_t length_ns) {
  return (schema.horizon_ns + length_ns - 1) / length_ns;
}

absl::Status CheckEachFileOnce(const std::vector<std::string>& paths) {
  std::map<std::string, std::string> seen;  // by hash
  for (const std::string& path : paths) {
    if (paths.size() == 1) break;
    const absl::StatusOr<std::string> hash = Sha256OfFile(path);
    if (!hash.ok()) return hash.status();
    const auto [first, is_new] = seen.try_emplace(*hash, path);
    if (is_new) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": holds the same as ", first->second,
                     ", so that its windows would be training and test at once; give it once"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CsvTable>> ReadTables(const std::vector<std::string>& paths) {
  if (paths.empty()) return absl::InvalidArgumentError("no table of windows was given");
  if (absl::Status s = CheckEachFileOnce(paths); !s.ok()) return s;
  std::vector<CsvTable> tables;
  for (const std::string& path : paths) {
    absl::StatusOr<CsvTable> table = ReadCsv(path);
    if (!table.ok()) return table.status();
    tables.push_back(*std::move(table));
  }
  return tables;
}

absl::StatusOr<Dataset> MakeDataset(const std::vector<CsvTable>& tables,
                                    const DatasetColumns& columns) {
  Dataset data;
  absl::StatusOr<std::vector<std::string>> classes = ClassNames(tables, columns);
  if (!classes.ok()) return classes.status();
  data.classes = *std::move(classes);
  data.feature_names = columns.features;
  if (data.feature_names.empty()) {
    auto features = CommonFeatures(tables, columns);
    if (!features.ok()) return features.status();
    data.feature_names = *std::move(features);
  }
  for (const std::string& column : columns.marks) data.marks.push_back({column, {}});
  Reader reader(columns, &data);
  for (const CsvTable& table : tables) {
    if (absl::Status s = reader.Add(table); !s.ok()) return s;
  }
  if (absl::Status s = CheckClasses(tables, columns.label, data); !s.ok()) return s;
  data.margin = MarginOfFeatures(data).value_or(data.margin);
  return data;
}

absl::StatusOr<Dataset> ReadDataset(const std::vector<std::string>& paths,
                                    const DatasetColumns& columns) {
  const absl::StatusOr<std::vector<CsvTable>> tables = ReadTables(paths);
  if (!tables.ok()) return tables.status();
  return MakeDataset(*tables, columns);
}

}  // namespace silhouette
