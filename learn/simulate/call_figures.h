#pragma once

#include <array>
#include <cstddef>

#include "common/presence_v1.h"
#include "learn/simulate/packet.h"

namespace silhouette::simulate {

// The nine columns of the published table, in its order. Sizes are wire bytes, inter-arrivals
// seconds, counts packets per window of 0.5 s; std is the sample's (n - 1).
using enum presence_v1::Place;
inline constexpr size_t kCallColumns = presence_v1::kFeatures;

// Column values are given at these standard normal scores: -3, -2.5, ... 3. Scores instead of
// probabilities, because the simulator draws scores and would otherwise need the normal
// distribution function.
inline constexpr size_t kQuantileScores = 13;
inline constexpr double kLowestScore = -3.0;
inline constexpr double kScoreStep = 0.5;

// What a real call's windows of one class look like.
struct CallFigures {
  std::array<double, kCallColumns> mean;
  std::array<double, kCallColumns> stddev;  // n - 1
  // These two are of the columns' normal scores (ranks mapped to the standard normal). With the
  // quantiles they describe the joint distribution better than covariances would: outbound packets
  // and inter-arrival medians are far from normal.
  std::array<double, kCallColumns> lag1;  // autocorrelation of neighbours within a block
  std::array<std::array<double, kCallColumns>, kCallColumns> correlation;
  // A column's first and last quantiles are the least and the greatest value seen: the clamps.
  std::array<std::array<double, kQuantileScores>, kCallColumns> quantiles;
};

const CallFigures& FiguresOf(Presence presence);

}  // namespace silhouette::simulate
