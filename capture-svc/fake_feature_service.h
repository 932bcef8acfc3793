#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

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

  // Takes no batch until Release, or none that ends its run.
  void Hold() { SetHeld(Held::kAll); }
  void HoldEnds() { SetHeld(Held::kEnds); }
  void Release() { SetHeld(Held::kNone); }
  // It has one that it does not take.
  bool is_holding() const {
    std::lock_guard lock(mutex_);
    return holding_ > 0;
  }

  // Those it has taken.
  std::vector<v1::PacketBatch> batches() const {
    std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  enum class Held { kNone, kEnds, kAll };
  class Handler : public BatchHandler<v1::PacketBatch> {
   public:
    Handler(FakeFeatureService* service, AckWriter* acks) : service_(service), acks_(acks) {}
    absl::Status Consume(const v1::PacketBatch& batch) override {
      if (!service_->refusal_.ok()) return service_->refusal_;
      if (!service_->Take(batch, &aborted_)) return absl::CancelledError();
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
    void Abort() override { service_->SetTrue(&aborted_); }

   private:
    FakeFeatureService* service_;
    AckWriter* acks_;
    uint64_t windowed_ = 0;
    bool aborted_ = false;  // guarded by the service's mutex_
  };

  // False when it was aborted meanwhile.
  bool Take(const v1::PacketBatch& batch, const bool* aborted) {
    std::unique_lock lock(mutex_);
    const Held from = batch.header().end_of_run() ? Held::kEnds : Held::kAll;
    ++holding_;
    changed_.wait(lock, [&] { return held_ < from || *aborted; });
    --holding_;
    if (*aborted) return false;
    batches_.push_back(batch);
    return true;
  }
  void SetTrue(bool* flag) {
    std::lock_guard lock(mutex_);
    *flag = true;
    changed_.notify_all();
  }
  void SetHeld(Held held) {
    std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }

  absl::Status refusal_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Held held_ = Held::kNone;               // guarded by mutex_
  int holding_ = 0;                       // guarded by mutex_
  std::vector<v1::PacketBatch> batches_;  // guarded by mutex_
  OpenStreams streams_{"test"};
};

}  // namespace silhouette
