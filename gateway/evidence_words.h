#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema.h"
#include "silhouette/v1/incident.pb.h"

namespace silhouette {

enum class Direction { kIn, kOut, kAll };

// What a feature is about: features of one topic say the same thing.
struct Topic {
  std::string name;
  Direction direction;
};
Topic TopicOf(const Feature& feature);

// A window, whose features are in the order of the columns.
struct SeenWindow {
  std::span<const Feature> columns;
  std::span<const double> features;
  double seconds;  // its length
};

// Whether the feature's phrase says how much there is, not just that it is more or less than usual.
bool SaysAmount(const Feature& feature);

// What a feature of the window has, as people say it: "412 peers in 5 s". `usual` says whether that
// is much or little. Empty where it is not worth saying.
std::string PhraseOf(const SeenWindow& window, const Feature& feature, double value,
                     const v1::TellingFeature& usual);

}  // namespace silhouette
