#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "common/grpc_server.h"
#include "common/test_folder.h"
#include "gateway/service.h"
#include "gateway/test_captures.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_captures;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class JobsServiceTest : public ::testing::Test {
 protected:
  JobsServiceTest() { service_.SetJobs(jobs_.get()); }

  static v1::SubmitPcapRequest Header(const std::string& id, uint64_t offset = 0,
                                      uint64_t total = 0) {
    v1::SubmitPcapRequest request;
    request.mutable_header()->set_job(id);
    request.mutable_header()->set_name("call.pcap");
    request.mutable_header()->set_offset(offset);
    request.mutable_header()->set_total_bytes(total);
    return request;
  }
  static v1::SubmitPcapRequest Data(const std::string& bytes) {
    v1::SubmitPcapRequest request;
    request.set_data(bytes);
    return request;
  }
  // All of a stream.
  grpc::Status Submit(const std::vector<v1::SubmitPcapRequest>& requests) {
    grpc::ClientContext context;
    submitted_.Clear();
    auto writer = stub_->SubmitPcap(&context, &submitted_);
    for (const auto& request : requests) writer->Write(request);
    writer->WritesDone();
    return writer->Finish();
  }
  v1::Job Get(const std::string& id) {
    grpc::ClientContext context;
    v1::GetJobRequest request;
    request.set_job(id);
    v1::GetJobResponse response;
    const grpc::Status status = stub_->GetJob(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.job();
  }
  std::string Results(v1::ResultFormat format) {
    grpc::ClientContext context;
    v1::GetJobResultsRequest request;
    request.set_job("a");
    request.set_format(format);
    auto reader = stub_->GetJobResults(&context, request);
    v1::GetJobResultsResponse response;
    std::string all;
    while (reader->Read(&response)) all += response.data();
    const grpc::Status status = reader->Finish();
    return status.ok() ? all : status.error_message();
  }

  TemporaryFolder folder_;
  GatewayEngine engine_{*VerdictStore::Open("")};
  std::unique_ptr<JobManager> jobs_ =
      *JobManager::Open(engine_.store(), {.spool = folder_.File("spool")});
  GatewayService service_{&engine_};
  InProcessServer server_ = StartInProcessServer(&service_);
  std::unique_ptr<v1::GatewayService::Stub> stub_ = v1::GatewayService::NewStub(server_.channel);
  v1::SubmitPcapResponse submitted_;
};

TEST_F(JobsServiceTest, AStreamOfBytesBecomesAJob) {
  const std::string capture = Call(100);
  const grpc::Status status =
      Submit({Header("a"), Data(capture.substr(0, 10)), Data(capture.substr(10))});
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(submitted_.job().id(), "a");
  EXPECT_EQ(submitted_.job().state(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(Get("a").received_bytes(), capture.size());
}

TEST_F(JobsServiceTest, BytesThatWereReceivedAreSkipped) {
  const std::string capture = Call(100);
  ASSERT_TRUE(Submit({Header("a", 0, capture.size()), Data(capture.substr(0, 1000))}).ok());
  EXPECT_EQ(submitted_.job().state(), v1::JOB_STATE_UPLOADING);
  ASSERT_TRUE(Submit({Header("a", 300, capture.size()), Data(capture.substr(300, 300)),
                      Data(capture.substr(600))})
                  .ok());
  EXPECT_EQ(submitted_.job().state(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(submitted_.job().received_bytes(), capture.size());
}

TEST_F(JobsServiceTest, AStreamThatBreaksLeavesTheJobOpen) {
  const std::string capture = Call(100);
  {
    grpc::ClientContext context;
    auto writer = stub_->SubmitPcap(&context, &submitted_);
    writer->Write(Header("a"));
    writer->Write(Data(capture.substr(0, 1000)));
    while (jobs_->totals().jobs.empty() || Get("a").received_bytes() < 1000) {
    }
    context.TryCancel();
    EXPECT_FALSE(writer->Finish().ok());
  }
  EXPECT_EQ(Get("a").state(), v1::JOB_STATE_UPLOADING);
  grpc::Status status;
  do {  // the server learns of it in its own time
    status = Submit({Header("a", 1000), Data(capture.substr(1000))});
  } while (status.error_code() == grpc::StatusCode::ABORTED);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(submitted_.job().state(), v1::JOB_STATE_QUEUED);
}

TEST_F(JobsServiceTest, StreamsThatMakeNoSenseAreRefused) {
  using grpc::StatusCode;
  EXPECT_EQ(Submit({}).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Submit({Data("x")}).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Submit({Header("a"), Header("a")}).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Submit({Header("b", 5), Data("x")}).error_code(), StatusCode::OUT_OF_RANGE);
  const grpc::Status nothing = Submit({Header("c")});
  EXPECT_EQ(nothing.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(nothing.error_message(), HasSubstr("is empty"));
  EXPECT_EQ(Get("c").state(), v1::JOB_STATE_FAILED);
}

TEST_F(JobsServiceTest, ResultsComeAsJsonLinesCsvAndSegments) {
  ASSERT_TRUE(Submit({Header("a"), Data(Call(10))}).ok());
  EXPECT_THAT(Results(v1::RESULT_FORMAT_CSV), HasSubstr("has stored nothing yet"));
  const std::string run = Get("a").run();
  test_verdicts::BatchOf batch(run, "job:a");
  batch.Add(0, "one, \"two\"", 1).Add(1, "one, \"two\"", 0.25f).Ended();
  ASSERT_TRUE(engine_.store()->Add(batch).ok());
  EXPECT_EQ(Results(v1::RESULT_FORMAT_CSV),
            "origin,run,subject,model,version,start_ns,end_ns,class,probability,p_background,"
            "p_person,partial\njob:a," +
                run + ",\"one, \"\"two\"\"\",presence,1,0,500000000,person,1,0,1,false\njob:a," +
                run +
                ",\"one, \"\"two\"\"\",presence,1,500000000,1000000000,background,0.75,0.75,"
                "0.25,false\n");
  EXPECT_EQ(Results(v1::RESULT_FORMAT_SEGMENTS),
            "subject,model,from_ns,to_ns,class,confidence,windows\n"
            "\"one, \"\"two\"\"\",presence,0,500000000,person,1,1\n"
            "\"one, \"\"two\"\"\",presence,500000000,1000000000,background,0.75,1\n");
  EXPECT_THAT(Results(v1::RESULT_FORMAT_UNSPECIFIED),
              StartsWith("{\"origin\":\"job:a\",\"run\":\"" + run + "\","));
}

TEST_F(JobsServiceTest, AWatchOfOneJobEndsWithIt) {
  ASSERT_TRUE(Submit({Header("a"), Data(Call(10))}).ok());
  grpc::ClientContext context;
  v1::WatchJobsRequest request;
  request.set_job("a");
  auto reader = stub_->WatchJobs(&context, request);
  v1::WatchJobsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  ASSERT_THAT(response.jobs(), SizeIs(1));
  EXPECT_EQ(response.jobs(0).state(), v1::JOB_STATE_QUEUED);
  jobs_->Cancel("a").IgnoreError();
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.jobs(0).state(), v1::JOB_STATE_CANCELLED);
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(JobsServiceTest, AListGoesPageByPage) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Submit({Header(id), Data(Call(1))}).ok());
  v1::ListJobsRequest request;
  request.set_page_size(2);
  std::string ids;
  do {
    grpc::ClientContext context;
    v1::ListJobsResponse response;
    ASSERT_TRUE(stub_->ListJobs(&context, request, &response).ok());
    for (const v1::Job& job : response.jobs()) ids += job.id();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(ids, "cba");
  grpc::ClientContext context;
  v1::ListJobsResponse response;
  request.set_page_token("later");
  EXPECT_EQ(stub_->ListJobs(&context, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace silhouette
