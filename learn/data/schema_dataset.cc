#include "learn/data/schema_dataset.h"

#include <algorithm>
#include <utility>

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

absl::StatusOr<bool> HasColumns(const std::string& path, const std::vector<std::string>& names) {
  const absl::StatusOr<CsvTable> table = ReadCsv(path);
  if (!table.ok()) return table.status();
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return table->Column(name).ok(); });
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

Dataset DeriveFeatures(Dataset data, const DerivedSchema& derived, int64_t length_ns) {
  const std::vector<size_t> places = PlacesOf(derived);
  std::vector<double> row((*FindSchema("presence.v1"))->features.size());
  std::vector<double> own(derived.quantities), features(data.rows() * derived.features);
  PastWindows past(derived, length_ns);
  for (size_t i = 0; i < data.rows(); ++i) {
    if (i > 0 && data.sequence[i] != data.sequence[i - 1]) past.Forget();
    for (size_t k = 0; k < places.size(); ++k) row[places[k]] = data.row(i)[k];
    derived.quantities_of(row, own.data());
    derived.features_of(past.Before(data.window[i]), own, &features[i * derived.features]);
    past.Add(data.window[i], own);
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
  if (derived == nullptr || paths.empty()) return ReadDataset(paths, asked);
  const absl::StatusOr<bool> direct = HasColumns(paths[0], asked.features);
  if (!direct.ok()) return direct.status();
  if (*direct) return ReadDataset(paths, asked);
  asked.features.assign(derived->inputs.begin(), derived->inputs.end());
  absl::StatusOr<Dataset> data = ReadDataset(paths, asked);
  if (!data.ok()) return data.status();
  return DeriveFeatures(*std::move(data), *derived, length_ns);
}

}  // namespace silhouette
