// What makes the parameters of a timeline sound.

#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/timeline.h"

namespace silhouette {
namespace {

absl::Status CheckCalibration(const v1::TimelineModel& model, size_t classes) {
  if (!(model.calibration_slope() >= 0 && std::isfinite(model.calibration_slope()))) {
    return absl::InvalidArgumentError(absl::StrCat("timeline calibration slope ",
                                                   model.calibration_slope(),
                                                   "; it must be positive, or 0 for unset"));
  }
  const auto biases = static_cast<size_t>(model.calibration_bias_size());
  if (biases != 0 && biases != classes) {
    return absl::InvalidArgumentError(absl::StrCat("timeline of ", biases,
                                                   " calibration biases for ", classes,
                                                   " classes; it needs one for each, or none"));
  }
  for (double bias : model.calibration_bias()) {
    if (!std::isfinite(bias)) {
      return absl::InvalidArgumentError(absl::StrCat("timeline calibration bias ", bias));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTimelineModel(const v1::TimelineModel& model, size_t classes) {
  for (double weight : {model.evidence_weight(), model.live_evidence_weight()}) {
    if (weight >= 0 && weight <= 1) continue;
    return absl::InvalidArgumentError(absl::StrCat("timeline evidence weight ", weight,
                                                   "; it must be in (0, 1], or 0 for unset"));
  }
  if (absl::Status s = CheckCalibration(model, classes); !s.ok()) return s;
  if (static_cast<size_t>(model.prior_size()) != classes ||
      static_cast<size_t>(model.transition_size()) != classes * classes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "timeline of ", model.prior_size(), " priors and ", model.transition_size(),
        " transitions for ", classes, " classes; it needs ", classes, " and ", classes * classes));
  }
  for (double prior : model.prior()) {
    if (!(prior > 0 && prior <= 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("timeline prior ", prior, "; it must be in (0, 1]"));
    }
  }
  for (size_t row = 0; row < classes; ++row) {
    double sum = 0;
    for (size_t c = 0; c < classes; ++c) {
      const double p = model.transition(static_cast<int>(row * classes + c));
      if (!(p >= 0 && p <= 1)) {
        return absl::InvalidArgumentError(
            absl::StrCat("timeline transition ", p, "; it must be in [0, 1]"));
      }
      sum += p;
    }
    if (std::abs(sum - 1) > 1e-6) {
      return absl::InvalidArgumentError(
          absl::StrCat("timeline transitions from class ", row, " add up to ", sum, ", not 1"));
    }
  }
  return absl::OkStatus();
}

}  // namespace silhouette
