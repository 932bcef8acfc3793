#include "common/derived_schema.h"

#include <algorithm>

namespace silhouette {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Places in presence.v1.
enum Place : size_t {
  kSizeMean,
  kSizeStd,
  kSizeMedian,
  kIatMean,
  kIatStd,
  kIatMedian,
  kInbound,
  kOutbound,
  kTotal
};

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
  *out++ = row[kTotal];
  *out++ = row[kTotal] * row[kSizeMean];
  *out++ = Ratio(std::min(row[kInbound], row[kOutbound]), row[kTotal], 0);
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
  *out++ = row[kTotal];
  *out++ = row[kTotal] * row[kSizeMean];
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
  return std::min<int64_t>(windows - 1, (horizon_ns - lookback_ns) / length_ns);
}

const DerivedSchema* FindDerivedSchema(std::string_view schema) {
  static const auto* schemas = new std::vector<DerivedSchema>{
      {"presence.v2",
       {"size_mean", "size_std", "size_median", "iat_mean", "iat_std", "iat_median",
        "inbound_packets", "outbound_packets", "total_packets"},
       kV2Quantities,
       kV2Quantities,
       5,
       7 * kSecond,
       5 * kSecond,
       &QuantitiesV2,
       &FeaturesV2},
      {"presence.v2.ratio",
       {"size_mean", "iat_mean", "total_packets"},
       kRatioQuantities,
       kRatioQuantities,
       180,
       95 * kSecond,
       5 * kSecond,
       &QuantitiesRatio,
       &FeaturesRatio},
  };
  for (const DerivedSchema& derived : *schemas) {
    if (derived.schema == schema) return &derived;
  }
  return nullptr;
}

}  // namespace silhouette
