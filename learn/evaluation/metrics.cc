#include "learn/evaluation/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "learn/evaluation/roc_auc.h"

namespace silhouette {
namespace {

double Share(double part, double whole) { return whole == 0 ? 0 : part / whole; }

double Share(size_t part, size_t whole) {
  return Share(static_cast<double>(part), static_cast<double>(whole));
}

// What follows from the confusion matrix alone.
void AddShares(size_t classes, Metrics* metrics) {
  size_t all_hits = 0;
  for (size_t c = 0; c < classes; ++c) {
    size_t rows = 0;
    size_t said = 0;
    for (size_t other = 0; other < classes; ++other) {
      rows += metrics->confusion[c * classes + other];
      said += metrics->confusion[other * classes + c];
    }
    const size_t hits = metrics->confusion[c * classes + c];
    all_hits += hits;
    metrics->by_class.push_back(MetricsOfClass(hits, said, rows));
  }
  metrics->accuracy = Share(all_hits, metrics->rows);
}

// Means over the classes, each of which counts `weight(class)`.
template <typename Weight>
ClassMetrics MeanOf(const Metrics& metrics, Weight weight) {
  ClassMetrics mean;
  double weights = 0;
  for (const ClassMetrics& one : metrics.by_class) {
    mean.precision += weight(one) * one.precision;
    mean.recall += weight(one) * one.recall;
    mean.f1 += weight(one) * one.f1;
    weights += weight(one);
  }
  mean.precision = Share(mean.precision, weights);
  mean.recall = Share(mean.recall, weights);
  mean.f1 = Share(mean.f1, weights);
  mean.rows = metrics.rows;
  return mean;
}

double LogLoss(const Predictions& predictions) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  double sum = 0;
  for (size_t i = 0; i < predictions.rows(); ++i) {
    double whole = 0;
    double of_truth = 0;
    for (size_t c = 0; c < predictions.classes; ++c) {
      const double clipped = std::clamp(predictions.probabilities[i * predictions.classes + c],
                                        kEpsilon, 1 - kEpsilon);
      whole += clipped;
      if (c == predictions.truth[i]) of_truth = clipped;
    }
    sum -= std::log(of_truth / whole);
  }
  return Share(sum, static_cast<double>(predictions.rows()));
}

size_t BinOf(double probability) {
  size_t bin = 0;
  // Compared with the edges themselves: ten times a probability may round up to one.
  while (bin + 1 < kCalibrationBins &&
         probability >= static_cast<double>(bin + 1) / static_cast<double>(kCalibrationBins)) {
    ++bin;
  }
  return bin;
}

void AddCalibration(const Predictions& predictions, size_t positive, Metrics* metrics) {
  metrics->calibration.resize(kCalibrationBins);
  for (size_t i = 0; i < predictions.rows(); ++i) {
    const double stated = predictions.probabilities[i * predictions.classes + positive];
    const double truth = predictions.truth[i] == positive ? 1 : 0;
    metrics->brier += (stated - truth) * (stated - truth);
    CalibrationBin& bin = metrics->calibration[BinOf(stated)];
    ++bin.rows;
    bin.stated += stated;
    bin.observed += truth;
  }
  const auto rows = static_cast<double>(predictions.rows());
  metrics->brier = Share(metrics->brier, rows);
  for (CalibrationBin& bin : metrics->calibration) {
    metrics->calibration_error += Share(std::abs(bin.stated - bin.observed), rows);
    bin.stated = Share(bin.stated, static_cast<double>(bin.rows));
    bin.observed = Share(bin.observed, static_cast<double>(bin.rows));
  }
}

}  // namespace

ClassMetrics MetricsOfClass(size_t hits, size_t said, size_t rows) {
  return {.precision = Share(hits, said),
          .recall = Share(hits, rows),
          .f1 = Share(2 * hits, said + rows),
          .rows = rows};
}

Metrics MetricsOf(const Predictions& predictions, size_t positive) {
  Metrics metrics;
  metrics.rows = predictions.rows();
  metrics.confusion.resize(predictions.classes * predictions.classes);
  for (size_t i = 0; i < predictions.rows(); ++i) {
    ++metrics.confusion[predictions.truth[i] * predictions.classes + predictions.said[i]];
  }
  AddShares(predictions.classes, &metrics);
  metrics.macro = MeanOf(metrics, [](const ClassMetrics&) { return 1.0; });
  metrics.weighted =
      MeanOf(metrics, [](const ClassMetrics& one) { return static_cast<double>(one.rows); });
  metrics.roc_auc = RocAuc(predictions, positive).Of(std::vector<uint32_t>(predictions.rows(), 1));
  metrics.log_loss = LogLoss(predictions);
  AddCalibration(predictions, positive, &metrics);
  return metrics;
}

}  // namespace silhouette
