#include "common/batch_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "common/trace_context.h"

namespace silhouette {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Optional;

// What is logged of a batch that began 5 ms ago.
nlohmann::json LineOf(const v1::VerdictBatch& batch) {
  const auto before = spdlog::default_logger();
  SetUpLogging("gateway", {.level = "debug", .format = "json"});
  testing::internal::CaptureStderr();
  LogStored(batch, {StageClock::now() - milliseconds(5), {}}, 1);
  spdlog::default_logger()->flush();
  const std::string said = testing::internal::GetCapturedStderr();
  SetUpLogging("gateway", {});
  spdlog::set_default_logger(before);
  return nlohmann::json::parse(said);
}

v1::VerdictBatch Batch() {
  v1::VerdictBatch batch;
  batch.mutable_header()->set_origin("file:a");
  batch.mutable_header()->set_run("1");
  batch.mutable_header()->set_sequence(7);
  batch.add_verdicts();
  batch.add_verdicts();
  return batch;
}

TEST(BatchLogTest, ALineSaysWhichBatchHowMuchAndHowLong) {
  v1::VerdictBatch batch = Batch();
  *batch.mutable_header()->mutable_trace() = NewTrace();
  const auto line = LineOf(batch);
  EXPECT_EQ(line["message"], "verdicts stored");
  EXPECT_EQ(line["level"], "debug");
  EXPECT_EQ(line["origin"], "file:a");
  EXPECT_EQ(line["run"], "1");
  EXPECT_EQ(line["sequence"], 7);
  EXPECT_EQ(line["verdicts"], 2);
  EXPECT_EQ(line["new"], 1);
  EXPECT_GE(line["duration_ms"].get<double>(), 5);
  EXPECT_FALSE(line.contains("queued_ms"));
  EXPECT_EQ(line["trace_id"], TraceIdText(batch.header().trace()));
  EXPECT_EQ(line["span_id"], SpanIdText(batch.header().trace()));
}

TEST(BatchLogTest, ABatchThatIsNotTracedHasNoTraceInItsLine) {
  const auto line = LineOf(Batch());
  EXPECT_FALSE(line.contains("trace_id"));
  EXPECT_FALSE(line.contains("span_id"));
}

TEST(SlowBatchesTest, OneInTenSecondsIsToldAndTheOthersCounted) {
  SlowBatches slow(milliseconds(100));
  const StageClock::time_point start;
  EXPECT_EQ(slow.Admit(milliseconds(99), start), std::nullopt);
  EXPECT_THAT(slow.Admit(milliseconds(100), start), Optional(0u));
  EXPECT_EQ(slow.Admit(seconds(1), start + seconds(1)), std::nullopt);
  EXPECT_EQ(slow.Admit(seconds(1), start + milliseconds(9'999)), std::nullopt);
  EXPECT_EQ(slow.Admit(milliseconds(5), start + seconds(10)), std::nullopt);
  EXPECT_THAT(slow.Admit(seconds(1), start + seconds(10)), Optional(2u));
  EXPECT_THAT(slow.Admit(seconds(1), start + seconds(20)), Optional(0u));
}

TEST(SlowBatchesTest, NothingIsSlowWhereNothingIsToBe) {
  SlowBatches slow(milliseconds(0));
  EXPECT_EQ(slow.Admit(seconds(100), StageClock::time_point()), std::nullopt);
}

}  // namespace
}  // namespace silhouette
