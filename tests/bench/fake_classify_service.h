#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "common/link_receiver.h"
#include "silhouette/v1/classify_service.grpc.pb.h"

namespace silhouette::bench {

// Counts windows and acks each batch, so that what comes before it is measured and nothing behind.
class FakeClassifyService final : public v1::ClassifyService::Service {
 public:
  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::WindowBatch>* stream) override {
    return ServeLink<v1::WindowBatch>(context, stream, &streams_, [this](AckWriter* acks) {
      return absl::StatusOr<std::unique_ptr<Handler>>(std::make_unique<Handler>(this, acks));
    });
  }

  // Since it was asked last.
  uint64_t TakeWindows() { return windows_.exchange(0); }
  // Packets that windows took, in the accounts of the newest batch.
  uint64_t windowed() const { return windowed_; }

 private:
  class Handler : public BatchHandler<v1::WindowBatch> {
   public:
    Handler(FakeClassifyService* service, AckWriter* acks) : service_(service), acks_(acks) {}
    absl::Status Consume(const v1::WindowBatch& batch) override {
      for (const v1::WindowTable& table : batch.tables()) {
        service_->windows_ += static_cast<uint64_t>(table.start_ns_size());
      }
      service_->windowed_ = batch.header().accounting().windowed();
      v1::Ack ack;
      ack.set_origin(batch.header().origin());
      ack.set_run(batch.header().run());
      ack.set_sequence(batch.header().sequence());
      acks_->Write(ack);
      return absl::OkStatus();
    }
    absl::Status Finish() override { return absl::OkStatus(); }
    void Abort() override {}

   private:
    FakeClassifyService* const service_;
    AckWriter* const acks_;
  };

  OpenStreams streams_{"test"};
  std::atomic<uint64_t> windows_ = 0;
  std::atomic<uint64_t> windowed_ = 0;
};

}  // namespace silhouette::bench
