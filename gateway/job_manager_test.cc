#include "gateway/job_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <thread>
#include <vector>

#include "common/files.h"
#include "common/test_folder.h"
#include "common/trace_context.h"
#include "gateway/test_captures.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_captures;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::chrono::milliseconds kNow(0);

class JobManagerTest : public ::testing::Test {
 protected:
  JobManagerTest() { Start(); }

  // As a gateway that was restarted.
  void Start() {
    jobs_.reset();
    auto jobs = JobManager::Open(store_.get(), options_);
    ASSERT_TRUE(jobs.ok()) << jobs.status();
    jobs_ = *std::move(jobs);
  }
  absl::StatusOr<v1::Job> Begin(const std::string& id, uint64_t offset = 0, uint64_t total = 0) {
    return jobs_->BeginUpload(id, "call.pcap", offset, total, "");
  }
  absl::StatusOr<v1::Job> Submit(const std::string& id, const std::string& capture = Call(100)) {
    if (auto job = Begin(id); !job.ok()) return job;
    if (absl::Status written = jobs_->Write(Known(id), capture); !written.ok()) return written;
    return jobs_->EndUpload(Known(id));
  }
  std::vector<std::string> Spooled() {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(options_.spool)) {
      names.push_back(file.path().filename());
    }
    return names;
  }
  v1::Job Known(const std::string& id) { return *jobs_->Get(id); }
  std::string RunOf(const std::string& id) { return Known(id).run(); }
  v1::JobState State(const std::string& id) { return jobs_->Get(id)->state(); }

  TemporaryFolder folder_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  JobOptions options_{.spool = folder_.File("spool")};
  std::unique_ptr<VerdictStore> store_ =
      *VerdictStore::Open(folder_.File("verdicts.db"), [this] { return now_; });
  std::unique_ptr<JobManager> jobs_;
};

TEST_F(JobManagerTest, ACaptureBecomesAJobThatIsTakenOnce) {
  const auto job = Submit("a");
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->state(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(job->origin(), "job:a");
  EXPECT_EQ(job->received_bytes(), Call(100).size());
  const auto work = jobs_->Take(kNow);
  ASSERT_TRUE(work.has_value());
  EXPECT_EQ(work->job.id(), "a");
  EXPECT_THAT(*ReadFile(work->path), Not(HasSubstr(kSecret)));
  EXPECT_EQ(ReadFile(work->path)->size(), work->job.spooled_bytes());
  EXPECT_EQ(jobs_->Take(kNow), std::nullopt);
  EXPECT_TRUE(jobs_->Progress(Known("a"), 77));
  EXPECT_EQ(jobs_->Get("a")->sent_bytes(), 77u);
  jobs_->Done(Known("a"));
  EXPECT_EQ(State("a"), v1::JOB_STATE_DONE);
  EXPECT_EQ(jobs_->Get("a")->ended_ns(), absl::ToUnixNanos(now_));
  EXPECT_THAT(Spooled(), IsEmpty());
}

TEST_F(JobManagerTest, AStreamThatBreaksIsGoneOnWithWhereItWas) {
  const std::string capture = Call(100);
  ASSERT_TRUE(Begin("a", 0, capture.size()).ok());
  ASSERT_TRUE(jobs_->Write(Known("a"), capture.substr(0, 1000)).ok());
  EXPECT_TRUE(absl::IsAborted(Begin("a").status())) << "two streams for one job";
  jobs_->LeaveUpload(Known("a"));
  EXPECT_EQ(jobs_->Get("a")->received_bytes(), 1000u);
  EXPECT_TRUE(absl::IsOutOfRange(Begin("a", 1001).status()));
  EXPECT_EQ(Begin("a", 1000)->received_bytes(), 1000u);
  ASSERT_TRUE(jobs_->Write(Known("a"), capture.substr(1000, 500)).ok());
  EXPECT_EQ(jobs_->EndUpload(Known("a"))->state(), v1::JOB_STATE_UPLOADING) << "there is more";
  ASSERT_TRUE(Begin("a", 1500).ok());
  ASSERT_TRUE(jobs_->Write(Known("a"), capture.substr(1500)).ok());
  EXPECT_EQ(jobs_->EndUpload(Known("a"))->state(), v1::JOB_STATE_QUEUED);
  const std::string pieces = *ReadFile(jobs_->Take(kNow)->path);
  ASSERT_TRUE(Submit("b", capture).ok());
  EXPECT_EQ(pieces, *ReadFile(jobs_->Take(kNow)->path));
  EXPECT_TRUE(absl::IsFailedPrecondition(Begin("a", 1500).status()));
}

TEST_F(JobManagerTest, AJobKeepsTheTraceThatItBeganWith) {
  const v1::TraceContext trace = NewTrace();
  ASSERT_TRUE(jobs_->BeginUpload("a", "call.pcap", 0, 0, "", trace).ok());
  jobs_->LeaveUpload(Known("a"));
  ASSERT_TRUE(jobs_->BeginUpload("a", "call.pcap", 0, 0, "", NewTrace()).ok());
  EXPECT_EQ(jobs_->Get("a")->traceparent(), ToTraceparent(trace));
  Start();
  EXPECT_EQ(jobs_->Get("a")->traceparent(), ToTraceparent(trace));
}

TEST_F(JobManagerTest, AJobThatComesWithoutATraceGetsOne) {
  EXPECT_TRUE(ParseTraceparent(Begin("a")->traceparent()).has_value());
  EXPECT_NE(Begin("b")->traceparent(), jobs_->Get("a")->traceparent());
}

TEST_F(JobManagerTest, AStreamWithoutAnIdCannotBeGoneOnWith) {
  const auto job = Begin("");
  ASSERT_TRUE(job.ok());
  EXPECT_THAT(job->id(), SizeIs(24));
  jobs_->LeaveUpload(*job);
  EXPECT_EQ(State(job->id()), v1::JOB_STATE_FAILED);
  EXPECT_THAT(Spooled(), IsEmpty());
}

TEST_F(JobManagerTest, AnIdThatIsNoFileNameIsRefused) {
  for (const char* id : {"../a", ".", "a/b", "a b", "ä", "-ok-but-\n"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Begin(id).status())) << id;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(Begin(std::string(65, 'a')).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(jobs_->BeginUpload("a", "", 0, 0, "").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      jobs_->BeginUpload("a", "x", 0, 0, std::string((1 << 20) + 1, 't')).status()));
  EXPECT_THAT(jobs_->Watch(0, "", kNow).jobs, IsEmpty());
}

TEST_F(JobManagerTest, WhatIsNoCaptureFailsItsJobWithTheReason) {
  const auto job = Submit("a", "not a capture, whatever its name says");
  EXPECT_TRUE(absl::IsInvalidArgument(job.status())) << job.status();
  EXPECT_EQ(State("a"), v1::JOB_STATE_FAILED);
  EXPECT_THAT(jobs_->Get("a")->error(), HasSubstr("not a capture"));
  EXPECT_THAT(Spooled(), IsEmpty());
}

TEST_F(JobManagerTest, TheSpoolHasAQuotaForAllJobsTogether) {
  options_.spool_bytes = 2 << 20;
  Start();
  const std::string large = Call(20'000);  // about 1.5 MB of headers
  ASSERT_TRUE(Submit("a", large).ok());
  const auto second = Submit("b", large);
  EXPECT_TRUE(absl::IsResourceExhausted(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("--spool-quota"));
  EXPECT_THAT(Spooled(), ElementsAre(StartsWith("a~")));
  jobs_->Take(kNow);
  jobs_->Done(Known("a"));
  EXPECT_EQ(jobs_->totals().spooled_bytes, 0u);
  EXPECT_TRUE(Submit("c", large).ok());
}

TEST_F(JobManagerTest, TheLongestWaitIsThatOfTheJobThatNobodyTakesHoweverOftenItIsTried) {
  EXPECT_EQ(jobs_->totals().longest_wait, absl::ZeroDuration());
  ASSERT_TRUE(Submit("a").ok());
  now_ += absl::Seconds(60);
  ASSERT_TRUE(Submit("b").ok());
  ASSERT_EQ(jobs_->Take(kNow)->job.id(), "a");
  jobs_->PutBack(Known("a"), "no capture-svc answers");
  now_ += absl::Seconds(30);
  EXPECT_EQ(jobs_->totals().longest_wait, absl::Seconds(90));
  ASSERT_EQ(jobs_->Take(kNow)->job.id(), "a");
  ASSERT_TRUE(jobs_->Progress(Known("a"), 100));
  EXPECT_EQ(jobs_->totals().longest_wait, absl::Seconds(30)) << "b's";
}

TEST_F(JobManagerTest, JobsOutliveTheGateway) {
  ASSERT_TRUE(Submit("queued").ok());
  ASSERT_TRUE(Submit("running").ok());
  ASSERT_TRUE(Begin("uploading").ok());
  ASSERT_TRUE(jobs_->Write(Known("uploading"), Call(10)).ok());
  ASSERT_EQ(jobs_->Take(kNow)->job.id(), "queued");
  ASSERT_EQ(jobs_->Take(kNow)->job.id(), "running");
  jobs_->PutBack(Known("queued"), "no capture-svc answers");
  EXPECT_EQ(jobs_->Get("queued")->waiting(), "no capture-svc answers");
  Start();
  EXPECT_EQ(State("queued"), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(State("running"), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(State("uploading"), v1::JOB_STATE_UPLOADING);
  EXPECT_EQ(jobs_->Get("uploading")->received_bytes(), 0u);
  EXPECT_EQ(ReadFile(jobs_->Take(kNow)->path)->size(), jobs_->Get("queued")->spooled_bytes());
  ASSERT_TRUE(Submit("uploading").ok()) << "from the beginning";
}

TEST_F(JobManagerTest, AnUploadIsNotFailedByAGatewayThatEnds) {
  ASSERT_TRUE(Begin("a", 0, 5000).ok());
  ASSERT_TRUE(jobs_->Write(Known("a"), Call(10)).ok());
  const uint64_t received = jobs_->Get("a")->received_bytes();
  jobs_->Stop();
  EXPECT_TRUE(absl::IsUnavailable(jobs_->Write(Known("a"), Call(10))));
  EXPECT_TRUE(absl::IsUnavailable(jobs_->EndUpload(Known("a")).status()));
  jobs_->LeaveUpload(Known("a"));
  EXPECT_TRUE(absl::IsUnavailable(Begin("a", received).status()));
  Start();
  EXPECT_EQ(State("a"), v1::JOB_STATE_UPLOADING);
}

TEST_F(JobManagerTest, AnOffsetOfAJobThatNobodyKnowsMakesNone) {
  EXPECT_TRUE(absl::IsOutOfRange(Begin("a", 7).status()));
  EXPECT_TRUE(absl::IsNotFound(jobs_->Get("a").status()));
}

TEST_F(JobManagerTest, AJobWhoseCaptureIsGoneFailsAndStrayFilesGo) {
  ASSERT_TRUE(Submit("a").ok());
  jobs_.reset();
  for (const std::string& name : Spooled()) std::filesystem::remove(options_.spool + "/" + name);
  folder_.Write("spool/stray.silhouette-job", "x");
  folder_.Write("spool/mine.pcapng", "x");
  Start();
  EXPECT_EQ(State("a"), v1::JOB_STATE_FAILED);
  EXPECT_THAT(Spooled(), ElementsAre("mine.pcapng")) << "it is not ours";
}

TEST_F(JobManagerTest, ACancelledJobIsGivenUpByWhoeverRunsIt) {
  ASSERT_TRUE(Submit("a").ok());
  jobs_->Take(kNow);
  EXPECT_EQ(jobs_->Cancel("a")->state(), v1::JOB_STATE_CANCELLED);
  EXPECT_FALSE(jobs_->Progress(Known("a"), 1));
  jobs_->Done(Known("a"));
  EXPECT_EQ(State("a"), v1::JOB_STATE_CANCELLED);
  EXPECT_TRUE(absl::IsFailedPrecondition(jobs_->Cancel("a").status()));
  EXPECT_TRUE(absl::IsNotFound(jobs_->Cancel("b").status()));
  EXPECT_THAT(Spooled(), IsEmpty());
}

TEST_F(JobManagerTest, CancellingAnUploadEndsItsStream) {
  ASSERT_TRUE(Begin("a").ok());
  ASSERT_TRUE(jobs_->Cancel("a").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(jobs_->Write(Known("a"), Call(1))));
  const auto ended = jobs_->EndUpload(Known("a"));
  EXPECT_TRUE(absl::IsFailedPrecondition(ended.status()));
  EXPECT_THAT(std::string(ended.status().message()), HasSubstr("is cancelled"));
}

TEST_F(JobManagerTest, ADeletedJobTakesItsRunWithIt) {
  ASSERT_TRUE(Submit("a").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(jobs_->Delete("a"))) << "it has not ended";
  jobs_->Take(kNow);
  ASSERT_TRUE(store_->Add(test_verdicts::BatchOf(RunOf("a"), "job:a").Add(0, "x", 1)).ok());
  ASSERT_TRUE(store_->Add(test_verdicts::BatchOf("1", "other").Add(0, "x", 1)).ok());
  EXPECT_EQ(jobs_->Get("a")->windows(), 1u);
  jobs_->Done(Known("a"));
  ASSERT_TRUE(jobs_->Delete("a").ok());
  EXPECT_TRUE(absl::IsNotFound(jobs_->Get("a").status()));
  EXPECT_THAT(*store_->ListRuns(), SizeIs(1));
  Start();
  EXPECT_TRUE(absl::IsNotFound(jobs_->Get("a").status()));
}

TEST_F(JobManagerTest, ADeletedJobAndTheNextOfItsIdAreTwo) {
  ASSERT_TRUE(Submit("a").ok());
  const auto first = jobs_->Take(kNow);
  ASSERT_TRUE(jobs_->Cancel("a").ok());
  ASSERT_TRUE(jobs_->Delete("a").ok());
  ASSERT_TRUE(Submit("a").ok());
  const auto second = jobs_->Take(kNow);
  ASSERT_NE(first->job.run(), second->job.run());
  EXPECT_FALSE(jobs_->Progress(first->job, 1));
  jobs_->Done(first->job);
  jobs_->Fail(first->job, "gone");
  jobs_->PutBack(first->job, "gone");
  EXPECT_EQ(State("a"), v1::JOB_STATE_RUNNING);
  // What the first one sent comes late.
  for (const auto* work : {&first, &second}) {
    const auto late = test_verdicts::BatchOf((*work)->job.run(), "job:a").Add(0, "x", 1);
    ASSERT_TRUE(store_->Add(late).ok());
  }
  jobs_->Tidy();
  ASSERT_THAT(*store_->ListRuns(), SizeIs(1));
  EXPECT_EQ(store_->ListRuns()->front().run, second->job.run());
}

TEST_F(JobManagerTest, AnUploadThatEndsLateLeavesTheNextOneOfItsIdAlone) {
  const auto first = Begin("a");
  ASSERT_TRUE(jobs_->Write(*first, Call(100)).ok());
  ASSERT_TRUE(jobs_->Cancel("a").ok());
  ASSERT_TRUE(jobs_->Delete("a").ok());
  const auto second = Begin("a");
  EXPECT_TRUE(absl::IsNotFound(jobs_->Write(*first, Call(100))));
  EXPECT_TRUE(absl::IsNotFound(jobs_->EndUpload(*first).status()));
  jobs_->LeaveUpload(*first);
  EXPECT_TRUE(absl::IsAborted(Begin("a").status())) << "the second stream is still there";
  ASSERT_TRUE(jobs_->Write(*second, Call(100)).ok());
  ASSERT_TRUE(jobs_->EndUpload(*second).ok());
  const auto work = jobs_->Take(kNow);
  EXPECT_EQ(ReadFile(work->path)->size(), work->job.spooled_bytes());
}

TEST_F(JobManagerTest, OneDeletesAtATime) {
  ASSERT_TRUE(Submit("a").ok());
  jobs_->Take(kNow);
  auto verdicts = test_verdicts::BatchOf(RunOf("a"), "job:a");
  constexpr int kWindows = 40'000;  // many transactions
  for (int window = 0; window < kWindows; ++window) verdicts.Add(window, "x", 1);
  ASSERT_TRUE(store_->Add(verdicts).ok());
  jobs_->Done(Known("a"));
  std::vector<absl::Status> said(8);
  std::vector<std::thread> threads;
  for (absl::Status& status : said) threads.emplace_back([&] { status = jobs_->Delete("a"); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(said.begin(), said.end(), absl::OkStatus()), 1);
  for (const absl::Status& status : said) {
    EXPECT_TRUE(status.ok() || absl::IsAborted(status) || absl::IsNotFound(status)) << status;
  }
  EXPECT_THAT(*store_->ListRuns(), IsEmpty());
}

TEST_F(JobManagerTest, TruthsAreToldWithOneJobAndHaveALimit) {
  const std::string truth(1 << 20, 't');
  const auto begin = [&](const std::string& id) {
    return jobs_->BeginUpload(id, "call.pcap", 0, 0, truth);
  };
  options_.truth_bytes = 2 << 20;
  Start();
  ASSERT_TRUE(begin("a").ok());
  ASSERT_TRUE(begin("b").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(begin("c").status()));
  Start();
  EXPECT_TRUE(absl::IsResourceExhausted(begin("c").status()));
  EXPECT_EQ(Known("a").truth_csv(), truth);
  int64_t behind = 0;
  for (const v1::Job& job : jobs_->List(9, &behind)) {
    EXPECT_TRUE(job.has_truth());
    EXPECT_EQ(job.truth_csv(), "");
  }
  // One that is refused keeps none.
  EXPECT_TRUE(absl::IsInvalidArgument(Submit("a", "not a capture").status()));
  EXPECT_FALSE(Known("a").has_truth());
  EXPECT_EQ(Known("a").truth_csv(), "");
  EXPECT_TRUE(begin("c").ok());
}

TEST_F(JobManagerTest, WhatCannotBeWrittenDownAtItsEndIsDoneAgain) {
  const auto execute = [this](const char* sql) {
    return store_->Write([&](SqliteDatabase* database) { return database->Execute(sql); });
  };
  constexpr char kRefuse[] =
      "CREATE TRIGGER full BEFORE UPDATE ON job BEGIN SELECT RAISE(ABORT, 'full'); END";
  ASSERT_TRUE(Submit("a").ok());
  jobs_->Take(kNow);
  ASSERT_TRUE(execute(kRefuse).ok());
  jobs_->Done(Known("a"));
  EXPECT_EQ(State("a"), v1::JOB_STATE_DONE);
  EXPECT_THAT(Spooled(), SizeIs(1));
  ASSERT_TRUE(execute("DROP TRIGGER full").ok());
  Start();
  EXPECT_EQ(State("a"), v1::JOB_STATE_QUEUED) << "it is not known to be done";
  jobs_->Take(kNow);
  ASSERT_TRUE(execute(kRefuse).ok());
  jobs_->Done(Known("a"));
  ASSERT_TRUE(execute("DROP TRIGGER full").ok());
  jobs_->Tidy();
  EXPECT_THAT(Spooled(), IsEmpty());
  Start();
  EXPECT_EQ(State("a"), v1::JOB_STATE_DONE);
}

TEST_F(JobManagerTest, WatchersLearnOfEachChange) {
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(Submit("b").ok());
  auto changes = jobs_->Watch(0, "", kNow);
  ASSERT_THAT(changes.jobs, SizeIs(2));
  EXPECT_EQ(changes.jobs[0].id(), "b") << "newest first";
  EXPECT_THAT(jobs_->Watch(changes.version, "", kNow).jobs, IsEmpty());
  jobs_->Take(kNow);
  jobs_->Done(Known("a"));
  EXPECT_THAT(jobs_->Watch(changes.version, "b", kNow).jobs, IsEmpty());
  ASSERT_TRUE(jobs_->Delete("a").ok());
  changes = jobs_->Watch(changes.version, "", kNow);
  EXPECT_THAT(changes.jobs, IsEmpty());
  EXPECT_THAT(changes.deleted, ElementsAre("a"));
}

TEST_F(JobManagerTest, PagesGoFromTheNewestToTheOldest) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Submit(id).ok());
  int64_t behind = 0;
  EXPECT_THAT(jobs_->List(2, &behind), SizeIs(2));
  const auto rest = jobs_->List(2, &behind);
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].id(), "a");
}

TEST_F(JobManagerTest, UploadsThatNobodyGoesOnWithAndOldJobsGo) {
  ASSERT_TRUE(Begin("upload").ok());
  ASSERT_TRUE(Submit("done").ok());
  jobs_->Take(kNow);
  jobs_->Done(Known("done"));
  now_ += absl::Hours(2);
  jobs_->Tidy();
  EXPECT_EQ(State("upload"), v1::JOB_STATE_FAILED) << "also one whose stream is silent";
  now_ += options_.keep;
  jobs_->Tidy();
  EXPECT_TRUE(absl::IsNotFound(jobs_->Get("done").status()));
}

TEST_F(JobManagerTest, TheOldestThatHasEndedMakesRoom) {
  options_.most_jobs = 2;
  Start();
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(Submit("b").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Submit("c").status()));
  ASSERT_TRUE(jobs_->Cancel("b").ok());
  EXPECT_TRUE(Submit("c").ok());
  EXPECT_TRUE(absl::IsNotFound(jobs_->Get("b").status()));
}

}  // namespace
}  // namespace silhouette
