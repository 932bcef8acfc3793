#include "learn/evaluation/comparison.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "learn/models/baselines.h"
#include "learn/models/parameter_search.h"
#include "learn/models/xgboost_classifier.h"

namespace silhouette {
namespace {

constexpr char kInSample[] = "in-sample";
constexpr char kKMeans[] = "k_means";

// One model on one split.
struct Step {
  const Split* split;
  ModelKind kind;
  ScaleBy scale_by;
};

// The splits that were asked for, and with baselines the one that k-means is published on.
absl::StatusOr<std::vector<Split>> SplitsOf(const Dataset& data, const ComparisonRequest& request) {
  std::vector<std::string> names = request.splits;
  const bool in_sample = std::find(names.begin(), names.end(), kInSample) != names.end();
  if (request.baselines && !in_sample) names.push_back(kInSample);
  std::vector<Split> splits;
  for (const std::string& name : names) {
    absl::StatusOr<Split> split = MakeSplit(data, name, request.options.split);
    if (!split.ok()) return split.status();
    splits.push_back(*std::move(split));
  }
  return splits;
}

std::vector<Step> StepsOf(const ComparisonRequest& request, const std::vector<Split>& splits) {
  const ScaleBy scale_by = request.options.scale_by;
  std::vector<Step> steps;
  for (size_t i = 0; i < splits.size(); ++i) {
    const bool asked_for = i < request.splits.size();
    if (asked_for) steps.push_back({&splits[i], SearchedXgboost(), scale_by});
    if (!request.baselines) continue;
    for (const ModelKind& kind : Baselines()) {
      if (!asked_for && kind.name != kKMeans) continue;
      steps.push_back({&splits[i], kind, scale_by});
      const bool by_training = scale_by == ScaleBy::kTrainingRows;
      if (kind.needs_scale && by_training && splits[i].name != kInSample) {
        steps.push_back({&splits[i], kind, ScaleBy::kAllRows});
      }
    }
  }
  return steps;
}

// XGBoost's parameters stay the same, so that a curve shows what the rows do.
std::vector<ModelKind> CurveKinds(const ComparisonRequest& request) {
  std::vector<ModelKind> kinds;
  if (!request.curves) return kinds;
  const TrainerParameters fixed;
  kinds.push_back(XgboostKind(fixed));
  kinds.back().title =
      absl::StrCat("XGBoost (", fixed.num_boost_round, " trees of depth ", fixed.max_depth, ")");
  if (request.baselines) kinds.insert(kinds.end(), Baselines().begin(), Baselines().end());
  return kinds;
}

}  // namespace

absl::StatusOr<Comparison> Compare(const Dataset& data, const ComparisonRequest& request,
                                   const ComparisonProgress& progress) {
  const absl::StatusOr<std::vector<Split>> splits = SplitsOf(data, request);
  if (!splits.ok()) return splits.status();
  const std::vector<Step> steps = StepsOf(request, *splits);
  const std::vector<ModelKind> curve_kinds = CurveKinds(request);
  size_t done = 0;
  const auto tell = [&](const std::string& what) {
    if (progress) progress(done++, steps.size() + curve_kinds.size(), what);
  };
  Comparison comparison;
  for (const Step& step : steps) {
    tell(absl::StrCat(step.kind.title, ", ", step.split->title));
    EvaluateOptions options = request.options;
    options.scale_by = step.scale_by;
    auto result = Evaluate(data, *step.split, step.kind, options);
    if (!result.ok()) return result.status();
    comparison.results.push_back(*std::move(result));
  }
  const auto honest =
      std::find_if(splits->begin(), splits->end(), [](const Split& split) { return !split.leaks; });
  const Split& curve_split = honest == splits->end() ? splits->front() : *honest;
  comparison.curve_split = curve_split.name;
  comparison.curve_split_title = curve_split.title;
  comparison.curves_leak = curve_split.leaks;
  for (const ModelKind& kind : curve_kinds) {
    tell(absl::StrCat(kind.title, ", learning curve"));
    auto curve = MeasureLearningCurve(data, curve_split, kind);
    if (!curve.ok()) return curve.status();
    comparison.curves.push_back(*std::move(curve));
  }
  return comparison;
}

std::string LeakageSentence(const std::vector<ModelResult>& results) {
  const auto is_xgboost = [](const ModelResult& result, bool leaks) {
    return result.model == "xgboost" && result.split != kInSample && result.leaks == leaks;
  };
  const auto leaking = std::find_if(results.begin(), results.end(),
                                    [&](const auto& r) { return is_xgboost(r, true); });
  auto honest = std::find_if(results.begin(), results.end(), [&](const auto& r) {
    return is_xgboost(r, false) && r.split == "by-source";
  });
  if (honest == results.end()) {
    honest = std::find_if(results.begin(), results.end(),
                          [&](const auto& r) { return is_xgboost(r, false); });
  }
  if (leaking == results.end()) return "";
  const std::string flattered = absl::StrFormat("%.3f", leaking->metrics.accuracy);
  if (honest == results.end()) {
    return absl::StrCat("The accuracy of ", flattered,
                        " is of windows whose neighbours were in the ", "training part (",
                        leaking->split_title,
                        "). They look alike, so it flatters; leave whole blocks or sources out to "
                        "know how a model does on what it has not seen.");
  }
  return absl::StrCat(
      "XGBoost names ", flattered, " of the windows rightly where their neighbours were in the ",
      "training part (", leaking->split_title, "), and ",
      absl::StrFormat("%.3f", honest->metrics.accuracy), " where they were not (",
      honest->split_title, "). Neighbouring windows look alike, so the first figure ",
      leaking->metrics.accuracy > honest->metrics.accuracy ? "flatters" : "says little",
      "; believe the second.");
}

}  // namespace silhouette
