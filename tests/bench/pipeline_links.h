#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

#include "common/link_flags.h"
#include "common/link_sender.h"
#include "feature-svc/service.h"

namespace silhouette::bench {

// The links of a capture's way, as they are to be.
struct PipelineLinks {
  PipelineLinks();

  LinkOptions packets = PacketLink();  // from capture-svc to feature-svc
  LinkOptions windows = WindowLink();  // from there to classify-svc
};

// As services have them.
PipelineLinks SettledAcks();
// What is sent is taken for settled: nothing is kept, and a break would lose it.
PipelineLinks AcksAtReceipt();

// The most that the links of one capture held, in bytes.
struct HeldBytes {
  size_t packets = 0;
  size_t windows = 0;
};

// Looks at the services' metrics of their links every millisecond, in a thread of its own.
class HeldBytesWatch {
 public:
  // Puts into `held` what is higher than what it says; it and `feature` must outlive this.
  HeldBytesWatch(const PipelineLinks& links, const FeatureService& feature, HeldBytes* held);
  ~HeldBytesWatch();

 private:
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace silhouette::bench
