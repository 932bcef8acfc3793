#include "cli/evaluation_report.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/evaluation_lines.h"
#include "cli/report/page_files.h"

namespace silhouette {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

// Rows by file or by class.
Json Counted(const std::vector<std::string>& names, const std::vector<size_t>& rows) {
  Json list = Json::array();
  for (size_t i = 0; i < names.size(); ++i) {
    list.push_back({{"name", names[i]}, {"rows", rows[i]}});
  }
  return list;
}

Json FilesJson(const Dataset& data) {
  std::vector<size_t> rows(data.source_names.size());
  for (size_t source : data.source) ++rows[source];
  return Counted(data.source_names, rows);
}

Json ClassesJson(const Dataset& data) {
  return Counted(data.classes, RowsByClass(data, AllRows(data)));
}

// Four digits are more than a screen shows.
double Rounded(double probability) { return std::round(probability * 1e4) / 1e4; }

// Those with the most windows, in their order.
std::vector<RowRange> Longest(std::vector<RowRange> sequences) {
  if (sequences.size() <= kTimelineSequences) return sequences;
  std::stable_sort(sequences.begin(), sequences.end(),
                   [](const RowRange& a, const RowRange& b) { return a.size() > b.size(); });
  sequences.resize(kTimelineSequences);
  std::sort(sequences.begin(), sequences.end(),
            [](const RowRange& a, const RowRange& b) { return a.begin < b.begin; });
  return sequences;
}

// The number of the sequence's first window, tested or not, so that all splits have one axis.
int64_t FirstWindow(const Dataset& data, size_t row) {
  while (row > 0 && data.sequence[row - 1] == data.sequence[row]) --row;
  return data.window[row];
}

Json SequenceJson(const Dataset& data, const ModelResult& result, const RowRange& range,
                  size_t positive) {
  const Predictions& predictions = result.predictions;
  const size_t end = std::min(range.end, range.begin + kTimelineWindows);
  const size_t first_row = predictions.row[range.begin];
  const int64_t first_window = FirstWindow(data, first_row);
  Json sequence = {{"file", data.source_names[data.source[first_row]]},
                   {"first_line", data.line[first_row]},
                   {"last_line", data.line[predictions.row[range.end - 1]]},
                   {"first_window", first_window},
                   {"tested", range.size()}};
  const auto add = [&](const char* name, const auto& value_of) {
    Json& values = sequence[name] = Json::array();
    for (size_t i = range.begin; i < end; ++i) values.push_back(value_of(i));
  };
  add("window", [&](size_t i) { return data.window[predictions.row[i]] - first_window; });
  add("truth", [&](size_t i) { return predictions.truth[i]; });
  add("said", [&](size_t i) { return predictions.said[i]; });
  if (result.has_probabilities) {
    add("probability", [&](size_t i) {
      return Rounded(predictions.probabilities[i * predictions.classes + positive]);
    });
  }
  if (result.timeline.has_value()) {
    add("forward", [&](size_t i) { return result.timeline->forward[i].class_index; });
    add("viterbi", [&](size_t i) { return result.timeline->viterbi[i].class_index; });
  }
  return sequence;
}

Json TimelineJson(const Dataset& data, const Comparison& comparison, size_t index,
                  size_t positive) {
  const ModelResult& result = comparison.results[index];
  const std::vector<RowRange> sequences = SequencesOf(data, result.predictions.row);
  Json timeline = {{"result", index}, {"sequences", sequences.size()}};
  Json& shown = timeline["shown"] = Json::array();
  for (const RowRange& range : Longest(sequences)) {
    shown.push_back(SequenceJson(data, result, range, positive));
  }
  return timeline;
}

Json TimelinesJson(const Dataset& data, const Comparison& comparison, size_t positive) {
  Json timelines = Json::array();
  for (size_t i = 0; i < comparison.results.size(); ++i) {
    const ModelResult& result = comparison.results[i];
    if (result.leaks || result.model != "xgboost") continue;
    timelines.push_back(TimelineJson(data, comparison, i, positive));
  }
  if (timelines.empty() && !comparison.results.empty()) {
    timelines.push_back(TimelineJson(data, comparison, 0, positive));
  }
  return timelines;
}

// JSON that may stand inside a <script>: a `<` is only ever in a string there, and nothing that
// ends the element or opens a comment is left without it.
std::string ScriptText(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return absl::StrReplaceAll(text, {{"<", "\\u003c"}});
}

}  // namespace

Json ReportJson(const Dataset& data, const Comparison& comparison, size_t positive) {
  Json report = {{"simulated", data.simulated},
                 {"files", FilesJson(data)},
                 {"rows", data.rows()},
                 {"classes", ClassesJson(data)},
                 {"positive", positive},
                 {"features", data.feature_names},
                 {"leakage", LeakageSentence(comparison.results)}};
  Json& results = report["results"] = Json::array();
  for (const ModelResult& result : comparison.results) {
    results.push_back(ResultJson(data, result, positive));
    results.back()["title"] = ScaledTitle(result);
    results.back()["split_title"] = result.split_title;
  }
  report["curve_split"] = comparison.curve_split_title;
  report["curves_leak"] = comparison.curves_leak;
  Json& curves = report["curves"] = Json::array();
  for (const LearningCurve& curve : comparison.curves) {
    curves.push_back(CurveJson(curve, comparison.curve_split));
    curves.back()["title"] = curve.model_title;
  }
  report["timelines"] = TimelinesJson(data, comparison, positive);
  return report;
}

std::string ReportPage(const Dataset& data, const Comparison& comparison, size_t positive) {
  constexpr std::string_view kOpen = "{{", kClose = "}}";
  std::string page;
  std::string_view rest = PageFile("report.html");
  // One walk along the template, so that what was filled in is never looked at.
  for (size_t open; (open = rest.find(kOpen)) != rest.npos;) {
    const size_t close = rest.find(kClose, open);
    const std::string_view name = rest.substr(open + kOpen.size(), close - open - kOpen.size());
    page.append(rest.substr(0, open));
    page.append(name == "data" ? ScriptText(ReportJson(data, comparison, positive))
                               : std::string(PageFile(name)));
    rest.remove_prefix(close + kClose.size());
  }
  return page.append(rest);
}

}  // namespace silhouette
