#include "common/log_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/text.h"

namespace silhouette {
namespace {

// Bytes of what does not print at the beginning of UTF-8 text: control characters, ends of lines
// and changes of the writing direction. 0 when it prints.
size_t UnprintableBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) < 0xa0) return 2;  // U+0080 to U+009F
  if (byte(0) != 0xe2) return 0;
  const bool general = byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae;  // U+2028 to U+202E
  const bool isolate = byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;  // U+2066 to U+2069
  return general || isolate ? 3 : 0;
}

// `escaped` are characters that get a backslash.
std::string Printable(std::string_view text, std::string_view escaped = "") {
  const std::string utf8 = ToUtf8(text);
  std::string result;
  for (size_t at = 0; at < utf8.size();) {
    const size_t bytes = UnprintableBytes(std::string_view(utf8).substr(at));
    for (size_t i = 0; i < bytes; ++i) {
      absl::StrAppendFormat(&result, "\\x%02x", static_cast<uint8_t>(utf8[at + i]));
    }
    at += bytes;
    if (bytes > 0) continue;
    if (escaped.find(utf8[at]) != std::string_view::npos) result += '\\';
    result += utf8[at++];
  }
  return result;
}

nlohmann::ordered_json ToJson(const LogField::Value& value) {
  return std::visit(
      [](const auto& held) -> nlohmann::ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
          return ToUtf8(held);
        } else {
          return held;
        }
      },
      value);
}

std::string ToText(const LogField::Value& value) {
  const auto* const text = std::get_if<std::string>(&value);
  if (text == nullptr) return ToJson(value).dump();
  const bool is_plain = !text->empty() && text->find_first_of(" =\"\\") == std::string::npos;
  return is_plain ? Printable(*text) : absl::StrCat("\"", Printable(*text, "\"\\"), "\"");
}

}  // namespace

const char* LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::string ToJsonLine(const LogLine& line) {
  nlohmann::ordered_json json;
  json["time"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E9SZ", absl::FromChrono(line.time), absl::UTCTimeZone());
  json["level"] = LevelName(line.level);
  json["service"] = ToUtf8(line.service);
  json["message"] = ToUtf8(line.message);
  if (line.fields != nullptr) {
    for (const LogField& field : *line.fields) json[std::string(field.name)] = ToJson(field.value);
  }
  return json.dump(-1, ' ', /*ensure_ascii=*/true);
}

std::string ToTextLine(const LogLine& line) {
  std::string text = Printable(line.message);
  if (line.fields == nullptr) return text;
  for (const LogField& field : *line.fields) {
    absl::StrAppend(&text, &field == &line.fields->front() ? "  " : " ", std::string(field.name),
                    "=", ToText(field.value));
  }
  return text;
}

}  // namespace silhouette
