#include "gateway/job_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <latch>
#include <thread>

#include "common/grpc_server.h"
#include "common/test_folder.h"
#include "common/trace_context.h"
#include "gateway/fake_capture_service.h"
#include "gateway/test_captures.h"

namespace silhouette {
namespace {

using namespace test_captures;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class JobRunnerTest : public ::testing::Test {
 protected:
  void Submit(const std::string& id) {
    const auto job = jobs_->BeginUpload(id, "call.pcap", 0, 0, "");
    ASSERT_TRUE(job.ok()) << job.status();
    ASSERT_TRUE(jobs_->Write(*job, Call(20'000)).ok());
    ASSERT_TRUE(jobs_->EndUpload(*job).ok());
  }
  void StartRunner() {
    runner_.emplace(
        jobs_.get(), [this] { return channels_; }, 1);
  }
  // The job once it is as wanted; as it is after a long time otherwise.
  v1::Job Await(const std::string& id, const std::function<bool(const v1::Job&)>& is_wanted) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    int64_t version = 0;
    while (true) {
      const auto changes = jobs_->Watch(version, id, std::chrono::milliseconds(50));
      version = changes.version;
      const v1::Job job = *jobs_->Get(id);
      if (is_wanted(job) || std::chrono::steady_clock::now() > until) return job;
    }
  }
  v1::Job AwaitEnd(const std::string& id) {
    return Await(id, [](const v1::Job& job) { return job.ended_ns() != 0; });
  }

  TemporaryFolder folder_;
  std::unique_ptr<VerdictStore> store_ = *VerdictStore::Open("");
  std::unique_ptr<JobManager> jobs_ =
      *JobManager::Open(store_.get(), {.spool = folder_.File("spool")});
  FakeCaptureService capture_;
  InProcessServer server_ = StartInProcessServer(&capture_);
  std::vector<std::shared_ptr<grpc::Channel>> channels_ = {server_.channel};
  std::optional<JobRunner> runner_;
};

TEST_F(JobRunnerTest, ACaptureSvcGetsWhatIsInTheSpool) {
  Submit("a");
  const uint64_t bytes = jobs_->Get("a")->spooled_bytes();
  StartRunner();
  const v1::Job done = AwaitEnd("a");
  EXPECT_EQ(done.state(), v1::JOB_STATE_DONE) << done.error();
  EXPECT_EQ(done.sent_bytes(), bytes);
  ASSERT_THAT(capture_.submissions(), SizeIs(1));
  EXPECT_EQ(capture_.submissions()[0].origin, "job:a");
  EXPECT_EQ(capture_.submissions()[0].run, done.run());
  EXPECT_EQ(capture_.submissions()[0].bytes.size(), bytes);
}

TEST_F(JobRunnerTest, ACaptureSvcGetsTheTraceThatTheJobBeganWith) {
  const v1::TraceContext trace = NewTrace();
  ASSERT_TRUE(jobs_->BeginUpload("a", "call.pcap", 0, 0, "", trace).ok());
  ASSERT_TRUE(jobs_->Write(*jobs_->Get("a"), Call(20'000)).ok());
  ASSERT_TRUE(jobs_->EndUpload(*jobs_->Get("a")).ok());
  StartRunner();
  EXPECT_EQ(AwaitEnd("a").traceparent(), ToTraceparent(trace));
  ASSERT_THAT(capture_.submissions(), SizeIs(1));
  EXPECT_EQ(ToTraceparent(capture_.submissions()[0].trace), ToTraceparent(trace));
}

TEST_F(JobRunnerTest, AJobWhoseCaptureSvcGoesAwayBeginsAgainUnderTheSameNames) {
  capture_.begin = [](size_t number) {
    return number < 2 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone") : grpc::Status::OK;
  };
  Submit("a");
  StartRunner();
  const v1::Job done = AwaitEnd("a");
  EXPECT_EQ(done.state(), v1::JOB_STATE_DONE);
  ASSERT_THAT(capture_.submissions(), SizeIs(3));
  EXPECT_EQ(capture_.submissions()[2].origin, "job:a");
  EXPECT_EQ(capture_.submissions()[2].run, done.run());
}

TEST_F(JobRunnerTest, WhatACaptureSvcRefusesFails) {
  capture_.begin = [](size_t) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no link type that I know");
  };
  Submit("a");
  StartRunner();
  const v1::Job job = AwaitEnd("a");
  EXPECT_EQ(job.state(), v1::JOB_STATE_FAILED);
  EXPECT_THAT(job.error(), HasSubstr("no link type that I know"));
}

TEST_F(JobRunnerTest, ACaptureThatFailsFailsItsJob) {
  capture_.outcome = v1::CAPTURE_STATE_FAILED;
  capture_.error = "the link broke for good";
  Submit("a");
  StartRunner();
  EXPECT_EQ(AwaitEnd("a").error(), "the link broke for good");
}

TEST_F(JobRunnerTest, TheReplicaWithTheLeastToDoGetsTheJob) {
  FakeCaptureService busy, idle;
  busy.running = 3;
  capture_.running = 2;
  const InProcessServer busy_server = StartInProcessServer(&busy);
  const InProcessServer idle_server = StartInProcessServer(&idle);
  channels_ = {busy_server.channel, server_.channel, idle_server.channel};
  Submit("a");
  StartRunner();
  EXPECT_EQ(AwaitEnd("a").state(), v1::JOB_STATE_DONE);
  EXPECT_THAT(idle.submissions(), SizeIs(1));
}

TEST_F(JobRunnerTest, WithoutACaptureSvcAJobWaitsAndSaysSo) {
  channels_.clear();
  Submit("a");
  StartRunner();
  const v1::Job job = Await("a", [](const v1::Job& now) { return !now.waiting().empty(); });
  EXPECT_EQ(job.state(), v1::JOB_STATE_QUEUED);
  EXPECT_THAT(job.waiting(), HasSubstr("--capture-address"));
}

TEST_F(JobRunnerTest, CancellingARunningJobEndsItsStream) {
  std::latch began(1);
  capture_.begin = [&](size_t) {
    began.count_down();
    return grpc::Status::OK;
  };
  capture_.outcome = v1::CAPTURE_STATE_RUNNING;
  capture_.waits_for_cancellation = true;
  Submit("a");
  StartRunner();
  began.wait();
  ASSERT_TRUE(jobs_->Cancel("a").ok());
  capture_.cancelled.wait();
  EXPECT_EQ(jobs_->Get("a")->state(), v1::JOB_STATE_CANCELLED);
  server_.server->Shutdown();  // before `began` goes
}

TEST_F(JobRunnerTest, StoppingBreaksOffWhatRunsWhichIsQueuedAgain) {
  std::latch began(1);
  capture_.begin = [&](size_t) {
    began.count_down();
    return grpc::Status::OK;
  };
  capture_.outcome = v1::CAPTURE_STATE_RUNNING;
  capture_.waits_for_cancellation = true;
  Submit("a");
  StartRunner();
  began.wait();
  runner_->Stop();
  capture_.cancelled.wait();
  EXPECT_EQ(jobs_->Get("a")->state(), v1::JOB_STATE_QUEUED);
  server_.server->Shutdown();  // before `began` goes
}

TEST_F(JobRunnerTest, ACaptureThatCannotBeReadNowIsReadLater) {
  Submit("a");
  const std::string spool = folder_.File("spool"), away = folder_.File("away");
  std::filesystem::rename(spool, away);
  StartRunner();
  const v1::Job job = Await("a", [](const v1::Job& now) { return !now.waiting().empty(); });
  EXPECT_THAT(job.waiting(), HasSubstr("cannot be read"));
  std::filesystem::rename(away, spool);
  EXPECT_EQ(AwaitEnd("a").state(), v1::JOB_STATE_DONE);
}

}  // namespace
}  // namespace silhouette
