#include "learn/evaluation/detector_parts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

#include "classify-svc/bundle.h"
#include "learn/data/split.h"
#include "learn/evaluation/alarms.h"

namespace silhouette {
namespace {

// Left-out rows of a source that the calibration looks at, at the most.
constexpr size_t kCalibrationRows = 100;
constexpr double kLeastThreshold = 2.0 / 3;  // twice as likely as all else
// Where a window is less unknown than this, a class that is certain still reaches its own.
constexpr double kUnknownThreshold = 1 - kLeastThreshold;
// What was watched for less than a day carries no rate: of so many such sources one may raise
// alarms.
constexpr size_t kShortSourcesPerAlarm = 20;
constexpr double kHoursPerDay = 24;

double UnknownProbability(double radii_away, double factor) {
  const double radii = radii_away / factor;
  return radii <= 1 ? 0 : 1 - 1 / (radii * radii);
}

// The mean over the classes of the log loss of their rows, at a slope.
double LossAt(double slope, const LeftOutRows& left_out, const std::vector<size_t>& places) {
  const size_t classes = left_out.raw.classes;
  std::vector<double> loss(classes), rows(classes);
  v1::Calibration calibration;
  calibration.set_slope(slope);
  for (size_t c = 0; c < classes; ++c) calibration.add_bias(0);
  for (size_t i : places) {
    const auto stated = std::span(left_out.raw.probabilities).subspan(i * classes, classes);
    std::vector<double> calibrated(stated.begin(), stated.end());
    Calibrate(calibration, calibrated);
    const size_t truth = left_out.raw.truth[i];
    loss[truth] -= std::log(std::max(calibrated[truth], 1e-9));
    ++rows[truth];
  }
  double sum = 0;
  for (size_t c = 0; c < classes; ++c) sum += rows[c] == 0 ? 0 : loss[c] / rows[c];
  return sum;
}

// Temperature scaling alone (Guo et al. 2017): a class of one source has no left-out rows where
// that one is judged, and a bias for it would only ever lower it. Golden-section search over the
// logarithm; the loss is convex in the slope.
v1::Calibration FitOnRows(const LeftOutRows& left_out, const std::vector<size_t>& places) {
  constexpr double kGolden = 0.6180339887498949;
  double low = std::log(0.1), high = std::log(10.0);
  for (int step = 0; step < 40; ++step) {
    const double left = high - kGolden * (high - low), right = low + kGolden * (high - low);
    const bool is_left =
        LossAt(std::exp(left), left_out, places) < LossAt(std::exp(right), left_out, places);
    (is_left ? high : low) = is_left ? right : left;
  }
  v1::Calibration calibration;
  calibration.set_slope(std::exp((low + high) / 2));
  for (size_t c = 0; c < left_out.raw.classes; ++c) calibration.add_bias(0);
  return calibration;
}

// How many false alarms there may be: on the sources that were watched for a day and longer, and
// how many of the others may raise any.
struct Allowance {
  std::set<size_t> long_sources;
  size_t alarms = 0;
  size_t short_sources = 0;
};

Allowance AllowanceOf(const Dataset& data, const std::vector<size_t>& rows, double alarms_per_day) {
  Allowance allowance;
  double days = 0;
  size_t others = 0;
  const std::vector<size_t> nothing(rows.size(), 0);
  for (const JudgedSource& source : JudgeAlarms(data, rows, nothing, {}).sources) {
    if (source.device_hours < kHoursPerDay) {
      ++others;
      continue;
    }
    allowance.long_sources.insert(source.source);
    days += source.device_hours / kHoursPerDay;
  }
  allowance.alarms = static_cast<size_t>(alarms_per_day * days);
  allowance.short_sources = others / kShortSourcesPerAlarm;
  return allowance;
}

// Alarms of one class, if its threshold were so, on rows without an event.
class FalseAlarms {
 public:
  FalseAlarms(const Dataset& data, size_t class_index, const AlarmRule& rule)
      : data_(data), class_index_(class_index), rule_(rule) {}

  void Add(size_t row, double probability) {
    rows_.push_back(row);
    probabilities_.push_back(probability);
  }

  // The least threshold, of those at which something changes, that keeps to what is allowed.
  double Threshold(const Allowance& allowance) const {
    std::set<double> candidates = {kLeastThreshold};
    for (double p : probabilities_) {
      if (p > kLeastThreshold) candidates.insert(std::nextafter(p, 2));
    }
    for (double threshold : candidates) {
      if (Keeps(allowance, threshold)) return std::min(threshold, 1.0);
    }
    return 1;
  }

  size_t class_index() const { return class_index_; }

 private:
  bool Keeps(const Allowance& allowance, double threshold) const {
    size_t alarms = 0;
    std::set<size_t> others;
    size_t last = rows_.size();  // place of the last window
    size_t joined = 0;           // windows that go with it, itself among them
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (probabilities_[i] < threshold) continue;
      const bool joins = last < rows_.size() &&
                         data_.sequence[rows_[i]] == data_.sequence[rows_[last]] &&
                         data_.window[rows_[i]] <= data_.window[rows_[last]] + rule_.quiet + 1;
      last = i;
      joined = joins ? joined + 1 : 1;
      if (joined != rule_.Least(class_index_)) continue;
      const size_t source = data_.source[rows_[i]];
      if (!allowance.long_sources.contains(source)) {
        others.insert(source);
      } else {
        ++alarms;
      }
    }
    return alarms <= allowance.alarms && others.size() <= allowance.short_sources;
  }

  const Dataset& data_;
  const size_t class_index_;
  const AlarmRule rule_;
  std::vector<size_t> rows_;
  std::vector<double> probabilities_;
};

std::vector<double> FitThresholds(const Dataset& data, const LeftOutRows& left_out,
                                  const std::vector<size_t>& places, const DetectorParts& parts,
                                  const DetectionOptions& options) {
  const size_t classes = data.classes.size();
  const AlarmRule rule = AlarmRuleOf(data, options);
  std::vector<FalseAlarms> alarms;
  for (size_t c = 1; c < classes; ++c) alarms.emplace_back(data, c, rule);
  std::vector<size_t> rows;
  for (size_t i : places) rows.push_back(left_out.raw.row[i]);
  const std::vector<bool> near = AreNearEvents(data, rows, rule.quiet);
  std::vector<size_t> benign;
  for (size_t k = 0; k < places.size(); ++k) {
    if (near[k]) continue;
    benign.push_back(rows[k]);
    const std::vector<double> served = ServedProbabilities(left_out, places[k], parts);
    for (FalseAlarms& of : alarms) of.Add(rows[k], served[of.class_index()]);
  }
  const Allowance allowance = AllowanceOf(data, benign, options.alarms_per_day);
  std::vector<double> thresholds = {0};
  for (const FalseAlarms& of : alarms) thresholds.push_back(of.Threshold(allowance));
  thresholds.push_back(kUnknownThreshold);
  return thresholds;
}

double FitRadiusFactor(const LeftOutRows& left_out, const std::vector<size_t>& places,
                       const DetectionOptions& options) {
  if (left_out.radii_away.empty()) return 0;
  std::vector<double> radii;
  for (size_t i : places) radii.push_back(left_out.radii_away[i]);
  if (radii.empty()) return 1;  // nothing was left out to fit it on
  std::sort(radii.begin(), radii.end());
  const auto place = (1 - options.unknown_share) * static_cast<double>(radii.size() - 1);
  // Where UnknownProbability reaches the threshold: 1 - 1 / radii^2 = kUnknownThreshold.
  const double reached = 1 / std::sqrt(1 - kUnknownThreshold);
  return std::max(radii[static_cast<size_t>(place)] / reached, 1.0);
}

}  // namespace

AlarmRule AlarmRuleOf(const Dataset& data, const DetectionOptions& options) {
  return {.quiet = data.hop_ns == 0 ? 0 : options.quiet_ns / data.hop_ns,
          .least_of_class = options.least_windows};
}

std::vector<double> ServedProbabilities(const LeftOutRows& rows, size_t i,
                                        const DetectorParts& parts) {
  const size_t classes = rows.raw.classes;
  const auto raw = std::span(rows.raw.probabilities).subspan(i * classes, classes);
  std::vector<double> served(raw.begin(), raw.end());
  Calibrate(parts.calibration, served);
  const double unknown = parts.radius_factor == 0 || rows.radii_away.empty()
                             ? 0
                             : UnknownProbability(rows.radii_away[i], parts.radius_factor);
  for (double& p : served) p *= 1 - unknown;
  served.push_back(unknown);
  return served;
}

DetectorParts FitParts(const Dataset& data, const LeftOutRows& left_out,
                       const DetectionOptions& options,
                       const std::function<bool(size_t row)>& skip) {
  std::vector<size_t> places;                     // in left_out
  std::map<size_t, std::vector<size_t>> thinned;  // by source
  for (size_t i = 0; i < left_out.raw.rows(); ++i) {
    if (skip && skip(left_out.raw.row[i])) continue;
    places.push_back(i);
    thinned[data.source[left_out.raw.row[i]]].push_back(i);
  }
  std::vector<size_t> few;
  for (const auto& [source, of_source] : thinned) {
    const std::vector<size_t> some = Thinned(of_source, kCalibrationRows);
    few.insert(few.end(), some.begin(), some.end());
  }
  DetectorParts parts;
  parts.calibration = FitOnRows(left_out, few);
  parts.radius_factor = FitRadiusFactor(left_out, few, options);
  parts.thresholds = FitThresholds(data, left_out, places, parts, options);
  return parts;
}

}  // namespace silhouette
