#include "common/timeline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace silhouette {
namespace {

using Vector = std::vector<double>;

constexpr double kSmallest = 1e-9;  // keeps a confident window from vetoing a path for ever

// All zero means that no path explains what was seen, or that it underflowed: then nothing is
// known.
void Normalize(std::span<double> values) {
  double sum = 0;
  for (double v : values) sum += v;
  for (double& v : values) v = sum > 0 ? v / sum : 1.0 / static_cast<double>(values.size());
}

class Chain {
 public:
  explicit Chain(const v1::TimelineModel& model)
      : classes_(static_cast<size_t>(model.prior_size())),
        prior_(model.prior().begin(), model.prior().end()),
        powers_{Vector(model.transition().begin(), model.transition().end())} {
    NormalizeRows(&powers_.front());
  }

  size_t classes() const { return classes_; }
  double prior(size_t c) const { return prior_[c]; }

  // Transition over `steps` windows, row-major: the product of the powers of two that
  // `steps` is the sum of.
  const Vector& Steps(int64_t steps) {
    if (steps <= 1) return powers_.front();
    if (steps == cached_steps_) return cached_;
    cached_.clear();
    for (size_t bit = 0; (steps >> bit) > 0; ++bit) {
      if (bit == powers_.size()) powers_.push_back(Multiply(powers_.back(), powers_.back()));
      if (((steps >> bit) & 1) == 0) continue;
      cached_ = cached_.empty() ? powers_[bit] : Multiply(cached_, powers_[bit]);
    }
    cached_steps_ = steps;
    return cached_;
  }

  // The logarithms of Steps.
  const Vector& LogSteps(int64_t steps) {
    if (steps == log_steps_) return logs_;
    logs_ = Steps(steps);
    for (double& p : logs_) p = std::log(p);
    log_steps_ = steps;
    return logs_;
  }

 private:
  Vector Multiply(const Vector& a, const Vector& b) const {
    Vector product(a.size(), 0);
    for (size_t i = 0; i < classes_; ++i) {
      for (size_t k = 0; k < classes_; ++k) {
        for (size_t j = 0; j < classes_; ++j) {
          product[i * classes_ + j] += a[i * classes_ + k] * b[k * classes_ + j];
        }
      }
    }
    NormalizeRows(&product);
    return product;
  }

  // Squaring doubles what a row's sum is off by: left alone, forty squarings would make 1e-16 of
  // rounding 1e-4.
  void NormalizeRows(Vector* matrix) const {
    for (size_t row = 0; row < classes_; ++row) {
      Normalize(std::span(*matrix).subspan(row * classes_, classes_));
    }
  }

  const size_t classes_;
  const Vector prior_;
  std::vector<Vector> powers_;  // of the transition: over 1, 2, 4 ... windows, as far as needed
  Vector cached_;
  int64_t cached_steps_ = 0;
  Vector logs_;
  int64_t log_steps_ = 0;
};

size_t ArgMax(std::span<const double> values) {
  return static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

double WeightOr(double weight, double unset) { return weight > 0 ? weight : unset; }

double FinalWeight(const v1::TimelineModel& model) { return WeightOr(model.evidence_weight(), 1); }

double LiveWeight(const v1::TimelineModel& model) {
  return WeightOr(model.live_evidence_weight(), FinalWeight(model));
}

// A model's calibration of what it says of a window.
class Calibration {
 public:
  explicit Calibration(const v1::TimelineModel& model)
      : slope_(WeightOr(model.calibration_slope(), 1)),
        bias_(model.calibration_bias().begin(), model.calibration_bias().end()) {
    bias_.resize(static_cast<size_t>(model.prior_size()), 0);
  }

  // Logarithms of the calibrated probabilities, all less that of the most probable class.
  void RelativeLogs(std::span<const float> probabilities, std::span<double> logs) const {
    for (size_t c = 0; c < logs.size(); ++c) {
      const double p = std::max(static_cast<double>(probabilities[c]), kSmallest);
      logs[c] = slope_ * std::log(p) + bias_[c];
    }
    const double most = *std::max_element(logs.begin(), logs.end());
    for (double& log : logs) log -= most;
  }

 private:
  const double slope_;
  Vector bias_;
};

// Probabilities below kSmallest become that.
void RaiseSmallest(std::span<double> relative_logs) {
  const auto classes = static_cast<double>(relative_logs.size());
  const double least = *std::min_element(relative_logs.begin(), relative_logs.end());
  static const double kLogSmallest = std::log(kSmallest);
  // None is so small, as all of them, relative to the greatest, add up to `classes` at most.
  if (least > kLogSmallest + std::log(classes)) return;
  double sum = 0;
  for (double log : relative_logs) sum += std::exp(log);
  const double bound = kLogSmallest + std::log(sum);
  for (double& log : relative_logs) log = std::max(log, bound);
}

// What was seen of one subject: when, and how likely each class makes it, but for a factor that all
// classes of a window share. Row-major, windows x classes.
struct Evidence {
  const std::vector<int64_t>& window;
  Vector log_likelihood;
  Vector likelihood;
};

Evidence EvidenceOf(const v1::TimelineModel& model, const WindowScores& scores, double weight) {
  const auto classes = static_cast<size_t>(model.prior_size());
  const Calibration calibration(model);
  Vector log_prior(model.prior().begin(), model.prior().end());
  for (double& prior : log_prior) prior = std::log(prior);
  Evidence evidence{scores.window, Vector(scores.probabilities.size()),
                    Vector(scores.probabilities.size())};
  for (size_t row = 0; row < scores.probabilities.size(); row += classes) {
    const auto logs = std::span(evidence.log_likelihood).subspan(row, classes);
    calibration.RelativeLogs(std::span(scores.probabilities).subspan(row, classes), logs);
    RaiseSmallest(logs);
    for (size_t c = 0; c < classes; ++c) {
      logs[c] = weight * (logs[c] - log_prior[c]);
      evidence.likelihood[row + c] = std::exp(logs[c]);
    }
  }
  return evidence;
}

// What is known once some windows have been seen.
struct Known {
  int64_t window = 0;    // the last one
  Vector probabilities;  // of each class, given the windows up to it; empty before the first one
};

// Row-major, windows x classes: probability of each class given the windows up to each one, behind
// those of `known`.
Vector ForwardProbabilities(Chain* chain, const Evidence& seen, const Known& known = {}) {
  const size_t k = chain->classes();
  Vector alpha(seen.window.size() * k, 0);
  for (size_t t = 0; t < seen.window.size(); ++t) {
    const bool is_first = t == 0 && known.probabilities.empty();
    const double* const before = t == 0 ? known.probabilities.data() : &alpha[(t - 1) * k];
    const int64_t window_before = t == 0 ? known.window : seen.window[t - 1];
    const Vector& step = chain->Steps(is_first ? 1 : seen.window[t] - window_before);
    for (size_t c = 0; c < k; ++c) {
      double predicted = is_first ? chain->prior(c) : 0;
      for (size_t from = 0; from < k && !is_first; ++from) {
        predicted += before[from] * step[from * k + c];
      }
      alpha[t * k + c] = predicted * seen.likelihood[t * k + c];
    }
    Normalize(std::span(alpha).subspan(t * k, k));
  }
  return alpha;
}

// Row-major, windows x classes: probability of each class given all windows.
Vector PosteriorProbabilities(Chain* chain, const Evidence& seen) {
  const size_t k = chain->classes();
  Vector posterior = ForwardProbabilities(chain, seen);
  Vector beta(k, 1), before(k);
  for (size_t t = seen.window.size(); t-- > 0;) {
    for (size_t c = 0; c < k; ++c) posterior[t * k + c] *= beta[c];
    Normalize(std::span(posterior).subspan(t * k, k));
    if (t == 0) break;
    const Vector& step = chain->Steps(seen.window[t] - seen.window[t - 1]);
    for (size_t from = 0; from < k; ++from) {
      before[from] = 0;
      for (size_t to = 0; to < k; ++to) {
        before[from] += step[from * k + to] * seen.likelihood[t * k + to] * beta[to];
      }
    }
    Normalize(before);
    std::swap(beta, before);
  }
  return posterior;
}

std::vector<size_t> MostProbablePath(Chain* chain, const Evidence& seen) {
  const size_t k = chain->classes();
  const size_t windows = seen.window.size();
  Vector best(k), next(k);
  std::vector<uint32_t> from_of(windows * k, 0);
  for (size_t t = 0; t < windows; ++t) {
    for (size_t c = 0; c < k; ++c) {
      next[c] = -std::numeric_limits<double>::infinity();
      if (t == 0) {
        next[c] = std::log(chain->prior(c));
      } else {
        const Vector& log_step = chain->LogSteps(seen.window[t] - seen.window[t - 1]);
        for (size_t from = 0; from < k; ++from) {
          const double score = best[from] + log_step[from * k + c];
          if (score > next[c]) {
            next[c] = score;
            from_of[t * k + c] = static_cast<uint32_t>(from);
          }
        }
      }
      next[c] += seen.log_likelihood[t * k + c];
    }
    std::swap(best, next);
  }
  std::vector<size_t> path(windows);
  if (windows == 0) return path;
  path.back() = ArgMax(best);
  for (size_t t = windows - 1; t > 0; --t) path[t - 1] = from_of[t * k + path[t]];
  return path;
}

}  // namespace

std::vector<double> CalibratedProbabilities(const v1::TimelineModel& model,
                                            const WindowScores& scores) {
  const auto classes = static_cast<size_t>(model.prior_size());
  Vector calibrated(scores.probabilities.begin(), scores.probabilities.end());
  if (WeightOr(model.calibration_slope(), 1) == 1 && model.calibration_bias_size() == 0) {
    return calibrated;
  }
  const Calibration calibration(model);
  for (size_t row = 0; row < calibrated.size(); row += classes) {
    const auto logs = std::span(calibrated).subspan(row, classes);
    calibration.RelativeLogs(std::span(scores.probabilities).subspan(row, classes), logs);
    for (double& log : logs) log = std::exp(log);
    Normalize(logs);
  }
  return calibrated;
}

struct ForwardFilter::State {
  v1::TimelineModel model;
  Chain chain;
  Known known;
};

ForwardFilter::ForwardFilter(const v1::TimelineModel& model)
    : state_(new State{model, Chain(model), {}}) {}
ForwardFilter::~ForwardFilter() = default;
ForwardFilter::ForwardFilter(ForwardFilter&&) noexcept = default;

std::vector<SmoothedWindow> ForwardTimeline(const v1::TimelineModel& model,
                                            const WindowScores& scores) {
  constexpr size_t kPiece = 4096;  // windows, of which all there is to say fits a core's cache
  const auto classes = static_cast<size_t>(model.prior_size());
  ForwardFilter filter(model);
  std::vector<SmoothedWindow> states;
  states.reserve(scores.window.size());
  for (size_t from = 0; from < scores.window.size(); from += kPiece) {
    const size_t count = std::min(kPiece, scores.window.size() - from);
    const auto windows = std::span(scores.window).subspan(from, count);
    const auto rows = std::span(scores.probabilities).subspan(from * classes, count * classes);
    for (const SmoothedWindow& state :
         filter.Add({{windows.begin(), windows.end()}, {rows.begin(), rows.end()}})) {
      states.push_back(state);
    }
  }
  return states;
}

std::vector<SmoothedWindow> ForwardFilter::Add(const WindowScores& scores) {
  const v1::TimelineModel& model = state_->model;
  Chain& chain = state_->chain;
  const Evidence seen = EvidenceOf(model, scores, LiveWeight(model));
  const Vector alpha = ForwardProbabilities(&chain, seen, state_->known);
  const size_t k = chain.classes();
  if (!scores.window.empty()) {
    state_->known = {scores.window.back(),
                     Vector(alpha.end() - static_cast<int64_t>(k), alpha.end())};
  }
  std::vector<SmoothedWindow> states;
  states.reserve(scores.window.size());
  for (size_t t = 0; t < scores.window.size(); ++t) {
    const auto row = std::span(alpha).subspan(t * k, k);
    const size_t c = ArgMax(row);
    states.push_back({c, row[c]});
  }
  return states;
}

std::vector<SmoothedWindow> ViterbiTimeline(const v1::TimelineModel& model,
                                            const WindowScores& scores) {
  Chain chain(model);
  const Evidence seen = EvidenceOf(model, scores, FinalWeight(model));
  const Vector posterior = PosteriorProbabilities(&chain, seen);
  const std::vector<size_t> path = MostProbablePath(&chain, seen);
  std::vector<SmoothedWindow> states;
  states.reserve(path.size());
  for (size_t t = 0; t < path.size(); ++t) {
    states.push_back({path[t], posterior[t * chain.classes() + path[t]]});
  }
  return states;
}

std::vector<double> PosteriorTimeline(const v1::TimelineModel& model, const WindowScores& scores) {
  Chain chain(model);
  return PosteriorProbabilities(&chain, EvidenceOf(model, scores, FinalWeight(model)));
}

std::vector<SmoothedWindow> UnsmoothedTimeline(size_t classes, const WindowScores& scores) {
  std::vector<SmoothedWindow> states;
  for (size_t t = 0; t < scores.window.size(); ++t) {
    const auto row = std::span(scores.probabilities).subspan(t * classes, classes);
    const auto best = std::max_element(row.begin(), row.end());
    states.push_back({static_cast<size_t>(best - row.begin()), *best});
  }
  return states;
}

std::vector<TimelineSegment> JoinSegments(const std::vector<SmoothedWindow>& states,
                                          std::span<const int64_t> window, int64_t max_gap) {
  std::vector<TimelineSegment> segments;
  for (size_t t = 0; t < states.size(); ++t) {
    const bool joins = !segments.empty() && segments.back().class_index == states[t].class_index &&
                       window[t] - window[t - 1] <= max_gap;
    if (!joins) segments.push_back({states[t].class_index, t, 0, 0});
    TimelineSegment& segment = segments.back();
    ++segment.count;
    segment.confidence +=
        (states[t].probability - segment.confidence) / static_cast<double>(segment.count);
  }
  return segments;
}

}  // namespace silhouette
