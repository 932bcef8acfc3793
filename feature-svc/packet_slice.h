#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "feature-svc/sample_log.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {

// Some packets of a batch, and whose they are.
struct PacketSlice {
  const v1::PacketBatch* batch;
  size_t first;
  size_t count;
  int64_t oldest_ns;  // of these packets
  int64_t newest_ns;
  // By flow of the batch: the subject at its home end and at its remote end, or
  // SubjectTable::kNone.
  std::span<const uint32_t> home_subjects;
  std::span<const uint32_t> remote_subjects;
  bool any_remote;  // some remote end is a subject
  // By flow of the batch, as its home end and as its remote end sees it; only filled for schemas
  // that need it.
  std::span<const SampleFlow> home_flows;
  std::span<const SampleFlow> remote_flows;
};

}  // namespace silhouette
