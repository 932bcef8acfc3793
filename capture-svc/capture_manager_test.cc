#include "capture-svc/capture_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <fstream>

#include "capture-svc/capture_metrics.h"
#include "capture-svc/fake_feature_service.h"
#include "capture-svc/service.h"
#include "capture-svc/test_logging.h"
#include "common/grpc_server.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

const std::string kSample = std::string(SILHOUETTE_SOURCE_DIR) + "/samples/call.pcap";
constexpr uint64_t kSamplePackets = 28'751;

class CaptureManagerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { LogErrorsAlone(); }
  CaptureManagerTest() : server_(StartInProcessServer(&feature_)) {}

  std::shared_ptr<Capture> FileCapture(const std::string& path) {
    SourceOptions source;
    source.path = path;
    return std::make_shared<Capture>(source, CaptureOptions(), server_.channel);
  }
  // One that never ends by itself.
  std::shared_ptr<Capture> EndlessCapture() {
    SourceOptions source;
    source.kind = SourceOptions::Kind::kFolder;
    source.path = folder_.path();
    source.follow = true;
    return std::make_shared<Capture>(source, CaptureOptions(), server_.channel);
  }
  void Start(std::vector<std::shared_ptr<Capture>> captures) {
    std::vector<PlannedCapture> planned;
    for (auto& capture : captures) planned.push_back({std::move(capture), nullptr});
    ASSERT_TRUE(manager_.Start(std::move(planned)).ok());
  }
  CaptureService Service(const std::string& files_from, bool privileges_given_up = false) {
    return CaptureService(&manager_,
                          {CaptureOptions(), server_.channel, files_from, privileges_given_up});
  }
  grpc::Status StartFile(CaptureService* service, const std::string& path) {
    v1::StartCaptureRequest request;
    request.mutable_file()->set_path(path);
    v1::StartCaptureResponse response;
    return service->StartCapture(nullptr, &request, &response);
  }

  TemporaryFolder folder_;
  FakeFeatureService feature_;
  InProcessServer server_;
  CaptureManager manager_;
};

TEST_F(CaptureManagerTest, CapturesOfASequenceRunOneAfterTheOther) {
  Start({FileCapture(kSample), FileCapture(kSample)});
  manager_.WaitUntilIdle();
  const auto all = manager_.All();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NE(all[0]->run(), all[1]->run());
  for (const auto& capture : all) {
    EXPECT_EQ(capture->Describe().state(), v1::CAPTURE_STATE_DONE);
    EXPECT_EQ(capture->Describe().accounting().received(), kSamplePackets);
  }
  EXPECT_TRUE(manager_.first_error().ok());
}

TEST_F(CaptureManagerTest, MetricsAreTheSumOfAllCaptures) {
  Start({FileCapture(kSample), FileCapture(kSample)});
  manager_.WaitUntilIdle();
  double windowed = -1, forgotten = -1;
  for (const auto& family : CaptureMetrics(&manager_).Collect()) {
    const double value = family.metric.empty() ? 0 : family.metric.front().counter.value;
    if (family.name == "silhouette_capture_windowed_packets_total") windowed = value;
    if (family.name == "silhouette_capture_forgotten_fragments_total") forgotten = value;
  }
  EXPECT_EQ(windowed, 2 * kSamplePackets);
  EXPECT_EQ(forgotten, 0);
}

TEST_F(CaptureManagerTest, FilesAreOneSourceWhateverTheirNamesAre) {
  Start({FileCapture(kSample), FileCapture(kSample)});
  Start({FileCapture(folder_.File("missing.pcap"))});
  manager_.WaitUntilIdle();
  const CaptureManager::Totals totals = manager_.totals();
  ASSERT_EQ(totals.sources.size(), 1u);
  const auto& [name, files] = *totals.sources.begin();
  EXPECT_EQ(name, "files");
  EXPECT_EQ(files.received_packets, 2 * kSamplePackets);
  EXPECT_EQ(files.running, 0u);
  EXPECT_EQ(totals.failed, 1u);
}

TEST_F(CaptureManagerTest, AFolderIsASourceOfItsOwnThatRunsAndIsNotLive) {
  const auto capture = EndlessCapture();
  Start({capture});
  const auto folder = [&] { return manager_.totals().sources.at(capture->origin()); };
  EXPECT_EQ(folder().running, 1u);
  EXPECT_EQ(folder().live, 0u);
  ASSERT_TRUE(manager_.Stop(capture->origin(), "").ok());
  manager_.WaitUntilIdle();
  EXPECT_EQ(folder().running, 0u);
}

TEST_F(CaptureManagerTest, ACaptureThatFailsIsRememberedAndTheNextOneRuns) {
  Start({FileCapture(folder_.File("missing.pcap")), FileCapture(kSample)});
  manager_.WaitUntilIdle();
  EXPECT_TRUE(absl::IsNotFound(manager_.first_error()));
  EXPECT_EQ(manager_.All()[0]->Describe().state(), v1::CAPTURE_STATE_FAILED);
  EXPECT_EQ(manager_.All()[1]->Describe().state(), v1::CAPTURE_STATE_DONE);
}

TEST_F(CaptureManagerTest, StopEndsAnEndlessCaptureInOrder) {
  const auto capture = EndlessCapture();
  Start({capture});
  EXPECT_TRUE(absl::IsNotFound(manager_.Stop("other", "").status()));
  EXPECT_TRUE(absl::IsNotFound(manager_.Stop(capture->origin(), "other").status()));
  ASSERT_TRUE(manager_.Stop(capture->origin(), "").ok());
  manager_.WaitUntilIdle();
  // Stopped before it began or after: either way without data lost.
  EXPECT_FALSE(capture->is_running());
  EXPECT_TRUE(
      absl::IsFailedPrecondition(manager_.Stop(capture->origin(), capture->run()).status()));
}

TEST_F(CaptureManagerTest, ShutdownEndsWhatRunsAndLetsNothingStart) {
  Start({EndlessCapture()});
  EXPECT_TRUE(manager_.Shutdown(std::chrono::seconds(60)));
  EXPECT_FALSE(manager_.All()[0]->is_running());
  std::vector<PlannedCapture> more;
  more.push_back({EndlessCapture(), nullptr});
  EXPECT_TRUE(absl::IsUnavailable(manager_.Start(std::move(more))));
}

TEST_F(CaptureManagerTest, SoManyRunAndNoMore) {
  for (size_t i = 0; i < CaptureManager::kMaxRunning; ++i) Start({EndlessCapture()});
  std::vector<PlannedCapture> more;
  more.push_back({EndlessCapture(), nullptr});
  EXPECT_TRUE(absl::IsResourceExhausted(manager_.Start(std::move(more))));
}

TEST_F(CaptureManagerTest, FilesAreReadByRequestFromTheirFolderAlone) {
  std::filesystem::create_directory(folder_.File("allowed"));
  std::filesystem::copy_file(kSample, folder_.File("allowed/call.pcap"));
  std::filesystem::copy_file(kSample, folder_.File("secret.pcap"));
  std::filesystem::create_symlink(folder_.File("secret.pcap"), folder_.File("allowed/link.pcap"));
  CaptureService none = Service("");
  EXPECT_EQ(StartFile(&none, "call.pcap").error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  CaptureService service = Service(folder_.File("allowed"));
  EXPECT_TRUE(StartFile(&service, "call.pcap").ok());
  for (const char* outside : {"../secret.pcap", "link.pcap", "/etc/passwd"}) {
    EXPECT_EQ(StartFile(&service, outside).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  }
  EXPECT_EQ(StartFile(&service, "no.pcap").error_code(), grpc::StatusCode::NOT_FOUND);
  manager_.WaitUntilIdle();
  v1::ListCapturesResponse list;
  ASSERT_TRUE(service.ListCaptures(nullptr, nullptr, &list).ok());
  ASSERT_EQ(list.captures_size(), 1);
  EXPECT_EQ(list.captures(0).origin(), "file:call.pcap");
  EXPECT_EQ(list.captures(0).accounting().received(), kSamplePackets);
}

TEST_F(CaptureManagerTest, ARequestThatCannotBeMetSaysWhy) {
  CaptureService service = Service("", true);
  v1::StartCaptureRequest request;
  v1::StartCaptureResponse response;
  EXPECT_EQ(service.StartCapture(nullptr, &request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_interface()->set_interface("lo");
  const grpc::Status refused = service.StartCapture(nullptr, &request, &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr("--no-sandbox"));
}

TEST_F(CaptureManagerTest, InterfacesHaveTheSystemsCounters) {
  CaptureService service = Service("");
  v1::ListInterfacesResponse list;
  ASSERT_TRUE(service.ListInterfaces(nullptr, nullptr, &list).ok());
  std::vector<std::string> names;
  for (const v1::Interface& interface : list.interfaces()) {
    names.push_back(interface.name());
    EXPECT_EQ(interface.received_packets() == 0, interface.received_bytes() == 0);
  }
  EXPECT_THAT(names, ::testing::Contains("lo"));
}

}  // namespace
}  // namespace silhouette
