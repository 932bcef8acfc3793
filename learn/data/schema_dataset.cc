#include "learn/data/schema_dataset.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/duration.h"
#include "common/presence_v1.h"

namespace silhouette {
namespace {

// Where each input stands among the features of presence.v1.
std::vector<size_t> PlacesOf(const DerivedSchema& derived) {
  const std::vector<std::string> all = FeatureColumns(**FindSchema("presence.v1"));
  std::vector<size_t> places;
  for (std::string_view input : derived.inputs) {
    places.push_back(static_cast<size_t>(std::find(all.begin(), all.end(), input) - all.begin()));
  }
  return places;
}

// Whether all tables have these columns, or none has all of them. Errors: INVALID_ARGUMENT naming
// one table of each kind.
absl::StatusOr<bool> AllHaveColumns(const std::vector<CsvTable>& tables,
                                    const std::vector<std::string>& names) {
  std::string with, without;
  for (const CsvTable& table : tables) {
    const bool all = std::all_of(names.begin(), names.end(),
                                 [&](const std::string& name) { return table.Column(name).ok(); });
    (all ? with : without) = table.path;
  }
  if (with.empty() || without.empty()) return without.empty();
  return absl::InvalidArgumentError(absl::StrCat(with, ": has columns ", absl::StrJoin(names, ", "),
                                                 ", and ", without,
                                                 " has not; give tables of one kind"));
}

}  // namespace

absl::StatusOr<Dataset> DeriveFeatures(Dataset data, const DerivedSchema& derived,
                                       int64_t length_ns) {
  const std::vector<size_t> places = PlacesOf(derived);
  const size_t width = derived.schema->features.size();
  const PastQuantities::Reach reach{derived.PastWindows(length_ns)};
  std::vector<double> row(presence_v1::kFeatures), own(derived.quantities), before;
  std::vector<double> features(data.rows() * width);
  PastQuantities past;
  for (size_t i = 0; i < data.rows(); ++i) {
    if (i > 0 && data.sequence[i] != data.sequence[i - 1]) past = PastQuantities();
    for (size_t k = 0; k < places.size(); ++k) row[places[k]] = data.row(i)[k];
    derived.quantities_of(row, own.data());
    const auto out = std::span(features).subspan(i * width, width);
    before.clear();
    past.AppendBefore(data.window[i], reach, &before);
    derived.features_of(before, own, out.data());
    past.Keep(data.window[i], reach, own);
    const bool fits = std::all_of(out.begin(), out.end(), [](double value) {
      return std::abs(value) <= std::numeric_limits<float>::max();  // false for NaN
    });
    if (fits) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        data.source_names[data.source[i]], ":", data.line[i], ": its windows are too large for ",
        derived.schema->name, "; check the units of ",
        absl::StrJoin(std::vector<std::string>(derived.inputs.begin(), derived.inputs.end()),
                      ", ")));
  }
  data.features = std::move(features);
  data.feature_names = FeatureColumns(*derived.schema);
  return data;
}

absl::StatusOr<Dataset> ReadSchemaDataset(const std::vector<std::string>& paths,
                                          const DatasetColumns& columns,
                                          const FeatureSchema& schema, int64_t length_ns) {
  const absl::StatusOr<std::vector<CsvTable>> tables = ReadTables(paths);
  if (!tables.ok()) return tables.status();
  DatasetColumns asked = columns;
  asked.features = FeatureColumns(schema);
  const DerivedSchema* derived = FindDerivedSchema(schema.name);
  if (derived != nullptr) {
    const absl::StatusOr<bool> direct = AllHaveColumns(*tables, asked.features);
    if (!direct.ok()) return direct.status();
    if (*direct) derived = nullptr;
  }
  if (derived != nullptr) asked.features.assign(derived->inputs.begin(), derived->inputs.end());
  absl::StatusOr<Dataset> data = MakeDataset(*tables, asked);
  if (!data.ok()) return data;
  if (data->hop_ns > 0 && data->hop_ns != length_ns) {
    return absl::InvalidArgumentError(
        absl::StrCat(absl::StrJoin(paths, ", "), ": windows start every ",
                     FormatDurationNs(data->hop_ns), " and not every ", FormatDurationNs(length_ns),
                     "; say their length by --window, and give windows that do not overlap"));
  }
  data->margin = MarginOf(schema, length_ns);
  return derived == nullptr ? std::move(data)
                            : DeriveFeatures(*std::move(data), *derived, length_ns);
}

}  // namespace silhouette
