#include "tests/bench/sender_runs.h"

#include <algorithm>
#include <utility>

#include "capture-svc/engine.h"
#include "common/batch_packets.h"
#include "common/capture_file/open_capture.h"
#include "common/link_receiver.h"
#include "silhouette/v1/feature_service.grpc.pb.h"
#include "tests/bench/check.h"
#include "tests/bench/flood_file.h"
#include "tests/bench/tcp_server.h"

namespace silhouette::bench {
namespace {

constexpr size_t kLoopBatches = 64;
// How far back a receiver that began anew would need packets: feature-svc's, for short windows.
constexpr int64_t kContextNs = 5'500'000'000;

// Acks each batch at once, as if all windows up to its newest packet were settled.
class AckingService final : public v1::FeatureService::Service {
 public:
  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>* stream) override {
    return ServeLink<v1::PacketBatch>(context, stream, &streams_, [](AckWriter* acks) {
      return absl::StatusOr<std::unique_ptr<Handler>>(std::make_unique<Handler>(acks));
    });
  }

 private:
  class Handler : public BatchHandler<v1::PacketBatch> {
   public:
    explicit Handler(AckWriter* acks) : acks_(acks) {}
    absl::Status Consume(const v1::PacketBatch& batch) override {
      const BatchPackets packets = PacketsOf(batch);
      windowed_ += packets.count;
      v1::Ack ack;
      ack.set_origin(batch.header().origin());
      ack.set_run(batch.header().run());
      ack.set_sequence(batch.header().sequence());
      ack.mutable_accounting()->set_windowed(windowed_);
      ack.set_settled_until_ns(packets.newest_ns);
      ack.set_keep_from_ns(packets.newest_ns - kContextNs);
      acks_->Write(ack);
      return absl::OkStatus();
    }
    absl::Status Finish() override { return absl::OkStatus(); }
    void Abort() override {}

   private:
    AckWriter* const acks_;
    uint64_t windowed_ = 0;
  };

  OpenStreams streams_{"test"};
};

}  // namespace

BatchLoop::BatchLoop() {
  CaptureOptions options;
  options.origin = options.run = "bench";
  const auto flood =
      FloodFile::Write({.packets = kLoopBatches * options.batch_packets, .flows = 1'000});
  Check(flood.status());
  const auto source = OpenCapture((*flood)->path());
  Check(source.status());
  CaptureEngine engine(options, [this](const v1::PacketBatch& batch) {
    if (batches_.size() < kLoopBatches) batches_.push_back(batch);
    return absl::OkStatus();
  });
  Check(engine.Read(source->get()));
  for (v1::PacketBatch& batch : batches_) {
    batch.mutable_header()->set_end_of_run(false);
    batch_bytes_ += static_cast<double>(batch.ByteSizeLong()) / static_cast<double>(kLoopBatches);
  }
  batch_packets_ = static_cast<size_t>(batches_.front().time_ns_size());
  length_ns_ = *batches_.back().time_ns().rbegin() - batches_.front().time_ns(0) + 1'000;
}

void BatchLoop::Restart() { sent_ = 0; }

const v1::PacketBatch& BatchLoop::Next() {
  v1::PacketBatch& batch = batches_[sent_ % kLoopBatches];
  ++sent_;
  for (int64_t& time_ns : *batch.mutable_time_ns()) time_ns += length_ns_;
  v1::BatchHeader* header = batch.mutable_header();
  header->set_sequence(sent_);
  header->set_watermark_ns(header->watermark_ns() + length_ns_);
  header->mutable_accounting()->set_received(sent_ * batch_packets_);
  header->mutable_accounting()->set_pending(sent_ * batch_packets_);
  return batch;
}

struct SenderRuns::Receiver {
  explicit Receiver(TlsCredentials* tls)
      : server(&service, tls), stub(v1::FeatureService::NewStub(server.channel())) {}

  AckingService service;
  TcpServer server;
  std::unique_ptr<v1::FeatureService::Stub> stub;
};

SenderRuns::SenderRuns(TlsCredentials* tls, const LinkOptions& link)
    : link_(link), receiver_(std::make_unique<Receiver>(tls)) {}

SenderRuns::~SenderRuns() = default;

uint64_t SenderRuns::Send(size_t batches, BatchLoop* loop) {
  LinkSender<v1::PacketBatch> sender(
      "the receiver",
      [this](grpc::ClientContext* context) { return receiver_->stub->Push(context); },
      {[](const v1::Ack&) {}, {}, {}}, link_);
  loop->Restart();
  for (size_t i = 0; i < batches; ++i) {
    Check(sender.Send(loop->Next()));
    held_ = std::max(held_, sender.use().bytes);
  }
  Check(sender.Close());
  return batches * loop->batch_packets();
}

}  // namespace silhouette::bench
