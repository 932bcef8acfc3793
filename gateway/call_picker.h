#pragma once

#include <string>
#include <vector>

#include "silhouette/v1/verdict.pb.h"

namespace silhouette {

// How a conversation looks over all its windows of presence.v1.
struct ConversationShape {
  std::string subject;
  double span_s = 0;          // from its first window with packets to its last
  double packets_per_s = 0;   // over the span
  double two_way_share = 0;   // of the windows in the span: packets in both directions
  double outbound_share = 0;  // of packets
  double mean_packet_bytes = 0;
  bool looks_like_call = false;
  std::string why;  // in words, whether it does or not
};

// Measures one conversation from its verdicts in window order; they must carry the features of
// presence.v1 and be at least one.
ConversationShape MeasureConversation(const std::vector<v1::Verdict>& verdicts);

}  // namespace silhouette
