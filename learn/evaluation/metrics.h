#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "learn/evaluation/predictions.h"

namespace silhouette {

// All as scikit-learn defines them but for the edges of the calibration's bins, shares from 0 to 1;
// a share of nothing is 0.

struct ClassMetrics {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  size_t rows = 0;  // of the class
};

// Rows whose stated probability of the positive class lies in [k / 10, (k + 1) / 10), the last one
// with its end. (scikit-learn's bins hold their end and not their begin.)
struct CalibrationBin {
  size_t rows = 0;
  double stated = 0;    // mean probability
  double observed = 0;  // share of rows of the class
};
inline constexpr size_t kCalibrationBins = 10;

struct Metrics {
  size_t rows = 0;
  double accuracy = 0;
  std::vector<ClassMetrics> by_class;
  ClassMetrics macro;             // mean over the classes; its rows are all there are
  ClassMetrics weighted;          // by their rows
  std::vector<size_t> confusion;  // row-major, truth x said

  // Of two classes: that of the positive one against the other. Of more: the mean of each against
  // the rest. Unset where a class has no row.
  std::optional<double> roc_auc;
  // In nats, probabilities clipped to [2^-52, 1 - 2^-52] and scaled to add up to 1.
  double log_loss = 0;
  // Of the positive class.
  double brier = 0;  // mean squared difference of probability and truth
  // Mean over the rows of |stated - observed| of their bin.
  double calibration_error = 0;
  std::vector<CalibrationBin> calibration;  // kCalibrationBins

  size_t Confusion(size_t truth, size_t said) const {
    return confusion[truth * by_class.size() + said];
  }
};

// `positive` is a class. Probabilities of a model that has none give figures of what it said.
Metrics MetricsOf(const Predictions& predictions, size_t positive);

// Of a class that `rows` are of and `said` were said to be, `hits` of them both.
ClassMetrics MetricsOfClass(size_t hits, size_t said, size_t rows);

// A share and where it lies in 95 of 100 resamples.
struct Interval {
  double low = 0;
  double high = 0;
};
struct Intervals {
  Interval accuracy;
  Interval precision;  // of the positive class, as the two below
  Interval recall;
  Interval f1;
  // Of the resamples that hold rows of each class; unset where fewer than half of them do.
  std::optional<Interval> roc_auc;
};

// 95 % intervals (percentiles, between neighbours by their distance) from `kResamples` samples of
// the blocks with replacement, since neighbouring windows are not independent. `block` is the block
// of each row of `predictions`. A single block is cut into ten stretches of neighbouring rows,
// which says less than other blocks would but more than nothing. Equal input gives equal intervals
// on every machine (mt19937_64, `seed`).
inline constexpr size_t kResamples = 1000;
Intervals BootstrapIntervals(const Predictions& predictions, std::span<const int64_t> block,
                             size_t positive, uint64_t seed);

}  // namespace silhouette
