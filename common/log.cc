#include "common/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <iostream>
#include <memory>
#include <utility>

namespace silhouette {
namespace {

std::atomic<bool> is_json = false;
std::atomic<int> slow_batch_ms = 0;

// Of the line that this thread logs: sinks lay it out before the call returns.
thread_local const LogFields* fields_of_line = nullptr;

LogLevel FromSpdlog(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) return LogLevel::kDebug;
  if (level == spdlog::level::info) return LogLevel::kInfo;
  return level == spdlog::level::warn ? LogLevel::kWarn : LogLevel::kError;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  return spdlog::level::from_str(LevelName(level));
}

LogLine ToLine(const spdlog::details::log_msg& message) {
  return {message.time, FromSpdlog(message.level),
          std::string_view(message.logger_name.data(), message.logger_name.size()),
          std::string_view(message.payload.data(), message.payload.size()), fields_of_line};
}

void Append(const std::string& text, spdlog::memory_buf_t* to) {
  to->append(text.data(), text.data() + text.size());
}

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    Append(ToJsonLine(ToLine(message)) + "\n", &to);
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

// %* in a pattern: the message with its fields.
class TextFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& to) override {
    Append(ToTextLine(ToLine(message)), &to);
  }
  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<TextFlag>();
  }
};

std::unique_ptr<spdlog::formatter> MakeFormatter(bool json) {
  if (json) return std::make_unique<JsonFormatter>();
  auto text = std::make_unique<spdlog::pattern_formatter>();
  text->add_flag<TextFlag>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %n: %*");
  return text;
}

}  // namespace

void SetUpLogging(const std::string& program, const LogOptions& options) {
  is_json = options.format == "json";
  slow_batch_ms = options.slow_batch_ms;
  auto logger = std::make_shared<spdlog::logger>(
      program, std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_formatter(MakeFormatter(is_json));
  logger->set_level(spdlog::level::from_str(options.level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

bool IsJsonLog() { return is_json; }
int SlowBatchMs() { return slow_batch_ms; }

bool IsLogged(LogLevel level) { return spdlog::should_log(ToSpdlog(level)); }

void Log(LogLevel level, std::string_view message, const LogFields& fields) {
  if (!IsLogged(level)) return;
  fields_of_line = &fields;
  spdlog::default_logger_raw()->log(ToSpdlog(level),
                                    spdlog::string_view_t(message.data(), message.size()));
  fields_of_line = nullptr;
}

void TellFailure(const std::string& program, const absl::Status& status) {
  if (is_json) return LogError(std::string(status.message()), {{"program", program}});
  std::cerr << program << ": " << status.message() << "\n";
}

}  // namespace silhouette
