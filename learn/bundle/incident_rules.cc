#include "learn/bundle/incident_rules.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "classify-svc/booster.h"
#include "learn/data/split.h"
#include "learn/models/classifier.h"

namespace silhouette {
namespace {

constexpr size_t kExplainedRows = 300;  // of a class: one costs about 1 ms
constexpr size_t kFeatures = 16;        // of a rule
constexpr double kOutside = 0.005;      // share of benign rows below the range, and above it

std::vector<size_t> RowsOfClass(const Dataset& data, std::span<const size_t> rows,
                                size_t class_index) {
  std::vector<size_t> of_class;
  for (size_t row : rows) {
    if (static_cast<size_t>(data.label[row]) == class_index) of_class.push_back(row);
  }
  return of_class;
}

// What each feature adds to the class's score, mean over the rows.
absl::StatusOr<std::vector<double>> MeanContributions(const Dataset& data, const Booster& booster,
                                                      std::span<const size_t> rows,
                                                      size_t class_index) {
  const size_t classes = data.classes.size();
  std::vector<float> contributions;
  if (absl::Status s = booster.Explain(FeaturesOf(data, rows), classes, &contributions); !s.ok()) {
    return s;
  }
  const size_t width = data.feature_names.size() + 1;
  const size_t outputs = classes == 2 ? 1 : classes;
  const size_t output = classes == 2 ? 0 : class_index;
  std::vector<double> means(width - 1);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t f = 0; f < means.size(); ++f) {
      means[f] += contributions[(i * outputs + output) * width + f];
    }
  }
  return means;
}

v1::TellingFeature Telling(const Dataset& data, const std::vector<size_t>& benign, size_t feature) {
  std::vector<double> values;
  for (size_t row : benign) values.push_back(data.row(row)[feature]);
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
  };
  v1::TellingFeature telling;
  telling.set_name(data.feature_names[feature]);
  if (values.empty()) return telling;  // all that is benign was held out
  telling.set_low(at(kOutside));
  telling.set_high(at(1 - kOutside));
  return telling;
}

}  // namespace

absl::StatusOr<std::vector<v1::IncidentRule>> MakeIncidentRules(
    const Dataset& data, std::span<const size_t> rows, std::string_view model,
    const std::map<std::string, v1::Severity>& severities, const DetectionOptions& options) {
  const auto booster = Booster::LoadFromBytes(model);
  if (!booster.ok()) return booster.status();
  const std::vector<size_t> benign = SpeakingRows(data, RowsOfClass(data, rows, 0));
  std::vector<v1::IncidentRule> rules;
  for (size_t c = 1; c < data.classes.size(); ++c) {
    const auto severity = severities.find(data.classes[c]);
    if (severity == severities.end()) continue;
    const std::vector<size_t> of_class = Thinned(RowsOfClass(data, rows, c), kExplainedRows);
    const auto means = MeanContributions(data, *booster, of_class, c);
    if (!means.ok()) return means.status();
    std::vector<size_t> order(means->size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return (*means)[a] > (*means)[b]; });
    v1::IncidentRule& rule = rules.emplace_back();
    rule.set_class_(data.classes[c]);
    rule.set_severity(severity->second);
    rule.set_quiet_ns(options.quiet_ns);
    const auto least = options.least_windows.find(c);
    if (least != options.least_windows.end()) {
      rule.set_least_windows(static_cast<uint32_t>(least->second));
    }
    for (size_t i = 0; i < std::min(kFeatures, order.size()) && (*means)[order[i]] > 0; ++i) {
      *rule.add_features() = Telling(data, benign, order[i]);
    }
  }
  return rules;
}

}  // namespace silhouette
