#include "capture-svc/capture.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "capture-svc/fake_feature_service.h"
#include "common/accounting.h"
#include "common/capture_file/test_pcap.h"
#include "common/grpc_server.h"
#include "common/link_receiver.h"
#include "common/parse/test_frames.h"
#include "common/test_folder.h"
#include "common/trace_context.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

constexpr int kPackets = 10;

SourceOptions FileSource(const std::string& path) {
  SourceOptions source;
  source.path = path;
  return source;
}

class CaptureTest : public ::testing::Test {
 protected:
  CaptureTest() : server_(StartInProcessServer(&feature_)) {
    options_.origin = "file:test";
    options_.run = "1";
    options_.batch_packets = 3;
    path_ = folder_.File("capture.pcap");
    WriteCapture(DLT_EN10MB);
  }
  void WriteCapture(int link_type) {
    pcap_t* handle = pcap_open_dead(link_type, 65535);
    pcap_dumper_t* dumper = pcap_dump_open(handle, path_.c_str());
    const auto frame = test_frames::UdpFrame();
    for (int i = 0; i < kPackets; ++i) {
      const auto length = static_cast<bpf_u_int32>(frame.size());
      const pcap_pkthdr header{{1'700'000'000 + i, 0}, length, length};
      pcap_dump(reinterpret_cast<u_char*>(dumper), &header, frame.data());
    }
    pcap_dump_close(dumper);
    pcap_close(handle);
  }

  TemporaryFolder folder_;
  std::string path_;
  CaptureOptions options_;
  FakeFeatureService feature_;
  InProcessServer server_;
};

TEST_F(CaptureTest, RunReturnsOnceEverythingIsSettled) {
  Capture capture(FileSource(path_), options_, server_.channel);
  ASSERT_TRUE(capture.Run().ok());
  const v1::Capture done = capture.Describe();
  EXPECT_EQ(done.state(), v1::CAPTURE_STATE_DONE);
  EXPECT_EQ(done.source(), path_);
  EXPECT_EQ(done.error(), "");
  EXPECT_EQ(done.accounting().received(), kPackets);
  EXPECT_EQ(done.accounting().windowed(), kPackets);
  EXPECT_EQ(done.accounting().pending(), 0u);
  EXPECT_TRUE(Balanced(done.accounting()));
  EXPECT_EQ(done.bytes_read(), done.bytes_total());
}

TEST_F(CaptureTest, EachBatchHasATraceOfItsOwn) {
  Capture capture(FileSource(path_), options_, server_.channel);
  ASSERT_TRUE(capture.Run().ok());
  std::set<std::string> traces;
  for (const auto& batch : feature_.batches()) {
    EXPECT_TRUE(IsTraced(batch.header().trace()));
    traces.insert(TraceIdText(batch.header().trace()));
  }
  EXPECT_GT(traces.size(), 3u);
  EXPECT_EQ(traces.size(), feature_.batches().size());
}

TEST_F(CaptureTest, AllBatchesOfOneThatIsTracedHaveItsTraceAndASpanEach) {
  options_.trace = NewTrace();
  Capture capture(FileSource(path_), options_, server_.channel);
  ASSERT_TRUE(capture.Run().ok());
  std::set<std::string> spans = {SpanIdText(options_.trace)};
  for (const auto& batch : feature_.batches()) {
    EXPECT_EQ(TraceIdText(batch.header().trace()), TraceIdText(options_.trace));
    spans.insert(SpanIdText(batch.header().trace()));
  }
  EXPECT_EQ(spans.size(), feature_.batches().size() + 1);
}

TEST_F(CaptureTest, ACutFileIsSettledToTheCutAndSaysWhere) {
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 5);
  Capture capture(FileSource(path_), options_, server_.channel);
  EXPECT_EQ(capture.Run(), absl::OkStatus());
  EXPECT_THAT(capture.incomplete(), HasSubstr("cut at byte"));
  const v1::Capture done = capture.Describe();
  EXPECT_EQ(done.state(), v1::CAPTURE_STATE_FAILED);
  EXPECT_THAT(done.error(), HasSubstr("cut at byte"));
  EXPECT_EQ(done.accounting().windowed(), kPackets - 1);
  EXPECT_EQ(done.accounting().pending(), 0u);
}

TEST_F(CaptureTest, AMissingFileFailsByName) {
  Capture capture(FileSource(folder_.File("missing.pcap")), options_, server_.channel);
  EXPECT_TRUE(absl::IsNotFound(capture.Run()));
  EXPECT_EQ(capture.Describe().state(), v1::CAPTURE_STATE_FAILED);
  EXPECT_THAT(capture.Describe().error(), HasSubstr("missing.pcap"));
}

TEST_F(CaptureTest, AnUnknownLinkTypeFailsUnderTheFilesName) {
  WriteCapture(DLT_USB_LINUX);
  Capture capture(FileSource(path_), options_, server_.channel);
  const absl::Status status = capture.Run();
  EXPECT_TRUE(absl::IsUnimplemented(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  EXPECT_EQ(capture.Describe().state(), v1::CAPTURE_STATE_FAILED);
}

TEST_F(CaptureTest, TheReceiversRefusalIsTheRunsError) {
  feature_.Refuse(absl::InvalidArgumentError("wrong batch"));
  Capture capture(FileSource(path_), options_, server_.channel);
  EXPECT_EQ(capture.Run(), absl::InvalidArgumentError("feature-svc: wrong batch"));
  EXPECT_EQ(capture.Describe().state(), v1::CAPTURE_STATE_FAILED);
  EXPECT_EQ(capture.Describe().error(), "feature-svc: wrong batch");
}

TEST_F(CaptureTest, OneThatWasAbortedBeforeItRanEndsAtOnce) {
  Capture capture(FileSource(path_), options_, server_.channel);
  capture.Abort();
  EXPECT_TRUE(absl::IsCancelled(capture.Run()));
  EXPECT_EQ(capture.Describe().state(), v1::CAPTURE_STATE_FAILED);
}

// A capture that comes through a named pipe, which the test writes.
class PipedCaptureTest : public CaptureTest {
 protected:
  PipedCaptureTest() {
    const std::string path = folder_.File("pipe");
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    writer_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
    capture_.emplace(FileSource(path), options_, server_.channel);
    run_ = std::async(std::launch::async, [this] { return capture_->Run(); });
  }
  ~PipedCaptureTest() override { close(writer_); }

  int writer_;
  std::optional<Capture> capture_;
  std::future<absl::Status> run_;
};

TEST_F(PipedCaptureTest, APacketIsSettledWhileThePipeIsHeldOpenAndStopEndsInOrder) {
  const std::string bytes =
      test_pcap::Header() + test_pcap::Record(1'700'000'000'000'000'000, test_frames::UdpFrame());
  ASSERT_EQ(write(writer_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (capture_->Describe().accounting().windowed() == 0 &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_EQ(capture_->Describe().accounting().windowed(), 1u);
  EXPECT_TRUE(capture_->is_running());
  capture_->Stop();
  EXPECT_EQ(run_.get(), absl::OkStatus());
  EXPECT_EQ(capture_->incomplete(), "stopped behind packet 1");
  EXPECT_EQ(capture_->Describe().accounting().pending(), 0u);
}

TEST_F(PipedCaptureTest, StopEndsOneThatWaitsForItsFirstByte) {
  capture_->Stop();
  EXPECT_TRUE(absl::IsCancelled(run_.get()));
}

TEST_F(CaptureTest, DescribeAnswersWhileThereIsNoReceiver) {
  const std::string address = "unix:" + folder_.File("feature.socket");
  Capture capture(FileSource(path_), options_, OpenChannel(address));
  auto run = std::async(std::launch::async, [&] { return capture.Run(); });
  // As often as it takes until Run surely waits for the receiver.
  bool answers = true;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  std::future<v1::Capture> description;
  while (answers && std::chrono::steady_clock::now() < until) {
    description = std::async(std::launch::async, [&] { return capture.Describe(); });
    answers = description.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
  }
  EXPECT_TRUE(answers) << "a scrape and ListCaptures would hang with it";
  // The receiver comes, so that the test ends whatever came out.
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  FakeFeatureService late;
  builder.RegisterService(&late);
  auto server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
  EXPECT_TRUE(run.get().ok());
}

}  // namespace
}  // namespace silhouette
