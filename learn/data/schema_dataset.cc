#include "learn/data/schema_dataset.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/duration.h"
#include "learn/data/csv.h"

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

// Whether all tables have these columns, or none has all of them. Errors: as ReadCsv;
// INVALID_ARGUMENT naming one table of each kind.
absl::StatusOr<bool> AllHaveColumns(const std::vector<std::string>& paths,
                                    const std::vector<std::string>& names) {
  std::string with, without;
  for (const std::string& path : paths) {
    const absl::StatusOr<CsvTable> table = ReadCsv(path);
    if (!table.ok()) return table.status();
    const bool all = std::all_of(names.begin(), names.end(),
                                 [&](const std::string& name) { return table->Column(name).ok(); });
    (all ? with : without) = path;
  }
  if (with.empty() || without.empty()) return without.empty();
  return absl::InvalidArgumentError(absl::StrCat(with, ": has columns ", absl::StrJoin(names, ", "),
                                                 ", and ", without,
                                                 " has not; give tables of one kind"));
}

// The quantities of the windows that a sequence's next one may look at, oldest first.
class PastWindows {
 public:
  PastWindows(const DerivedSchema& derived, int64_t length_ns)
      : width_(derived.quantities), reach_(derived.PastWindows(length_ns)) {}

  void Forget() {
    windows_.clear();
    quantities_.clear();
    first_ = 0;
  }

  // Those before `window`.
  std::span<const double> Before(int64_t window) {
    while (first_ < windows_.size() && windows_[first_] < window - reach_) ++first_;
    return std::span(quantities_).subspan(first_ * width_);
  }

  void Add(int64_t window, std::span<const double> own) {
    if (own[0] == 0) return;  // without a packet
    windows_.push_back(window);
    quantities_.insert(quantities_.end(), own.begin(), own.end());
  }

 private:
  const size_t width_;
  const int64_t reach_;
  std::vector<int64_t> windows_;
  std::vector<double> quantities_;
  size_t first_ = 0;  // earlier ones are out of reach
};

}  // namespace

absl::StatusOr<Dataset> DeriveFeatures(Dataset data, const DerivedSchema& derived,
                                       int64_t length_ns) {
  const std::vector<size_t> places = PlacesOf(derived);
  std::vector<double> row((*FindSchema("presence.v1"))->features.size());
  std::vector<double> own(derived.quantities), features(data.rows() * derived.features);
  PastWindows past(derived, length_ns);
  for (size_t i = 0; i < data.rows(); ++i) {
    if (i > 0 && data.sequence[i] != data.sequence[i - 1]) past.Forget();
    for (size_t k = 0; k < places.size(); ++k) row[places[k]] = data.row(i)[k];
    derived.quantities_of(row, own.data());
    const auto out = std::span(features).subspan(i * derived.features, derived.features);
    derived.features_of(past.Before(data.window[i]), own, out.data());
    past.Add(data.window[i], own);
    const bool fits = std::all_of(out.begin(), out.end(), [](double value) {
      return std::abs(value) <= std::numeric_limits<float>::max();  // false for NaN
    });
    if (fits) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        data.source_names[data.source[i]], ":", data.line[i], ": its windows are too large for ",
        std::string(derived.schema), "; check the units of ",
        absl::StrJoin(std::vector<std::string>(derived.inputs.begin(), derived.inputs.end()),
                      ", ")));
  }
  data.features = std::move(features);
  data.feature_names = FeatureColumns(**FindSchema(derived.schema));
  return data;
}

absl::StatusOr<Dataset> ReadSchemaDataset(const std::vector<std::string>& paths,
                                          const DatasetColumns& columns,
                                          const FeatureSchema& schema, int64_t length_ns) {
  DatasetColumns asked = columns;
  asked.features = FeatureColumns(schema);
  const DerivedSchema* derived = FindDerivedSchema(schema.name);
  if (derived != nullptr) {
    const absl::StatusOr<bool> direct = AllHaveColumns(paths, asked.features);
    if (!direct.ok()) return direct.status();
    if (*direct) derived = nullptr;
  }
  if (derived != nullptr) asked.features.assign(derived->inputs.begin(), derived->inputs.end());
  absl::StatusOr<Dataset> data = ReadDataset(paths, asked);
  if (!data.ok()) return data;
  if (data->hop_ns > 0 && data->hop_ns != length_ns) {
    return absl::InvalidArgumentError(
        absl::StrCat(absl::StrJoin(paths, ", "), ": windows start every ",
                     FormatDurationNs(data->hop_ns), " and not every ", FormatDurationNs(length_ns),
                     "; say their length by --window, and give windows that do not overlap"));
  }
  return derived == nullptr ? std::move(data)
                            : DeriveFeatures(*std::move(data), *derived, length_ns);
}

}  // namespace silhouette
