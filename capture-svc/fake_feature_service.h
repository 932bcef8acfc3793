#pragma once

#include <memory>
#include <utility>

#include "common/link_receiver.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {

// Takes packets for windowed and acks each batch, or refuses the first.
class FakeFeatureService : public v1::FeatureService::Service {
 public:
  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>* stream) override {
    return ServeLink<v1::PacketBatch>(context, stream, &streams_, [this](AckWriter* acks) {
      return absl::StatusOr<std::unique_ptr<Handler>>(std::make_unique<Handler>(this, acks));
    });
  }
  void Refuse(absl::Status status) { refusal_ = std::move(status); }

 private:
  class Handler : public BatchHandler<v1::PacketBatch> {
   public:
    Handler(FakeFeatureService* service, AckWriter* acks) : service_(service), acks_(acks) {}
    absl::Status Consume(const v1::PacketBatch& batch) override {
      if (!service_->refusal_.ok()) return service_->refusal_;
      windowed_ += static_cast<uint64_t>(batch.time_ns_size());
      v1::Ack ack;
      ack.set_origin(batch.header().origin());
      ack.set_run(batch.header().run());
      ack.set_sequence(batch.header().sequence());
      ack.mutable_accounting()->set_windowed(windowed_);
      acks_->Write(ack);
      return absl::OkStatus();
    }
    absl::Status Finish() override { return absl::OkStatus(); }
    void Abort() override {}

   private:
    FakeFeatureService* service_;
    AckWriter* acks_;
    uint64_t windowed_ = 0;
  };
  absl::Status refusal_;
  OpenStreams streams_{"test"};
};

}  // namespace silhouette
