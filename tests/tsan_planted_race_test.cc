// Races of our own, planted: with tests/tsan.supp in force the thread sanitizer must still report
// each and name this file. The first is between two threads of ours, the second between handlers
// that gRPC's threads run. Only the tsan preset builds it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "common/grpc_server.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;

constexpr int kReported = 66;  // the sanitizer's exit status, unless TSAN_OPTIONS sets another

auto ARaceInThisFile() {
  return AllOf(HasSubstr("WARNING: ThreadSanitizer: data race"),
               HasSubstr("tsan_planted_race_test.cc"));
}

// Returns when two threads wait, without putting what they do in an order: that is what relaxed
// means.
class Meeting {
 public:
  void Wait() {
    waiting_.fetch_add(1, std::memory_order_relaxed);
    while (waiting_.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
  }

 private:
  std::atomic<int> waiting_ = 0;
};

class Batches {
 public:
  void Count() { ++count_; }  // guarded by nothing: the race

 private:
  int count_ = 0;
};

void RaceBetweenThreads() {
  Batches batches;
  Meeting meeting;
  const std::function<void()> on_batch = [&] {
    meeting.Wait();
    batches.Count();
  };
  std::thread other(on_batch);
  on_batch();
  other.join();
}

// Calls it for each stream.
class CallingService final : public v1::FeatureService::Service {
 public:
  explicit CallingService(std::function<void()> on_push) : on_push_(std::move(on_push)) {}
  grpc::Status Push(grpc::ServerContext*,
                    grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>*) override {
    on_push_();
    return grpc::Status::OK;
  }

 private:
  const std::function<void()> on_push_;
};

void RaceBetweenHandlers() {
  Batches batches;
  Meeting meeting;
  CallingService service([&] {
    meeting.Wait();
    batches.Count();
  });
  const InProcessServer server = StartInProcessServer(&service);
  const auto stub = v1::FeatureService::NewStub(server.channel);
  grpc::ClientContext first, second;
  const auto one = stub->Push(&first), two = stub->Push(&second);
  for (auto* stream : {one.get(), two.get()}) {
    stream->WritesDone();
    (void)stream->Finish();
  }
  server.server->Shutdown();
}

class PlantedRace : public ::testing::Test {
 protected:
  // A process afresh for each: a sanitizer and fork do not go well together.
  PlantedRace() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(PlantedRace, TheSuppressionsAreInForce) {
  const char* options = std::getenv("TSAN_OPTIONS");
  ASSERT_NE(options, nullptr) << "run it by ctest --preset tsan, which sets them";
  EXPECT_THAT(options, HasSubstr("tests/tsan.supp"));
}

TEST_F(PlantedRace, BetweenThreadsOfOursIsReported) {
  EXPECT_EXIT(RaceBetweenThreads(), ExitedWithCode(kReported), ARaceInThisFile());
}

TEST_F(PlantedRace, BetweenHandlersThatGrpcRunsIsReported) {
  EXPECT_EXIT(RaceBetweenHandlers(), ExitedWithCode(kReported), ARaceInThisFile());
}

}  // namespace
}  // namespace silhouette
