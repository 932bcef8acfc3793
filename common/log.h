#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/log_format.h"

namespace silhouette {

// How this process logs.
struct LogOptions {
  std::string level = "info";   // debug, info, warn or error: the least severe that is told
  std::string format = "text";  // or json: see log_format.h
  int slow_batch_ms = 1000;     // a batch that takes longer is told at level info; 0: none
};

// Sends logs to stderr, one line each: those below, and those of spdlog. Before there are threads.
void SetUpLogging(const std::string& program, const LogOptions& options);

// Lines are JSON: what else goes to stderr must be, too.
bool IsJsonLog();

// What a batch may take before it is slow, ms; 0: it never is.
int SlowBatchMs();

bool IsLogged(LogLevel level);

// A line. From any thread.
void Log(LogLevel level, std::string_view message, const LogFields& fields = {});
inline void LogDebug(std::string_view message, const LogFields& fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(std::string_view message, const LogFields& fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarn(std::string_view message, const LogFields& fields = {}) {
  Log(LogLevel::kWarn, message, fields);
}
inline void LogError(std::string_view message, const LogFields& fields = {}) {
  Log(LogLevel::kError, message, fields);
}

// Why a program ends: as "PROGRAM: message" for people, or as a line of the JSON log.
void TellFailure(const std::string& program, const absl::Status& status);

}  // namespace silhouette
