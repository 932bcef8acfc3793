#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/capture_file/fake_packet_source.h"

namespace silhouette {

// Silent after its packets for as long as the test wants, then asked to end; without
// on_silence_end it ends by itself.
class FakeLiveSource : public FakePacketSource {
 public:
  absl::StatusOr<PacketBlock> Read() override {
    if (!all_given_) {
      auto block = FakePacketSource::Read();
      all_given_ = block->end;
      if (!all_given_) return block;
    }
    if (finished_) return PacketBlock{{}, true};
    if (silence_.empty()) {
      on_silence_end ? on_silence_end() : static_cast<void>(Finish());
      return PacketBlock{};
    }
    quiet_until_ns_ = silence_.front();
    silence_.erase(silence_.begin());
    return PacketBlock{};
  }
  int64_t quiet_until_ns() const override { return quiet_until_ns_; }
  SourceLoss loss() const override { return loss_; }
  bool Finish() override {
    finished_ = true;
    return true;
  }
  void BeSilentUntil(int64_t time_ns) { silence_.push_back(time_ns); }
  void Lose(SourceLoss loss) { loss_ = loss; }
  std::function<void()> on_silence_end;

 private:
  bool all_given_ = false;
  bool finished_ = false;
  std::vector<int64_t> silence_;
  int64_t quiet_until_ns_ = kNever;
  SourceLoss loss_;
};

}  // namespace silhouette
