#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace silhouette {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// Something that a log line says beside its message, so that programs find it: docs/logs.md has the
// names.
struct LogField {
  using Value = std::variant<std::string, int64_t, uint64_t, double, bool>;

  std::string_view name;  // outlives the line; letters, digits and '_'
  Value value;
};
using LogFields = std::vector<LogField>;

// What the layouts below are made from. Texts may hold any bytes.
struct LogLine {
  std::chrono::system_clock::time_point time;
  LogLevel level = LogLevel::kInfo;
  std::string_view service;
  std::string_view message;
  const LogFields* fields = nullptr;  // null: none
};

// "debug", "info", "warn", "error": as --log-level has them.
const char* LevelName(LogLevel level);

// One JSON object in ASCII, without its end of line: time (RFC 3339, UTC), level, service, message,
// then the fields. Bytes that are no UTF-8 become \xNN, as by ToUtf8; a number that is not finite
// becomes null.
std::string ToJsonLine(const LogLine& line);

// The message and its fields for people, "message  name=value …": values with spaces, quotes or '='
// are quoted. What would end the line or move a terminal's cursor is written as \xNN.
std::string ToTextLine(const LogLine& line);

}  // namespace silhouette
