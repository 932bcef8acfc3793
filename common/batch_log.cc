#include "common/batch_log.h"

#include "common/trace_context.h"

namespace silhouette {
namespace {

// With a digit for each microsecond.
double Milliseconds(StageClock::duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return static_cast<double>(us) / 1000;
}

// Of the process; made by the first batch, behind SetUpLogging.
SlowBatches& SlowOnes() {
  static SlowBatches slow{std::chrono::milliseconds(SlowBatchMs())};
  return slow;
}

}  // namespace

void AddTrace(const v1::TraceContext& trace, LogFields* fields) {
  if (!IsTraced(trace)) return;
  fields->push_back({"trace_id", TraceIdText(trace)});
  fields->push_back({"span_id", SpanIdText(trace)});
}

LogFields TraceFields(const v1::TraceContext& trace) {
  LogFields fields;
  AddTrace(trace, &fields);
  return fields;
}

std::optional<uint64_t> SlowBatches::Admit(StageClock::duration took, StageClock::time_point now) {
  if (slow_.count() == 0 || took < slow_) return std::nullopt;
  std::lock_guard lock(mutex_);
  if (told_ && now - *told_ < kEvery) {
    ++untold_;
    return std::nullopt;
  }
  told_ = now;
  return std::exchange(untold_, 0);
}

void LogBatch(const BatchLine& line, const StageTimes& times, const LogFields& more) {
  const StageClock::time_point now = StageClock::now();
  const auto untold = SlowOnes().Admit(now - times.began, now);
  const LogLevel level = untold ? LogLevel::kInfo : LogLevel::kDebug;
  if (!IsLogged(level)) return;
  const v1::BatchHeader& header = line.header;
  LogFields fields = {{"origin", header.origin()},
                      {"run", header.run()},
                      {"sequence", uint64_t{header.sequence()}},
                      {line.unit, line.count}};
  fields.insert(fields.end(), more.begin(), more.end());
  fields.push_back({"duration_ms", Milliseconds(now - times.began)});
  if (times.queued) fields.push_back({"queued_ms", Milliseconds(now - *times.queued)});
  if (untold && *untold > 0) fields.push_back({"slow_before", *untold});
  AddTrace(header.trace(), &fields);
  Log(level, line.message, fields);
}

void LogSent(const v1::WindowBatch& batch, const StageTimes& times) {
  int64_t windows = 0;
  for (const v1::WindowTable& table : batch.tables()) windows += table.start_ns_size();
  LogBatch({batch.header(), "windows sent", "windows", windows}, times);
}

}  // namespace silhouette
