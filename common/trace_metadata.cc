#include "common/trace_metadata.h"

#include <string_view>

#include "common/trace_context.h"

namespace silhouette {
namespace {

constexpr char kKey[] = "traceparent";

}  // namespace

void SendTrace(const v1::TraceContext& trace, grpc::ClientContext* context) {
  if (IsTraced(trace)) context->AddMetadata(kKey, ToTraceparent(trace));
}

v1::TraceContext ReceivedTrace(const grpc::ServerContext& context) {
  const auto [first, last] = context.client_metadata().equal_range(kKey);
  if (first == last || std::next(first) != last) return {};  // two contradict each other
  const std::string_view text(first->second.data(), first->second.size());
  return ParseTraceparent(text).value_or(v1::TraceContext());
}

}  // namespace silhouette
