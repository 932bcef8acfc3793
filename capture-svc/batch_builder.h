#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "capture-svc/orientation.h"
#include "common/subject.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {

// Collects packets into the columns of a PacketBatch with its flow dictionary.
class BatchBuilder {
 public:
  void Add(int64_t time_ns, uint32_t wire_bytes, uint8_t tcp_flags, const OrientedFlow& flow);

  size_t packets() const { return static_cast<size_t>(batch_.time_ns_size()); }
  v1::PacketBatch* batch() { return &batch_; }
  // Empties the batch, keeping its memory.
  void Clear();

 private:
  uint32_t FlowIndex(const FlowKey& key);

  v1::PacketBatch batch_;
  absl::flat_hash_map<FlowKey, uint32_t> flows_;
};

}  // namespace silhouette
