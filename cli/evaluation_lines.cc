#include "cli/evaluation_lines.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

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

Json LineOf(const Dataset& data, const ModelResult& result, size_t positive) {
  const Metrics& metrics = result.metrics;
  const ClassMetrics& of = metrics.by_class[positive];
  const Counts counts = CountsOf(metrics, positive);
  Json line = {{"split", result.split}, {"model", result.model}, {"leaks", result.leaks}};
  if (result.scale_by.has_value()) line["scale"] = ScaleName(*result.scale_by);
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
  line["fit_seconds"] = result.fit_seconds;
  return line;
}

std::string Share(double value) { return absl::StrFormat("%.3f", value); }

std::string ScaledTitle(const ModelResult& result) {
  const bool by_all = result.scale_by == ScaleBy::kAllRows && result.split != "in-sample";
  return absl::StrCat(result.model_title, by_all ? ", scaled by all rows" : "");
}

void WriteRow(const ModelResult& result, size_t positive, std::ostream* out) {
  const ClassMetrics& of = result.metrics.by_class[positive];
  const auto timeline = [&](double TimelineResult::*accuracy) {
    return result.timeline.has_value() ? Share((*result.timeline).*accuracy) : std::string("-");
  };
  *out << absl::StreamFormat(
      "  %-45s %s  %s-%s  %9.3f %7.3f %6.3f %6s %8s %8s%s\n", ScaledTitle(result),
      Share(result.metrics.accuracy), Share(result.intervals.accuracy.low),
      Share(result.intervals.accuracy.high), of.precision, of.recall, of.f1,
      result.metrics.roc_auc.has_value() ? Share(*result.metrics.roc_auc) : "-",
      timeline(&TimelineResult::forward_accuracy), timeline(&TimelineResult::viterbi_accuracy),
      result.leaks ? "  leaks" : "");
}

}  // namespace

void WriteResultsJson(const Dataset& data, const Comparison& comparison, size_t positive,
                      std::ostream* out) {
  for (const ModelResult& result : comparison.results) {
    *out << LineOf(data, result, positive).dump() << "\n";
  }
}

void WriteResultsText(const Dataset& data, const Comparison& comparison, size_t positive,
                      std::ostream* out) {
  std::string last;
  for (const ModelResult& result : comparison.results) {
    if (result.split != last) {
      *out << absl::StreamFormat("%s%s: %d windows%s\n", last.empty() ? "" : "\n",
                                 result.split_title, result.metrics.rows,
                                 result.split == "in-sample" ? " (trained on them)" : "");
      *out << absl::StreamFormat("  %-45s %8s %10s  %9s %7s %6s %6s %8s %8s\n", "", "accuracy",
                                 "95 %", "precision", "recall", "F1", "AUC", "forward", "Viterbi");
    }
    last = result.split;
    WriteRow(result, positive, out);
  }
  *out << "\nPrecision, recall and F1 are of class " << data.classes[positive]
       << ". Forward and Viterbi: accuracy after the live and the finished timeline.\n";
  if (const std::string leakage = LeakageSentence(comparison.results); !leakage.empty()) {
    *out << leakage << "\n";
  }
}

std::string PredictionsCsv(const Dataset& data, const Comparison& comparison) {
  std::string text = "file,line,split,model,scale,truth,said";
  for (const std::string& name : data.classes) absl::StrAppend(&text, ",p_", name);
  absl::StrAppend(&text, ",forward,viterbi\n");
  for (const ModelResult& result : comparison.results) {
    const Predictions& predictions = result.predictions;
    const auto state = [&](const std::vector<SmoothedWindow> TimelineResult::*states, size_t i) {
      if (!result.timeline.has_value()) return std::string();
      return data.classes[((*result.timeline).*states)[i].class_index];
    };
    for (size_t i = 0; i < predictions.rows(); ++i) {
      const size_t row = predictions.row[i];
      absl::StrAppend(&text, data.source_names[data.source[row]], ",", data.line[row], ",",
                      result.split, ",", result.model, ",",
                      result.scale_by.has_value() ? ScaleName(*result.scale_by) : "", ",",
                      data.classes[predictions.truth[i]], ",", data.classes[predictions.said[i]]);
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
