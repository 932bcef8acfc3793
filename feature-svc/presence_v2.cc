#include <array>

#include "common/derived_schema.h"
#include "common/presence_v1.h"
#include "feature-svc/extractor.h"

namespace silhouette {
namespace {

void ExtractDerived(const DerivedSchema& derived, const WindowInput& window, double* values) {
  // As presence.v1 sees it, whose horizon is shorter.
  static const int64_t horizon_ns = (*FindSchema("presence.v1"))->horizon_ns;
  WindowInput own = window;
  const auto forget_far = [&](int64_t* time_ns) {
    if (*time_ns < window.start_ns - horizon_ns) *time_ns = WindowInput::kNever;
  };
  forget_far(&own.previous_in_ns);
  forget_far(&own.previous_out_ns);
  std::array<double, presence_v1::kFeatures> row;
  ExtractPresenceV1(own, row.data());
  derived.quantities_of(row, window.own_quantities.data());
  derived.features_of(window.past_quantities, window.own_quantities, values);
}

}  // namespace

void ExtractPresenceV2(const WindowInput& window, double* values) {
  static const DerivedSchema& derived = *FindDerivedSchema("presence.v2");
  ExtractDerived(derived, window, values);
}

void ExtractPresenceV2Ratio(const WindowInput& window, double* values) {
  static const DerivedSchema& derived = *FindDerivedSchema("presence.v2.ratio");
  ExtractDerived(derived, window, values);
}

}  // namespace silhouette
