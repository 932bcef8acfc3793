#include "gateway/job_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/files.h"
#include "common/test_folder.h"
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
    if (absl::Status written = jobs_->Write(id, capture); !written.ok()) return written;
    return jobs_->EndUpload(id);
  }
  std::vector<std::string> Spooled() {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(options_.spool)) {
      names.push_back(file.path().filename());
    }
    return names;
  }
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
  EXPECT_TRUE(jobs_->Progress("a", 77));
  EXPECT_EQ(jobs_->Get("a")->sent_bytes(), 77u);
  jobs_->Done("a");
  EXPECT_EQ(State("a"), v1::JOB_STATE_DONE);
  EXPECT_EQ(jobs_->Get("a")->ended_ns(), absl::ToUnixNanos(now_));
  EXPECT_THAT(Spooled(), IsEmpty());
}

TEST_F(JobManagerTest, AStreamThatBreaksIsGoneOnWithWhereItWas) {
  const std::string capture = Call(100);
  ASSERT_TRUE(Begin("a", 0, capture.size()).ok());
  ASSERT_TRUE(jobs_->Write("a", capture.substr(0, 1000)).ok());
  EXPECT_TRUE(absl::IsAborted(Begin("a").status())) << "two streams for one job";
  jobs_->LeaveUpload("a");
  EXPECT_EQ(jobs_->Get("a")->received_bytes(), 1000u);
  EXPECT_TRUE(absl::IsOutOfRange(Begin("a", 1001).status()));
  EXPECT_EQ(Begin("a", 1000)->received_bytes(), 1000u);
  ASSERT_TRUE(jobs_->Write("a", capture.substr(1000, 500)).ok());
  EXPECT_EQ(jobs_->EndUpload("a")->state(), v1::JOB_STATE_UPLOADING) << "there is more";
  ASSERT_TRUE(Begin("a", 1500).ok());
  ASSERT_TRUE(jobs_->Write("a", capture.substr(1500)).ok());
  EXPECT_EQ(jobs_->EndUpload("a")->state(), v1::JOB_STATE_QUEUED);
  const std::string pieces = *ReadFile(jobs_->Take(kNow)->path);
  ASSERT_TRUE(Submit("b", capture).ok());
  EXPECT_EQ(pieces, *ReadFile(jobs_->Take(kNow)->path));
  EXPECT_TRUE(absl::IsFailedPrecondition(Begin("a", 1500).status()));
}

TEST_F(JobManagerTest, AStreamWithoutAnIdCannotBeGoneOnWith) {
  const auto job = Begin("");
  ASSERT_TRUE(job.ok());
  EXPECT_THAT(job->id(), SizeIs(24));
  jobs_->LeaveUpload(job->id());
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
  EXPECT_THAT(Spooled(), ElementsAre("a.silhouette-job"));
  jobs_->Take(kNow);
  jobs_->Done("a");
  EXPECT_EQ(jobs_->totals().spooled_bytes, 0u);
  EXPECT_TRUE(Submit("c", large).ok());
}

TEST_F(JobManagerTest, TheLongestWaitIsThatOfTheJobThatNobodyTakesHoweverOftenItIsTried) {
  EXPECT_EQ(jobs_->totals().longest_wait, absl::ZeroDuration());
  ASSERT_TRUE(Submit("a").ok());
  now_ += absl::Seconds(60);
  ASSERT_TRUE(Submit("b").ok());
  ASSERT_EQ(jobs_->Take(kNow)->job.id(), "a");
  jobs_->PutBack("a", "no capture-svc answers");
  now_ += absl::Seconds(30);
  EXPECT_EQ(jobs_->totals().longest_wait, absl::Seconds(90));
  ASSERT_EQ(jobs_->Take(kNow)->job.id(), "a");
  ASSERT_TRUE(jobs_->Progress("a", 100));
  EXPECT_EQ(jobs_->totals().longest_wait, absl::Seconds(30)) << "b's";
}

TEST_F(JobManagerTest, JobsOutliveTheGateway) {
  ASSERT_TRUE(Submit("queued").ok());
  ASSERT_TRUE(Submit("running").ok());
  ASSERT_TRUE(Begin("uploading").ok());
  ASSERT_TRUE(jobs_->Write("uploading", Call(10)).ok());
  ASSERT_EQ(jobs_->Take(kNow)->job.id(), "queued");
  ASSERT_EQ(jobs_->Take(kNow)->job.id(), "running");
  jobs_->PutBack("queued", "no capture-svc answers");
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
  ASSERT_TRUE(jobs_->Write("a", Call(10)).ok());
  const uint64_t received = jobs_->Get("a")->received_bytes();
  jobs_->Stop();
  EXPECT_TRUE(absl::IsCancelled(jobs_->Write("a", Call(10))));
  jobs_->LeaveUpload("a");
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
  std::filesystem::remove(options_.spool + "/a.silhouette-job");
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
  EXPECT_FALSE(jobs_->Progress("a", 1));
  jobs_->Done("a");
  EXPECT_EQ(State("a"), v1::JOB_STATE_CANCELLED);
  EXPECT_TRUE(absl::IsFailedPrecondition(jobs_->Cancel("a").status()));
  EXPECT_TRUE(absl::IsNotFound(jobs_->Cancel("b").status()));
  EXPECT_THAT(Spooled(), IsEmpty());
}

TEST_F(JobManagerTest, CancellingAnUploadEndsItsStream) {
  ASSERT_TRUE(Begin("a").ok());
  ASSERT_TRUE(jobs_->Cancel("a").ok());
  EXPECT_TRUE(absl::IsCancelled(jobs_->Write("a", Call(1))));
  EXPECT_EQ(jobs_->EndUpload("a")->state(), v1::JOB_STATE_CANCELLED);
}

TEST_F(JobManagerTest, ADeletedJobTakesItsRunWithIt) {
  ASSERT_TRUE(Submit("a").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(jobs_->Delete("a"))) << "it has not ended";
  jobs_->Take(kNow);
  ASSERT_TRUE(store_->Add(test_verdicts::BatchOf("1", "job:a").Add(0, "x", 1)).ok());
  ASSERT_TRUE(store_->Add(test_verdicts::BatchOf("1", "other").Add(0, "x", 1)).ok());
  EXPECT_EQ(jobs_->Get("a")->windows(), 1u);
  jobs_->Done("a");
  ASSERT_TRUE(jobs_->Delete("a").ok());
  EXPECT_TRUE(absl::IsNotFound(jobs_->Get("a").status()));
  EXPECT_THAT(*store_->ListRuns(), SizeIs(1));
  Start();
  EXPECT_TRUE(absl::IsNotFound(jobs_->Get("a").status()));
}

TEST_F(JobManagerTest, WatchersLearnOfEachChange) {
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(Submit("b").ok());
  auto changes = jobs_->Watch(0, "", kNow);
  ASSERT_THAT(changes.jobs, SizeIs(2));
  EXPECT_EQ(changes.jobs[0].id(), "b") << "newest first";
  EXPECT_THAT(jobs_->Watch(changes.version, "", kNow).jobs, IsEmpty());
  jobs_->Take(kNow);
  jobs_->Done("a");
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
  jobs_->Done("done");
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
