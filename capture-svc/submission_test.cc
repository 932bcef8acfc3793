// CaptureService.Submit over loopback, into a feature-svc that keeps what it takes.

#include "capture-svc/submission.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "capture-svc/fake_feature_service.h"
#include "capture-svc/service.h"
#include "capture-svc/test_logging.h"
#include "common/capture_file/pcapng_blocks.h"
#include "common/capture_file/test_pcap.h"
#include "common/files.h"
#include "common/grpc_server.h"
#include "common/parse/test_frames.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

const std::string kSample = std::string(SILHOUETTE_SOURCE_DIR) + "/samples/call.pcap";
constexpr int64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 1'700'000'000 * uint64_t{kSecond};

bool WaitFor(const std::function<bool()>& condition) {
  const auto until = steady_clock::now() + seconds(60);
  while (!condition()) {
    if (steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

// A capture of small packets, ten a second.
std::string ManyPackets(uint64_t count) {
  std::string bytes = test_pcap::Header();
  const auto frame = test_frames::UdpFrame();
  for (uint64_t i = 0; i < count; ++i) {
    bytes += test_pcap::Record(kStart + i * kSecond / 10, frame);
  }
  return bytes;
}

// The packets of batches, each with all that is said of it.
std::vector<std::string> PacketsIn(const std::vector<v1::PacketBatch>& batches) {
  std::vector<std::string> packets;
  for (const v1::PacketBatch& batch : batches) {
    const v1::FlowTable& flows = batch.flows();
    for (int i = 0; i < batch.time_ns_size(); ++i) {
      const size_t flow = batch.flow(i);
      packets.push_back(absl::StrCat(
          batch.time_ns(i), " ", batch.wire_bytes(i), " ",
          static_cast<int>(batch.flags()[static_cast<size_t>(i)]), " ",
          absl::BytesToHexString(flows.home_address().substr(16 * flow, 16)), " ",
          absl::BytesToHexString(flows.remote_address().substr(16 * flow, 16)), " ",
          flows.ports(static_cast<int>(flow)), " ", static_cast<int>(flows.protocol()[flow])));
    }
  }
  return packets;
}

bool AnyEndsItsRun(const std::vector<v1::PacketBatch>& batches) {
  return std::any_of(batches.begin(), batches.end(),
                     [](const auto& batch) { return batch.header().end_of_run(); });
}

// A client of Submit.
class Client {
 public:
  explicit Client(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::CaptureService::NewStub(channel)), stream_(stub_->Submit(&context_)) {}
  ~Client() {
    context_.TryCancel();
    if (!finished_) (void)Finish();
  }

  bool SendHeader(const std::string& origin = "job", const std::string& run = "1") {
    v1::SubmitRequest request;
    request.mutable_header()->set_origin(origin);
    request.mutable_header()->set_run(run);
    return stream_->Write(request);
  }
  bool Send(const std::string& bytes) {
    v1::SubmitRequest request;
    request.set_data(bytes);
    return stream_->Write(request);
  }
  void End() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }

  // The next response; false at the end.
  bool Read() {
    v1::SubmitResponse response;
    if (!stream_->Read(&response)) return false;
    last_ = response.capture();
    return true;
  }
  // Reads on to the end.
  absl::Status Finish() {
    while (Read()) {
    }
    finished_ = true;
    return FromGrpcStatus(stream_->Finish());
  }
  absl::Status SendAll(const std::string& bytes) {
    if (SendHeader() && Send(bytes)) End();
    return Finish();
  }
  const v1::Capture& last() const { return last_; }

 private:
  const std::unique_ptr<v1::CaptureService::Stub> stub_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderWriter<v1::SubmitRequest, v1::SubmitResponse>> stream_;
  v1::Capture last_;
  bool finished_ = false;
};

class SubmissionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { LogErrorsAlone(); }
  SubmissionTest() { Serve(PacketLink()); }
  ~SubmissionTest() override {
    feature_.Release();
    EXPECT_TRUE(captures_.Shutdown(milliseconds(0)));
    server_->Shutdown(std::chrono::system_clock::now());
  }
  void Serve(LinkOptions link) {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    service_.emplace(&captures_, RemoteCaptureOptions{CaptureOptions(), feature_server_.channel, "",
                                                      false, std::move(link)});
    auto bound = StartGrpcServer("--listen", "127.0.0.1:0", {&*service_});
    ASSERT_TRUE(bound.ok()) << bound.status();
    server_ = std::move(bound->server);
    channel_ = OpenChannel(absl::StrCat("127.0.0.1:", bound->port));
  }
  v1::Capture Newest() {
    const auto all = captures_.All();
    return all.empty() ? v1::Capture() : all.back()->Describe();
  }

  FakeFeatureService feature_;
  InProcessServer feature_server_ = StartInProcessServer(&feature_);
  CaptureManager captures_;
  std::optional<CaptureService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(SubmissionTest, AStreamInOddPiecesGivesExactlyWhatItsFileGives) {
  FakeFeatureService of_file;
  InProcessServer of_file_server = StartInProcessServer(&of_file);
  SourceOptions source;
  source.path = kSample;
  ASSERT_TRUE(Capture(source, CaptureOptions(), of_file_server.channel).Run().ok());

  const std::string bytes = *ReadFile(kSample);
  Client client(channel_);
  ASSERT_TRUE(client.SendHeader("job", "mine"));
  std::minstd_rand random(1);
  for (size_t at = 0; at < bytes.size();) {
    const size_t size = random() % 3 == 0 ? random() % 7 : random() % 100'000;
    ASSERT_TRUE(client.Send(bytes.substr(at, size)));
    at += size;
  }
  client.End();
  ASSERT_TRUE(client.Finish().ok());
  EXPECT_EQ(client.last().state(), v1::CAPTURE_STATE_DONE);
  EXPECT_EQ(client.last().error(), "");
  EXPECT_EQ(client.last().bytes_read(), bytes.size());
  EXPECT_EQ(client.last().accounting().received(), 28'751u);
  EXPECT_EQ(client.last().accounting().pending(), 0u);

  const auto expected = of_file.batches(), found = feature_.batches();
  EXPECT_TRUE(PacketsIn(found) == PacketsIn(expected));
  v1::BatchHeader end = found.back().header(), file_end = expected.back().header();
  EXPECT_EQ(end.origin(), "job");
  EXPECT_EQ(end.run(), "mine");
  for (v1::BatchHeader* header : {&end, &file_end}) {
    header->clear_origin();
    header->clear_run();
    header->clear_sequence();  // a pause of the client may make a batch smaller
    header->mutable_accounting()->clear_pending();
    header->mutable_accounting()->clear_windowed();
    // For logs and metrics alone.
    header->clear_trace();
    header->clear_source_kind();
    header->clear_told_ns();
  }
  EXPECT_EQ(end.SerializeAsString(), file_end.SerializeAsString());
}

TEST_F(SubmissionTest, IsListedAndCountedAsTheOtherCaptures) {
  Client client(channel_);
  ASSERT_TRUE(client.SendAll(ManyPackets(100)).ok());
  v1::ListCapturesResponse list;
  ASSERT_TRUE(service_->ListCaptures(nullptr, nullptr, &list).ok());
  ASSERT_EQ(list.captures_size(), 1);
  EXPECT_EQ(list.captures(0).source(), "job");
  EXPECT_EQ(list.captures(0).origin(), "job");
  EXPECT_EQ(list.captures(0).run(), "1");
  EXPECT_EQ(captures_.totals().accounting.windowed(), 100u);
}

TEST_F(SubmissionTest, TellsHowFarItIsWhileTheClientWaits) {
  Client client(channel_);
  const std::string bytes = ManyPackets(100);
  ASSERT_TRUE(client.SendHeader() && client.Send(bytes));
  do {
    ASSERT_TRUE(client.Read());
    EXPECT_EQ(client.last().state(), v1::CAPTURE_STATE_RUNNING);
  } while (client.last().accounting().windowed() < 100);
  EXPECT_EQ(client.last().bytes_read(), bytes.size());
  client.End();
  ASSERT_TRUE(client.Finish().ok());
  EXPECT_EQ(client.last().state(), v1::CAPTURE_STATE_DONE);
}

TEST_F(SubmissionTest, ACutCaptureGivesWhatItHoldsAndSaysWhere) {
  const std::string bytes = ManyPackets(100);
  Client client(channel_);
  EXPECT_EQ(client.SendAll(bytes.substr(0, bytes.size() - 5)), absl::OkStatus());
  EXPECT_EQ(client.last().state(), v1::CAPTURE_STATE_FAILED);
  EXPECT_THAT(client.last().error(), HasSubstr("job: cut at byte"));
  EXPECT_EQ(client.last().accounting().windowed(), 99u);
  EXPECT_EQ(feature_.batches().back().header().incomplete(), client.last().error());
  EXPECT_TRUE(captures_.first_error().ok()) << "its client was told; the process is well";
}

TEST_F(SubmissionTest, WhatIsDamagedInTheMiddleEndsThereWhileTheClientStillSends) {
  std::string bytes = ManyPackets(100);
  bytes.replace(test_pcap::Header().size() + 10 * 58 + 8, 4, "\xff\xff\xff\x7f");
  Client client(channel_);
  ASSERT_TRUE(client.SendHeader());
  while (client.Send(bytes)) {
  }
  EXPECT_EQ(client.Finish(), absl::OkStatus());
  EXPECT_THAT(client.last().error(), HasSubstr("damaged at byte"));
  EXPECT_EQ(client.last().accounting().windowed(), 10u);
}

TEST_F(SubmissionTest, TheReceiversRefusalIsTold) {
  feature_.Refuse(absl::InvalidArgumentError("wrong batch"));
  Client client(channel_);
  EXPECT_EQ(client.SendAll(ManyPackets(100)), absl::OkStatus());
  EXPECT_EQ(client.last().state(), v1::CAPTURE_STATE_FAILED);
  EXPECT_EQ(client.last().error(), "feature-svc: wrong batch");
}

TEST_F(SubmissionTest, WhatIsNoCaptureIsRefusedInTheReadersWords) {
  Client text(channel_), nothing(channel_);
  const absl::Status refused = text.SendAll(std::string(100, 'x'));
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("job: not a capture"));
  const absl::Status empty = nothing.SendAll("");
  EXPECT_TRUE(absl::IsInvalidArgument(empty)) << empty;
  EXPECT_THAT(std::string(empty.message()), HasSubstr("job: is empty"));
  EXPECT_TRUE(feature_.batches().empty());
}

TEST_F(SubmissionTest, ItIsRefusedAtOnceAlsoWhereTheClientSaysNothingMore) {
  Client client(channel_);
  ASSERT_TRUE(client.SendHeader() && client.Send(std::string(100, 'x')));
  const absl::Status refused = client.Finish();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("job: not a capture"));
}

TEST_F(SubmissionTest, AStreamBeginsWithOneHeaderThatNamesBoth) {
  Client without(channel_), silent(channel_), nameless(channel_), runless(channel_),
      long_name(channel_);
  without.Send("x");
  EXPECT_TRUE(absl::IsInvalidArgument(without.Finish()));
  silent.End();
  EXPECT_TRUE(absl::IsInvalidArgument(silent.Finish()));
  nameless.SendHeader("", "1");
  EXPECT_TRUE(absl::IsInvalidArgument(nameless.Finish()));
  runless.SendHeader("job", "");
  EXPECT_TRUE(absl::IsInvalidArgument(runless.Finish()));
  long_name.SendHeader(std::string(HeaderChecker::kMaxNameBytes + 1, 'x'), "1");
  EXPECT_TRUE(absl::IsInvalidArgument(long_name.Finish()));
  EXPECT_TRUE(captures_.All().empty());
}

TEST_F(SubmissionTest, ASecondHeaderAbortsTheCapture) {
  Client client(channel_);
  ASSERT_TRUE(client.SendHeader() && client.Send(ManyPackets(100)) && client.SendHeader());
  const absl::Status refused = client.Finish();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("one header"));
  captures_.WaitUntilIdle();
  EXPECT_FALSE(AnyEndsItsRun(feature_.batches()));
}

// However the two meet.
TEST_F(SubmissionTest, AClientThatGoesAwayAbortsTheCaptureAndEndsNoRun) {
  const std::string bytes = ManyPackets(1000);
  std::minstd_rand random(1);
  for (int i = 0; i < 300; ++i) {
    Client client(channel_);
    ASSERT_TRUE(client.SendHeader() && client.Send(bytes.substr(0, random() % bytes.size())));
    for (uint32_t wait = random() % 2000; wait > 0; --wait) std::this_thread::yield();
    client.Cancel();
    EXPECT_TRUE(absl::IsCancelled(client.Finish()));
    captures_.WaitUntilIdle();
  }
  EXPECT_FALSE(AnyEndsItsRun(feature_.batches()));
  EXPECT_EQ(Newest().state(), v1::CAPTURE_STATE_FAILED);
}

TEST_F(SubmissionTest, SoDoesOneThatGoesAwayWhileNobodyTakesItsBytes) {
  feature_.Hold();
  Client client(channel_);
  ASSERT_TRUE(client.SendHeader() && client.Send(ManyPackets(1000)));
  ASSERT_TRUE(WaitFor([&] { return Newest().accounting().received() == 1000; }));
  client.End();
  client.Cancel();
  EXPECT_TRUE(absl::IsCancelled(client.Finish()));
  captures_.WaitUntilIdle();
}

TEST_F(SubmissionTest, OnlySoManyAtATime) {
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < CaptureManager::kMaxRunning; ++i) {
    clients.push_back(std::make_unique<Client>(channel_));
    ASSERT_TRUE(clients.back()->SendHeader() && clients.back()->Read());
  }
  Client more(channel_);
  EXPECT_TRUE(absl::IsResourceExhausted(more.SendAll(ManyPackets(1))));
  clients.clear();
  captures_.WaitUntilIdle();
  Client again(channel_);
  EXPECT_TRUE(again.SendAll(ManyPackets(1)).ok());
}

TEST_F(SubmissionTest, AShutdownEndsNoRunInMidFileAndAsksForAnotherTry) {
  Client client(channel_);
  ASSERT_TRUE(client.SendHeader() && client.Send(ManyPackets(100)));
  ASSERT_TRUE(WaitFor([&] { return Newest().accounting().windowed() == 100; }));
  const auto began = steady_clock::now();
  ASSERT_TRUE(captures_.Shutdown(seconds(60)));
  EXPECT_LT(steady_clock::now() - began, seconds(30)) << "nobody knows when the client goes on";
  service_->WaitForSubmissions();
  server_->Shutdown(std::chrono::system_clock::now());
  EXPECT_EQ(client.Finish(), absl::UnavailableError("capture-svc is shutting down"));
  EXPECT_FALSE(AnyEndsItsRun(feature_.batches()));
}

TEST_F(SubmissionTest, AShutdownWaitsForWhatIsWhole) {
  feature_.HoldEnds();
  Client client(channel_);
  ASSERT_TRUE(client.SendHeader() && client.Send(ManyPackets(100)));
  client.End();
  ASSERT_TRUE(WaitFor([&] { return feature_.is_holding(); }));
  std::thread shutdown([&] { EXPECT_TRUE(captures_.Shutdown(seconds(60))); });
  ASSERT_TRUE(WaitFor([&] { return captures_.is_shutting_down(); }));
  feature_.Release();
  shutdown.join();
  EXPECT_EQ(client.Finish(), absl::OkStatus());
  EXPECT_EQ(client.last().state(), v1::CAPTURE_STATE_DONE);
  EXPECT_TRUE(AnyEndsItsRun(feature_.batches()));
  Client late(channel_);
  EXPECT_TRUE(absl::IsUnavailable(late.SendAll(ManyPackets(1))));
}

TEST_F(SubmissionTest, StopCaptureEndsItInOrder) {
  Client client(channel_);
  ASSERT_TRUE(client.SendHeader() && client.Send(ManyPackets(100)));
  ASSERT_TRUE(WaitFor([&] { return Newest().accounting().windowed() == 100; }));
  ASSERT_TRUE(captures_.Stop("job", "1").ok());
  while (client.last().state() != v1::CAPTURE_STATE_FAILED) ASSERT_TRUE(client.Read());
  EXPECT_EQ(client.last().error(), "stopped behind packet 100");
  client.End();
  EXPECT_EQ(client.Finish(), absl::OkStatus());
  EXPECT_TRUE(AnyEndsItsRun(feature_.batches()));
}

TEST_F(SubmissionTest, AClientIsSlowedDownToWhatFeatureSvcTakes) {
  LinkOptions link = PacketLink();
  link.limits.bytes = 1 << 20;
  link.limits.unsent_bytes = 256 << 10;
  Serve(std::move(link));
  feature_.Hold();
  Client client(channel_);
  ASSERT_TRUE(client.SendHeader());
  constexpr size_t kPieces = 1000;
  std::atomic<size_t> sent = 0;
  std::thread writer([&] {
    const std::string all = ManyPackets(1000 * kPieces);
    const size_t size = all.size() / kPieces + 1;
    for (size_t at = 0; at < all.size(); at += size, ++sent) {
      EXPECT_TRUE(client.Send(all.substr(at, size)));
    }
    client.End();
  });
  // Until it stands still: the buffers between the two are full.
  size_t before = 0;
  auto since = steady_clock::now();
  ASSERT_TRUE(WaitFor([&] {
    if (std::exchange(before, sent.load()) != sent) since = steady_clock::now();
    return sent > 0 && steady_clock::now() - since > milliseconds(300);
  }));
  EXPECT_LT(sent, kPieces / 2);
  feature_.Release();
  EXPECT_EQ(client.Finish(), absl::OkStatus());
  writer.join();
  EXPECT_EQ(client.last().accounting().windowed(), 1000 * kPieces);
}

// The statistics of one interface come amid packets of another, and then nothing for a while.
TEST_F(SubmissionTest, APauseBehindStatisticsMakesNoPacketLate) {
  std::string before, behind;
  const auto packet = [](std::string* file, uint32_t interface, uint64_t time_ns) {
    const auto frame = test_frames::UdpFrame();
    const auto size = static_cast<uint32_t>(frame.size());
    PcapngBlock(file, 6)
        .U32(interface)
        .Time(static_cast<int64_t>(time_ns))
        .U32(size)
        .U32(size)
        .Data(frame);
  };
  PcapngBlock(&before, 0x0a0d0d0a).U32(0x1a2b3c4d).U16(1).U16(0).U64(~uint64_t{0});
  for (int i = 0; i < 2; ++i) {
    PcapngBlock(&before, 1).U16(1).U16(0).U32(0).ByteOption(9, 9).EndOfOptions();
  }
  packet(&before, 0, kStart);
  PcapngBlock(&before, 5)
      .U32(0)
      .Time(0)
      .TimeOption(3, static_cast<int64_t>(kStart + 30 * kSecond))
      .EndOfOptions();
  packet(&behind, 1, kStart + kSecond);

  Client client(channel_);
  ASSERT_TRUE(client.SendHeader() && client.Send(before));
  ASSERT_TRUE(WaitFor([&] { return feature_.batches().size() == 1; })) << "for the pause";
  ASSERT_TRUE(client.Send(behind));
  client.End();
  ASSERT_TRUE(client.Finish().ok());
  EXPECT_EQ(client.last().accounting().late(), 0u);
  EXPECT_EQ(client.last().accounting().windowed(), 2u);
  EXPECT_EQ(feature_.batches().back().header().watermark_ns(),
            static_cast<int64_t>(kStart + 30 * kSecond))
      << "as at the end of a file";
}

}  // namespace
}  // namespace silhouette
