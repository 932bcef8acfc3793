#include "common/derived_schema.h"

#include <algorithm>

#include "common/presence_v1.h"

namespace silhouette {
namespace {

using enum presence_v1::Place;

double Ratio(double value, double to, double otherwise) { return to > 0 ? value / to : otherwise; }

// Sums of each quantity over some windows, and how many they are.
template <size_t kQuantities>
class Means {
 public:
  void Add(std::span<const double> rows) {
    for (size_t i = 0; i < rows.size(); ++i) sums_[i % kQuantities] += rows[i];
    windows_ += static_cast<double>(rows.size() / kQuantities);
  }
  double operator[](size_t quantity) const { return Ratio(sums_[quantity], windows_, 0); }

 private:
  double sums_[kQuantities] = {};
  double windows_ = 0;
};

// ---- presence.v2: which side is which does not matter, and what lasts counts ----

constexpr size_t kV2Quantities = 9;

void QuantitiesV2(std::span<const double> row, double* out) {
  *out++ = row[kTotalPackets];
  *out++ = row[kTotalPackets] * row[kSizeMean];
  *out++ = Ratio(std::min(row[kInboundPackets], row[kOutboundPackets]), row[kTotalPackets], 0);
  *out++ = row[kSizeMean];
  *out++ = Ratio(row[kSizeStd], row[kSizeMean], 0);
  *out++ = Ratio(row[kSizeMedian], row[kSizeMean], 0);
  *out++ = row[kIatMean];
  *out++ = Ratio(row[kIatStd], row[kIatMean], 0);
  *out++ = Ratio(row[kIatMedian], row[kIatMean], 0);
}

void FeaturesV2(std::span<const double> past, std::span<const double> own, double* features) {
  Means<kV2Quantities> means;
  means.Add(past);
  if (own[0] > 0) means.Add(own);
  for (size_t i = 0; i < kV2Quantities; ++i) features[i] = means[i];
}

// ---- presence.v2.ratio: what has changed ----

constexpr size_t kRatioQuantities = 3;
constexpr size_t kRecentWindows = 20;

void QuantitiesRatio(std::span<const double> row, double* out) {
  *out++ = row[kTotalPackets];
  *out++ = row[kTotalPackets] * row[kSizeMean];
  *out++ = row[kIatMean];
}

void FeaturesRatio(std::span<const double> past, std::span<const double> own, double* features) {
  Means<kRatioQuantities> all, recent;
  all.Add(past);
  const bool counts = own[0] > 0;
  const size_t newest = (kRecentWindows - (counts ? 1 : 0)) * kRatioQuantities;
  recent.Add(past.last(std::min(past.size(), newest)));
  if (counts) {
    all.Add(own);
    recent.Add(own);
  }
  for (size_t i = 0; i < kRatioQuantities; ++i) features[i] = Ratio(recent[i], all[i], 1);
}

}  // namespace

int64_t DerivedSchema::PastWindows(int64_t length_ns) const {
  const int64_t lookback_ns = (*FindSchema("presence.v1"))->horizon_ns;
  return std::min<int64_t>(windows - 1, (schema->horizon_ns - lookback_ns) / length_ns);
}

const DerivedSchema* FindDerivedSchema(std::string_view schema) {
  static const auto* schemas = new std::vector<DerivedSchema>{
      {*FindSchema("presence.v2"),
       {"size_mean", "size_std", "size_median", "iat_mean", "iat_std", "iat_median",
        "inbound_packets", "outbound_packets", "total_packets"},
       kV2Quantities,
       5,
       &QuantitiesV2,
       &FeaturesV2},
      {*FindSchema("presence.v2.ratio"),
       {"size_mean", "iat_mean", "total_packets"},
       kRatioQuantities,
       180,
       &QuantitiesRatio,
       &FeaturesRatio},
  };
  for (const DerivedSchema& derived : *schemas) {
    if (derived.schema->name == schema) return &derived;
  }
  return nullptr;
}

void PastQuantities::AppendBefore(int64_t window, const Reach& reach,
                                  std::vector<double>* found) const {
  if (numbers_.empty()) return;
  const size_t width = quantities_.size() / numbers_.size();
  for (size_t i = 0; i < numbers_.size(); ++i) {
    const int64_t back = window - numbers_[i];
    if (back > reach.windows * reach.step || back % reach.step != 0) continue;
    const auto begin = quantities_.begin() + static_cast<std::ptrdiff_t>(i * width);
    found->insert(found->end(), begin, begin + static_cast<std::ptrdiff_t>(width));
  }
}

void PastQuantities::Keep(int64_t window, const Reach& reach, std::span<const double> quantities) {
  const bool holds_a_packet = quantities[0] > 0;
  if (!holds_a_packet || reach.windows == 0) return;
  // Seldom enough to cost nothing, and before it would grow.
  if (numbers_.size() == numbers_.capacity()) DropBefore(window - reach.windows * reach.step);
  numbers_.push_back(window);
  quantities_.insert(quantities_.end(), quantities.begin(), quantities.end());
}

void PastQuantities::DropBefore(int64_t window) {
  if (numbers_.empty()) return;
  const auto width = static_cast<std::ptrdiff_t>(quantities_.size() / numbers_.size());
  const auto kept = std::lower_bound(numbers_.begin(), numbers_.end(), window);
  quantities_.erase(quantities_.begin(), quantities_.begin() + (kept - numbers_.begin()) * width);
  numbers_.erase(numbers_.begin(), kept);
}

}  // namespace silhouette
