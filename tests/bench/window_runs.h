#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/tls_credentials.h"
#include "feature-svc/engine.h"
#include "tests/bench/pipeline_links.h"

namespace silhouette::bench {

// The set of one spec, as text for ParseSpec. Ends the bench where it is none.
SpecSet SpecsOf(const std::string& spec);

// Capture engine and feature engine in one thread, and a sink that counts windows. Returns the
// packets that windows took. Ends the bench where it fails or no window comes.
uint64_t WindowsInOneThread(const std::string& path, const std::string& spec);

// Capture engine and feature engine, whose windows go on by gRPC's in-process channel to a service
// that counts and acks them; what comes before differs.
class ServiceRuns {
 public:
  explicit ServiceRuns(const std::string& spec, const PipelineLinks& links = {},
                       TlsCredentials* tls = nullptr);
  ~ServiceRuns();

  // The engines in one thread, without gRPC between them. Returns as WindowsInOneThread.
  uint64_t Joined(const std::string& path);
  // A capture pushes its packets to feature-svc's service over a TCP connection of this machine.
  uint64_t OverGrpc(const std::string& path);

  // By the runs over gRPC so far.
  const HeldBytes& held() const { return held_; }

 private:
  uint64_t PacketsOfRun();

  struct Services;
  const SpecSet specs_;
  const PipelineLinks links_;
  const std::unique_ptr<Services> services_;
  HeldBytes held_;
};

}  // namespace silhouette::bench
