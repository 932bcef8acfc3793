#pragma once

#include <cstddef>

namespace silhouette::presence_v1 {

// Places of the features of presence.v1, for code that takes some of a window's. schemas.cc says
// what they are.
enum Place : size_t {
  kSizeMean,
  kSizeStd,
  kSizeMedian,
  kIatMean,
  kIatStd,
  kIatMedian,
  kInboundPackets,
  kOutboundPackets,
  kTotalPackets,
  kFeatures  // how many there are
};

}  // namespace silhouette::presence_v1
