#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// Trace contexts as W3C Trace Context has them (https://www.w3.org/TR/trace-context/), for log
// lines. Ids come from one generator of the process, and are no secrets.

// A new trace with its first span. From any thread.
v1::TraceContext NewTrace();

// A new span of the same trace. From any thread.
v1::TraceContext NewSpanOf(const v1::TraceContext& trace);

// False for one that is unset, or has an id of zeros.
bool IsTraced(const v1::TraceContext& trace);

// 32 and 16 hexadecimal digits.
std::string TraceIdText(const v1::TraceContext& trace);
std::string SpanIdText(const v1::TraceContext& trace);

// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": as the header traceparent.
std::string ToTraceparent(const v1::TraceContext& trace);

// The other way round, for this version of the header and later ones. Nothing for what is none: as
// the standard wants it, that is no error.
std::optional<v1::TraceContext> ParseTraceparent(std::string_view text);

}  // namespace silhouette
