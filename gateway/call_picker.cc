#include "gateway/call_picker.h"

#include <span>

#include "absl/strings/str_format.h"

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

// Places in presence.v1.
constexpr int kSizeMean = 0, kInbound = 6, kOutbound = 7, kTotal = 8;

// Windows go on for a horizon after the last packet; those say nothing about how it looked. The
// first window is never silent.
std::span<const v1::Verdict> WithoutSilentEnd(const std::vector<v1::Verdict>& verdicts) {
  size_t count = verdicts.size();
  while (count > 1 && verdicts[count - 1].features(kTotal) == 0) --count;
  return std::span(verdicts).first(count);
}

// The first criterion that is not met; empty when all are.
std::string WhyNot(const ConversationShape& s) {
  if (s.span_s < kMinSpanS) return absl::StrFormat("lasts %.1f s only", s.span_s);
  if (s.packets_per_s < kMinPacketsPerS) {
    return absl::StrFormat("%.1f packets/s are too few", s.packets_per_s);
  }
  if (s.two_way_share < kMinTwoWayShare) {
    return absl::StrFormat("two-way in %.0f %% of its windows only", 100 * s.two_way_share);
  }
  if (s.outbound_share < kMinOutboundShare || s.outbound_share > kMaxOutboundShare) {
    return absl::StrFormat("one-sided: %.0f %% of packets go out", 100 * s.outbound_share);
  }
  if (s.mean_packet_bytes < kMinPacketBytes) {
    return absl::StrFormat("packets of %.0f bytes carry no video", s.mean_packet_bytes);
  }
  return "";
}

}  // namespace

ConversationShape MeasureConversation(const std::vector<v1::Verdict>& verdicts) {
  double packets = 0, outbound = 0, bytes = 0, two_way = 0;
  const std::span<const v1::Verdict> span = WithoutSilentEnd(verdicts);
  for (const v1::Verdict& verdict : span) {
    const auto& features = verdict.features();
    packets += features[kTotal];
    outbound += features[kOutbound];
    bytes += features[kTotal] * features[kSizeMean];
    if (features[kInbound] > 0 && features[kOutbound] > 0) ++two_way;
  }
  ConversationShape shape;
  shape.subject = verdicts.front().subject();
  shape.span_s =
      1e-9 * static_cast<double>(span.back().window_end_ns() - span.front().window_start_ns());
  shape.packets_per_s = packets / shape.span_s;
  shape.two_way_share = two_way / static_cast<double>(span.size());
  shape.outbound_share = packets > 0 ? outbound / packets : 0;
  shape.mean_packet_bytes = packets > 0 ? bytes / packets : 0;
  shape.why = WhyNot(shape);
  shape.looks_like_call = shape.why.empty();
  if (shape.looks_like_call) {
    shape.why =
        absl::StrFormat("two-way in %.0f %% of its windows, %.0f packets/s of %.0f bytes",
                        100 * shape.two_way_share, shape.packets_per_s, shape.mean_packet_bytes);
  }
  return shape;
}

}  // namespace silhouette
