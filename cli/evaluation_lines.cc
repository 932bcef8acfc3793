#include "cli/evaluation_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace silhouette {
namespace {

using Json = nlohmann::ordered_json;

const char* ScaleName(ScaleBy scale_by) { return scale_by == ScaleBy::kAllRows ? "all" : "train"; }

Json IntervalJson(const Interval& interval) { return Json::array({interval.low, interval.high}); }

Json ClassesJson(const Dataset& data, const Metrics& metrics) {
  Json classes = Json::object();
  for (size_t c = 0; c < data.classes.size(); ++c) {
    const ClassMetrics& of = metrics.by_class[c];
    classes[data.classes[c]] = {
        {"rows", of.rows}, {"precision", of.precision}, {"recall", of.recall}, {"f1", of.f1}};
  }
  return classes;
}

Json MeanJson(const ClassMetrics& mean) {
  return {{"precision", mean.precision}, {"recall", mean.recall}, {"f1", mean.f1}};
}

Json ConfusionJson(const Dataset& data, const Metrics& metrics) {
  Json rows = Json::array();
  for (size_t truth = 0; truth < data.classes.size(); ++truth) {
    Json row = Json::array();
    for (size_t said = 0; said < data.classes.size(); ++said) {
      row.push_back(metrics.Confusion(truth, said));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// Of the positive class against all others.
struct Counts {
  size_t tp = 0, fp = 0, tn = 0, fn = 0;
};

Counts CountsOf(const Metrics& metrics, size_t positive) {
  Counts counts;
  for (size_t truth = 0; truth < metrics.by_class.size(); ++truth) {
    for (size_t said = 0; said < metrics.by_class.size(); ++said) {
      const size_t rows = metrics.Confusion(truth, said);
      if (said == positive) {
        (truth == positive ? counts.tp : counts.fp) += rows;
      } else {
        (truth == positive ? counts.fn : counts.tn) += rows;
      }
    }
  }
  return counts;
}

void AddProbabilityFigures(const ModelResult& result, Json* line) {
  const Metrics& metrics = result.metrics;
  (*line)["log_loss"] = metrics.log_loss;
  (*line)["brier"] = metrics.brier;
  (*line)["calibration_error"] = metrics.calibration_error;
  Json bins = Json::array();
  for (const CalibrationBin& bin : metrics.calibration) {
    bins.push_back({{"rows", bin.rows}, {"stated", bin.stated}, {"observed", bin.observed}});
  }
  (*line)["calibration"] = std::move(bins);
  if (!result.timeline.has_value()) return;
  (*line)["forward_accuracy"] = result.timeline->forward_accuracy;
  (*line)["viterbi_accuracy"] = result.timeline->viterbi_accuracy;
  (*line)["stated_confidence"] = result.timeline->stated_confidence;
}

Json ImportanceJson(const Dataset& data, const std::vector<FeatureImportance>& importance) {
  Json features = Json::object();
  for (size_t i = 0; i < importance.size(); ++i) {
    features[data.feature_names[i]] = {{"gain", importance[i].gain}, {"shap", importance[i].shap}};
  }
  return features;
}

// Accuracy on the rows of each file, in the order of the files.
std::vector<double> AccuracyBySource(const Dataset& data, const Predictions& predictions) {
  std::vector<double> hits(data.source_names.size()), rows(data.source_names.size());
  for (size_t i = 0; i < predictions.rows(); ++i) {
    const size_t source = data.source[predictions.row[i]];
    ++rows[source];
    hits[source] += predictions.said[i] == predictions.truth[i] ? 1 : 0;
  }
  for (size_t source = 0; source < hits.size(); ++source) hits[source] /= rows[source];
  return hits;
}

Json SourcesJson(const Dataset& data, const ModelResult& result) {
  Json sources = Json::array();
  const std::vector<double> accuracy = AccuracyBySource(data, result.predictions);
  for (size_t i = 0; i < accuracy.size(); ++i) {
    sources.push_back({{"file", data.source_names[i]}, {"accuracy", accuracy[i]}});
  }
  return sources;
}

}  // namespace

Json ResultJson(const Dataset& data, const ModelResult& result, size_t positive) {
  const Metrics& metrics = result.metrics;
  const ClassMetrics& of = metrics.by_class[positive];
  const Counts counts = CountsOf(metrics, positive);
  Json line = {{"split", result.split}, {"model", result.model}, {"leaks", result.leaks}};
  if (result.scale_by.has_value()) line["scale"] = ScaleName(*result.scale_by);
  if (data.simulated) line["simulated"] = true;
  line["rows"] = metrics.rows;
  line["positive"] = data.classes[positive];
  line["accuracy"] = metrics.accuracy;
  line["accuracy_95"] = IntervalJson(result.intervals.accuracy);
  line["precision"] = of.precision;
  line["precision_95"] = IntervalJson(result.intervals.precision);
  line["recall"] = of.recall;
  line["recall_95"] = IntervalJson(result.intervals.recall);
  line["f1"] = of.f1;
  line["f1_95"] = IntervalJson(result.intervals.f1);
  if (metrics.roc_auc.has_value()) line["roc_auc"] = *metrics.roc_auc;
  if (result.intervals.roc_auc.has_value()) {
    line["roc_auc_95"] = IntervalJson(*result.intervals.roc_auc);
  }
  line["tp"] = counts.tp;
  line["fp"] = counts.fp;
  line["tn"] = counts.tn;
  line["fn"] = counts.fn;
  line["classes"] = ClassesJson(data, metrics);
  line["macro"] = MeanJson(metrics.macro);
  line["weighted"] = MeanJson(metrics.weighted);
  line["confusion"] = ConfusionJson(data, metrics);
  if (result.has_probabilities) AddProbabilityFigures(result, &line);
  if (result.split == "by-source") line["sources"] = SourcesJson(data, result);
  if (!result.importance.empty()) line["importance"] = ImportanceJson(data, result.importance);
  if (!result.parameters.empty() && !result.parameters[0].empty())
    line["parameters"] = result.parameters;
  line["fit_seconds"] = result.fit_seconds;
  return line;
}

Json CurveJson(const LearningCurve& curve, const std::string& split) {
  Json points = Json::array();
  for (const CurvePoint& point : curve.points) {
    points.push_back({{"rows", point.rows},
                      {"training_accuracy", point.training_accuracy},
                      {"test_accuracy", point.test_accuracy},
                      {"fit_seconds", point.fit_seconds}});
  }
  return {{"split", split}, {"model", curve.model}, {"learning_curve", std::move(points)}};
}

std::string ScaledTitle(const ModelResult& result) {
  const bool by_all = result.scale_by == ScaleBy::kAllRows && result.split != "in-sample";
  return absl::StrCat(result.model_title, by_all ? ", scaled by all rows" : "");
}

namespace {

std::string Share(double value) { return absl::StrFormat("%.3f", value); }

void WriteRow(const ModelResult& result, size_t positive, int title_width, std::ostream* out) {
  const ClassMetrics& of = result.metrics.by_class[positive];
  const auto timeline = [&](double TimelineResult::*accuracy) {
    return result.timeline.has_value() ? Share((*result.timeline).*accuracy) : std::string("-");
  };
  *out << absl::StreamFormat(
      "  %-*s %8.3f  %.3f-%.3f %9.3f %6.3f %5.3f %5s %7s %7s%s\n", title_width, ScaledTitle(result),
      result.metrics.accuracy, result.intervals.accuracy.low, result.intervals.accuracy.high,
      of.precision, of.recall, of.f1,
      result.metrics.roc_auc.has_value() ? Share(*result.metrics.roc_auc) : "-",
      timeline(&TimelineResult::forward_accuracy), timeline(&TimelineResult::viterbi_accuracy),
      result.leaks ? "  leaks" : "");
}

void WriteSources(const Dataset& data, const ModelResult& result, std::ostream* out) {
  const std::vector<double> accuracy = AccuracyBySource(data, result.predictions);
  double mean = 0;
  for (size_t i = 0; i < accuracy.size(); ++i) {
    *out << absl::StreamFormat("    %.3f on %s\n", accuracy[i], data.source_names[i]);
    mean += accuracy[i] / static_cast<double>(accuracy.size());
  }
  *out << absl::StreamFormat("    %.3f in the mean over the files\n", mean);
}

int TitleWidth(const Comparison& comparison) {
  size_t width = 0;
  for (const ModelResult& result : comparison.results) {
    width = std::max(width, ScaledTitle(result).size());
  }
  for (const LearningCurve& curve : comparison.curves) {
    width = std::max(width, curve.model_title.size());
  }
  return static_cast<int>(width);
}

// What was judged, so that a column or a label that has no business there is seen.
void WriteHead(const Dataset& data, std::ostream* out) {
  const std::vector<size_t> rows = RowsByClass(data, AllRows(data));
  *out << "Classes:";
  for (size_t c = 0; c < rows.size(); ++c) {
    *out << (c > 0 ? ", " : " ") << data.classes[c] << " (" << rows[c] << " windows)";
  }
  *out << "\nFeatures: " << absl::StrJoin(data.feature_names, ", ") << "\n"
       << (data.simulated ? "Simulated windows: no measure of real ones.\n" : "") << "\n";
}

// Accuracy on the test part, and the time to fit, by the number of training rows.
void WriteCurves(const Comparison& comparison, std::ostream* out) {
  if (comparison.curves.empty()) return;
  *out << "\nLearning curves, " << comparison.curve_split_title
       << ": accuracy on the test part, and seconds to train, by training rows\n";
  const int width = TitleWidth(comparison);
  for (const LearningCurve& curve : comparison.curves) {
    std::string rows, accuracy, seconds;
    for (const CurvePoint& point : curve.points) {
      absl::StrAppendFormat(&rows, " %7.0f", point.rows);
      absl::StrAppendFormat(&accuracy, " %7.3f", point.test_accuracy);
      absl::StrAppendFormat(&seconds, " %6.3fs", point.fit_seconds);
    }
    if (&curve == &comparison.curves.front()) {
      *out << absl::StreamFormat("  %-*s%s\n", width, "", rows);
    }
    *out << absl::StreamFormat("  %-*s%s\n", width, curve.model_title, accuracy);
    *out << absl::StreamFormat("  %-*s%s\n", width, "", seconds);
  }
}

// A cell as CSV has it: quoted where it must be.
std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace

void WriteResultsJson(const Dataset& data, const Comparison& comparison, size_t positive,
                      std::ostream* out) {
  for (const ModelResult& result : comparison.results) {
    *out << ResultJson(data, result, positive).dump(-1, ' ', false, Json::error_handler_t::replace)
         << "\n";
  }
  for (const LearningCurve& curve : comparison.curves) {
    *out << CurveJson(curve, comparison.curve_split)
                .dump(-1, ' ', false, Json::error_handler_t::replace)
         << "\n";
  }
}

void WriteResultsText(const Dataset& data, const Comparison& comparison, size_t positive,
                      std::ostream* out) {
  WriteHead(data, out);
  const int width = TitleWidth(comparison);
  std::string last;
  for (const ModelResult& result : comparison.results) {
    if (result.split != last) {
      *out << absl::StreamFormat("%s%s: %d windows%s\n", last.empty() ? "" : "\n",
                                 result.split_title, result.metrics.rows,
                                 result.split == "in-sample" ? " (trained on them)" : "");
      *out << absl::StreamFormat("  %-*s %8s  %-11s %9s %6s %5s %5s %7s %7s\n", width, "",
                                 "accuracy", "95 %", "precision", "recall", "F1", "AUC", "forward",
                                 "Viterbi");
    }
    last = result.split;
    WriteRow(result, positive, width, out);
    if (result.split == "by-source") WriteSources(data, result, out);
  }
  WriteCurves(comparison, out);
  *out << "\nPrecision, recall and F1 are of class " << data.classes[positive]
       << ". Forward and Viterbi: accuracy after the live and the finished timeline.\n";
  if (const std::string leakage = LeakageSentence(comparison.results); !leakage.empty()) {
    *out << leakage << "\n";
  }
}

std::string PredictionsCsv(const Dataset& data, const Comparison& comparison) {
  std::string text = "file,line,window,split,model,scale,truth,said";
  for (const std::string& name : data.classes) absl::StrAppend(&text, ",", CsvCell("p_" + name));
  absl::StrAppend(&text, ",forward,viterbi\n");
  for (const ModelResult& result : comparison.results) {
    const Predictions& predictions = result.predictions;
    const auto state = [&](const std::vector<SmoothedWindow> TimelineResult::*states, size_t i) {
      if (!result.timeline.has_value()) return std::string();
      return CsvCell(data.classes[((*result.timeline).*states)[i].class_index]);
    };
    for (size_t i = 0; i < predictions.rows(); ++i) {
      const size_t row = predictions.row[i];
      absl::StrAppend(&text, CsvCell(data.source_names[data.source[row]]), ",", data.line[row], ",",
                      data.window[row], ",", CsvCell(result.split), ",", result.model, ",",
                      result.scale_by.has_value() ? ScaleName(*result.scale_by) : "", ",",
                      CsvCell(data.classes[predictions.truth[i]]), ",",
                      CsvCell(data.classes[predictions.said[i]]));
      for (size_t c = 0; c < predictions.classes; ++c) {
        absl::StrAppend(&text, ",",
                        Json(predictions.probabilities[i * predictions.classes + c]).dump());
      }
      absl::StrAppend(&text, ",", state(&TimelineResult::forward, i), ",",
                      state(&TimelineResult::viterbi, i), "\n");
    }
  }
  return text;
}

}  // namespace silhouette
