#include "common/trace_context.h"

#include <cstdint>
#include <mutex>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace silhouette {
namespace {

// Never 0, which stands for no id.
uint64_t RandomId() {
  static std::mutex mutex;
  static std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  std::lock_guard lock(mutex);
  return std::uniform_int_distribution<uint64_t>(1)(generator);
}

// Two hexadecimal digits for each byte, lower case alone.
std::optional<uint64_t> ParseHex(std::string_view digits) {
  uint64_t value = 0;
  for (const char c : digits) {
    const bool is_letter = c >= 'a' && c <= 'f';
    if (!is_letter && (c < '0' || c > '9')) return std::nullopt;
    value = value << 4 | static_cast<uint64_t>(is_letter ? c - 'a' + 10 : c - '0');
  }
  return value;
}

}  // namespace

v1::TraceContext NewTrace() {
  v1::TraceContext trace;
  trace.set_trace_id_high(RandomId());
  trace.set_trace_id_low(RandomId());
  return NewSpanOf(trace);
}

v1::TraceContext NewSpanOf(const v1::TraceContext& trace) {
  v1::TraceContext span = trace;
  span.set_span_id(RandomId());
  return span;
}

bool IsTraced(const v1::TraceContext& trace) {
  return (trace.trace_id_high() | trace.trace_id_low()) != 0 && trace.span_id() != 0;
}

std::string TraceIdText(const v1::TraceContext& trace) {
  return absl::StrFormat("%016x%016x", trace.trace_id_high(), trace.trace_id_low());
}

std::string SpanIdText(const v1::TraceContext& trace) {
  return absl::StrFormat("%016x", trace.span_id());
}

// 01: recorded, in log lines.
std::string ToTraceparent(const v1::TraceContext& trace) {
  return absl::StrCat("00-", TraceIdText(trace), "-", SpanIdText(trace), "-01");
}

// version "-" trace-id "-" parent-id "-" flags; what a later version puts behind that begins with a
// "-" as well.
std::optional<v1::TraceContext> ParseTraceparent(std::string_view text) {
  constexpr size_t kLength = 55;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') {
    return std::nullopt;
  }
  const auto version = ParseHex(text.substr(0, 2)), flags = ParseHex(text.substr(53, 2));
  const auto high = ParseHex(text.substr(3, 16)), low = ParseHex(text.substr(19, 16));
  const auto span = ParseHex(text.substr(36, 16));
  if (!version || !flags || !high || !low || !span || *version == 0xff) return std::nullopt;
  if (text.size() > kLength && (*version == 0 || text[kLength] != '-')) return std::nullopt;
  v1::TraceContext trace;
  trace.set_trace_id_high(*high);
  trace.set_trace_id_low(*low);
  trace.set_span_id(*span);
  if (!IsTraced(trace)) return std::nullopt;
  return trace;
}

}  // namespace silhouette
