#include "gateway/call_picker.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "absl/strings/str_format.h"
#include "common/derived_schema.h"
#include "common/presence_v1.h"

namespace silhouette {
namespace {

// What video calls have in common and downloads, games and keep-alives do not. The published
// call's quietest window still has 68 packets a second, two ways, of 720 bytes in the mean.
constexpr double kMinSpanS = 10;
constexpr double kMinPacketsPerS = 40;
constexpr double kMinTwoWayShare = 0.9;
constexpr double kMinOutboundShare = 0.1;
constexpr double kMaxOutboundShare = 0.9;
constexpr double kMinPacketBytes = 250;

// What a window says of its conversation.
struct Carried {
  double packets = 0;
  double outbound = 0;
  double bytes = 0;
  bool two_way = false;
};

Carried ByV1(std::span<const double> features) {
  using enum presence_v1::Place;
  return {features[kTotalPackets], features[kOutboundPackets],
          features[kTotalPackets] * features[kSizeMean],
          features[kInboundPackets] > 0 && features[kOutboundPackets] > 0};
}

// Its means are over some windows, and it does not say which side is at home: the smaller one
// stands for what goes out, and the limits are the same for both.
Carried ByV2(std::span<const double> features) {
  constexpr size_t kPackets = 0, kBytes = 1, kSmallerShare = 2;
  return {features[kPackets], features[kPackets] * features[kSmallerShare], features[kBytes],
          features[kSmallerShare] > 0};
}

// The first criterion that is not met; empty when all are.
std::string WhyNot(const v1::ConversationShape& s) {
  if (s.span_s() < kMinSpanS) return absl::StrFormat("lasts %.1f s only", s.span_s());
  if (s.packets_per_s() < kMinPacketsPerS) {
    return absl::StrFormat("%.1f packets/s are too few", s.packets_per_s());
  }
  if (s.two_way_share() < kMinTwoWayShare) {
    return absl::StrFormat("two-way in %.0f %% of its windows only", 100 * s.two_way_share());
  }
  if (s.outbound_share() < kMinOutboundShare || s.outbound_share() > kMaxOutboundShare) {
    return absl::StrFormat("one-sided: %.0f %% of packets go out", 100 * s.outbound_share());
  }
  if (s.mean_packet_bytes() < kMinPacketBytes) {
    return absl::StrFormat("packets of %.0f bytes carry no video", s.mean_packet_bytes());
  }
  return "";
}

}  // namespace

void ConversationMeter::Add(int64_t start_ns, int64_t end_ns, std::span<const double> features) {
  sums_.length_ns = end_ns - start_ns;
  if (sums_.windows_and_silent++ == 0) {
    sums_.first_ns = start_ns;
    sums_.end_ns = end_ns;
    sums_.windows = 1;
  }
  const Carried carried = is_v2_ ? ByV2(features) : ByV1(features);
  // Windows go on for a horizon after the last packet; those say nothing about how it looked.
  if (carried.packets == 0) return;
  sums_.windows = sums_.windows_and_silent;
  sums_.end_ns = end_ns;
  sums_.packets += carried.packets;
  sums_.outbound += carried.outbound;
  sums_.bytes += carried.bytes;
  if (carried.two_way) ++sums_.two_way;
}

std::string ConversationMeter::Save() const {
  return std::string(reinterpret_cast<const char*>(&sums_), sizeof sums_);
}

std::optional<ConversationMeter> ConversationMeter::Load(std::string_view schema,
                                                         std::string_view saved) {
  ConversationMeter meter(schema);
  if (saved.size() != sizeof meter.sums_) return std::nullopt;
  std::memcpy(&meter.sums_, saved.data(), sizeof meter.sums_);
  return meter;
}

v1::ConversationShape ConversationMeter::Finish() const {
  v1::ConversationShape shape;
  // presence.v2 still tells of packets in the windows behind the last one that holds some.
  const int64_t behind =
      is_v2_ ? FindDerivedSchema("presence.v2")->PastWindows(sums_.length_ns) : 0;
  const int64_t span_ns =
      std::max(sums_.end_ns - sums_.first_ns - behind * sums_.length_ns, sums_.length_ns);
  shape.set_span_s(1e-9 * static_cast<double>(span_ns));
  shape.set_packets_per_s(sums_.packets / shape.span_s());
  shape.set_two_way_share(static_cast<double>(sums_.two_way) / static_cast<double>(sums_.windows));
  shape.set_outbound_share(sums_.packets > 0 ? sums_.outbound / sums_.packets : 0);
  shape.set_mean_packet_bytes(sums_.packets > 0 ? sums_.bytes / sums_.packets : 0);
  const std::string why_not = WhyNot(shape);
  shape.set_looks_like_call(why_not.empty());
  shape.set_why(
      !why_not.empty()
          ? why_not
          : absl::StrFormat("two-way in %.0f %% of its windows, %.0f packets/s of %.0f bytes",
                            100 * shape.two_way_share(), shape.packets_per_s(),
                            shape.mean_packet_bytes()));
  return shape;
}

}  // namespace silhouette
