#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "capture-svc/engine.h"
#include "common/capture_file/fake_packet_source.h"

namespace silhouette {

inline constexpr int64_t kSecond = 1'000'000'000;
inline constexpr int64_t kStart = 1'700'000'000 * kSecond;

// Runs an engine over a source and keeps what it emits.
class CaptureEngineTest : public ::testing::Test {
 protected:
  CaptureEngineTest() {
    options_.origin = "file:test";
    options_.run = "1";
  }
  absl::Status Read() {
    engine_ = std::make_unique<CaptureEngine>(options_, [this](const v1::PacketBatch& batch) {
      batches_.push_back(batch);
      return emit_status_;
    });
    return engine_->Read(&source_);
  }
  const v1::Accounting& LastAccounting() const { return batches_.back().header().accounting(); }

  CaptureOptions options_;
  FakePacketSource source_;
  std::vector<v1::PacketBatch> batches_;
  absl::Status emit_status_;
  std::unique_ptr<CaptureEngine> engine_;
};

}  // namespace silhouette
