#include "common/log_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "common/text.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::system_clock::time_point kTime{
    std::chrono::nanoseconds(1'780'000'000'012'345'678)};

std::string JsonLine(std::string_view message, const LogFields& fields = {}) {
  return ToJsonLine({kTime, LogLevel::kWarn, "feature-svc", message, &fields});
}
std::string TextLine(std::string_view message, const LogFields& fields = {}) {
  return ToTextLine({kTime, LogLevel::kWarn, "feature-svc", message, &fields});
}

bool IsPrintableAscii(char c) { return c >= 0x20 && c < 0x7f; }

// What a client may send as a name, to break out of its line.
const std::string kHostile[] = {
    "two\nlines",
    "a\r\nb\tc",
    "\x1b[2J\x1b[1;31mred",
    std::string("nul\0byte", 8),
    "\x7f\x08\x08",
    "quote \" backslash \\ brace } {",
    "\",\"level\":\"error\",\"message\":\"forged",
    "K\xc3\xa4se, \xe6\xbc\xa2\xe5\xad\x97, \xf0\x9f\x8e\xa5",
    "not UTF-8: \xff\xfe \xc3(",
    "cut: \xe2\x82",
    "overlong: \xc0\xaf, surrogate: \xed\xa0\x80",
    "C1: \xc2\x9b"
    "31m \xc2\x85",
    "separators: \xe2\x80\xa8 \xe2\x80\xa9",
    "backwards: \xe2\x80\xae"
    "fdp.exe \xe2\x81\xa6",
    "%s %n {} {0}",
    "",
};

TEST(LogFormatTest, AJsonLineHasItsKeysInOrder) {
  EXPECT_EQ(JsonLine("a batch", {{"origin", "file:a"}, {"sequence", uint64_t{7}}}),
            R"({"time":"2026-05-28T20:26:40.012345678Z","level":"warn","service":"feature-svc",)"
            R"("message":"a batch","origin":"file:a","sequence":7})");
}

TEST(LogFormatTest, FieldsKeepTheirTypes) {
  const auto json =
      nlohmann::json::parse(JsonLine("x", {{"text", "1"},
                                           {"least", std::numeric_limits<int64_t>::min()},
                                           {"most", std::numeric_limits<uint64_t>::max()},
                                           {"real", 0.25},
                                           {"endless", std::numeric_limits<double>::infinity()},
                                           {"none", std::numeric_limits<double>::quiet_NaN()},
                                           {"yes", true}}));
  EXPECT_EQ(json["text"], "1");
  EXPECT_EQ(json["least"].get<int64_t>(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(json["most"].get<uint64_t>(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(json["real"], 0.25);
  EXPECT_TRUE(json["endless"].is_null());
  EXPECT_TRUE(json["none"].is_null());
  EXPECT_EQ(json["yes"], true);
}

TEST(LogFormatTest, WhateverATextHoldsAJsonLineIsOneObjectThatGivesItBack) {
  for (const std::string& text : kHostile) {
    const std::string line = JsonLine(text, {{"origin", text}});
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), IsPrintableAscii)) << line;
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["message"], ToUtf8(text));
    EXPECT_EQ(json["origin"], ToUtf8(text));
    EXPECT_EQ(json["level"], "warn");
    EXPECT_EQ(json.size(), 5u) << line;
  }
}

TEST(LogFormatTest, WhateverATextHoldsATextLineIsOneLineThatMovesNoCursor) {
  for (const std::string& text : kHostile) {
    const std::string line = TextLine(text, {{"origin", text}, {"sequence", uint64_t{7}}});
    EXPECT_EQ(ToUtf8(line), line);
    for (const char c : line) EXPECT_FALSE((c >= 0 && c < 0x20) || c == 0x7f) << line;
    for (const char* unprintable :
         {"\xc2\x9b", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6"}) {
      EXPECT_THAT(line, ::testing::Not(HasSubstr(unprintable)));
    }
    EXPECT_TRUE(line.ends_with(" sequence=7")) << line;
  }
}

// As many as take a moment, from a fixed seed.
TEST(LogFormatTest, RandomBytesAreOneJsonObject) {
  std::minstd_rand random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 24, 0);
    for (char& c : text) c = static_cast<char>(random());
    const std::string line = JsonLine(text, {{"origin", text}});
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(json.is_object()) << line;
    ASSERT_EQ(json["origin"], ToUtf8(text));
    ASSERT_EQ(line.find('\n'), std::string::npos);
  }
}

TEST(LogFormatTest, ATextLineIsItsMessageThenItsFields) {
  EXPECT_EQ(TextLine("nothing more"), "nothing more");
  EXPECT_EQ(TextLine("packets sent",
                     {{"origin", "file:a"}, {"packets", int64_t{4096}}, {"duration_ms", 1.5}}),
            "packets sent  origin=file:a packets=4096 duration_ms=1.5");
}

TEST(LogFormatTest, AValueThatWouldNotBeOneWordIsQuoted) {
  EXPECT_EQ(TextLine("m", {{"a", "two words"}, {"b", ""}, {"c", "x=\"y\""}, {"d", "back\\slash"}}),
            R"(m  a="two words" b="" c="x=\"y\"" d="back\\slash")");
}

}  // namespace
}  // namespace silhouette
