#include "cli/job_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace silhouette {
namespace {

using ::testing::HasSubstr;

v1::Job Job(v1::JobState state) {
  v1::Job job;
  job.set_id("abc");
  job.set_name("call.pcap");
  job.set_state(state);
  job.mutable_accounting()->set_received(12'345);
  job.set_windows(456);
  return job;
}

TEST(JobLines, EachStateSaysWhatMatters) {
  v1::Job job = Job(v1::JOB_STATE_RUNNING);
  job.set_spooled_bytes(200);
  job.set_sent_bytes(110);
  EXPECT_EQ(JobProgress(job), "running 55 %, 12,345 packets, 456 windows");
  job = Job(v1::JOB_STATE_QUEUED);
  EXPECT_EQ(JobProgress(job), "queued");
  job.set_waiting("no capture-svc answers");
  EXPECT_EQ(JobProgress(job), "queued: no capture-svc answers");
  job = Job(v1::JOB_STATE_FAILED);
  job.set_error("not a capture");
  EXPECT_EQ(JobProgress(job), "failed: not a capture");
  job = Job(v1::JOB_STATE_DONE);
  job.set_incomplete("cut at byte 7");
  EXPECT_EQ(JobProgress(job), "done, 12,345 packets, 456 windows; cut at byte 7");
}

TEST(JobLines, ATableIsAlignedAndShowsNoControlCharacters) {
  v1::Job job = Job(v1::JOB_STATE_DONE);
  job.set_name("\033[2Jevil\n");
  job.set_created_ns(1'700'000'000'000'000'000);
  const std::string table = JobTable({job, Job(v1::JOB_STATE_QUEUED)}, Terminal());
  EXPECT_EQ(table,
            "job  name       created (UTC)     state\n"
            "abc  ?[2Jevil?  2023-11-14 22:13  done, 12,345 packets, 456 windows\n"
            "abc  call.pcap  1970-01-01 00:00  queued\n");
  EXPECT_THAT(JobTable({}, Terminal()), HasSubstr("silhouette submit"));
}

TEST(JobLines, ABarIsFilledByItsShare) {
  EXPECT_EQ(Bar(0, 4), "[....]");
  EXPECT_EQ(Bar(0.5, 4), "[##..]");
  EXPECT_EQ(Bar(1, 4), "[####]");
  EXPECT_EQ(Bar(7, 4), "[####]");
}

}  // namespace
}  // namespace silhouette
