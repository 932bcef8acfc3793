#include "common/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

namespace silhouette {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override {
    SetUpLogging("common_test", {});
    spdlog::set_default_logger(before_);
  }
  // What `log` sends to stderr.
  static std::string Said(const LogOptions& options, const std::function<void()>& log) {
    SetUpLogging("feature-svc", options);
    testing::internal::CaptureStderr();
    log();
    spdlog::default_logger()->flush();
    return testing::internal::GetCapturedStderr();
  }
  static std::vector<nlohmann::json> Lines(const std::string& said) {
    std::vector<nlohmann::json> lines;
    std::istringstream text(said);
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST_F(LogTest, TextIsForPeople) {
  EXPECT_THAT(Said({},
                   [] {
                     LogInfo("packets sent", {{"origin", "file:a"}});
                   }),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12} info feature-svc: packets sent  "
                           "origin=file:a\n"));
}

TEST_F(LogTest, JsonIsOneObjectALineAlsoForPlainLinesOfSpdlog) {
  const auto lines = Lines(Said({.format = "json"}, [] {
    LogWarn("two\nlines", {{"origin", "a"}});
    spdlog::error("a \"{}\" one", "plain");
    LogInfo("without");
  }));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["level"], "warn");
  EXPECT_EQ(lines[0]["message"], "two\nlines");
  EXPECT_EQ(lines[0]["origin"], "a");
  EXPECT_EQ(lines[0]["service"], "feature-svc");
  EXPECT_EQ(lines[1]["level"], "error");
  EXPECT_EQ(lines[1]["message"], "a \"plain\" one");
  EXPECT_FALSE(lines[1].contains("origin"));
  EXPECT_FALSE(lines[2].contains("origin"));
}

TEST_F(LogTest, WhatIsBelowTheLevelIsNotTold) {
  EXPECT_EQ(Said({.level = "warn"}, [] { LogInfo("no"); }), "");
  EXPECT_FALSE(IsLogged(LogLevel::kInfo));
  EXPECT_TRUE(IsLogged(LogLevel::kWarn));
  EXPECT_THAT(Said({.level = "debug"}, [] { LogDebug("yes"); }), HasSubstr("yes"));
}

TEST_F(LogTest, LinesOfManyThreadsKeepTheirFields) {
  const auto lines = Lines(Said({.format = "json"}, [] {
    std::vector<std::thread> threads;
    for (int64_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([thread] {
        for (int i = 0; i < 200; ++i) LogInfo(std::to_string(thread), {{"thread", thread}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  }));
  ASSERT_EQ(lines.size(), 800u);
  for (const auto& line : lines) {
    EXPECT_EQ(line["message"], std::to_string(line["thread"].get<int64_t>()));
  }
}

TEST_F(LogTest, AFailureIsAPlainLineOrOneOfTheLog) {
  const auto fail = [] { TellFailure("gateway", absl::InvalidArgumentError("--store \"x\": no")); };
  EXPECT_EQ(Said({}, fail), "gateway: --store \"x\": no\n");
  const auto lines = Lines(Said({.format = "json"}, fail));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["message"], "--store \"x\": no");
  EXPECT_EQ(lines[0]["level"], "error");
}

}  // namespace
}  // namespace silhouette
