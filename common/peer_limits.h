#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"

namespace silhouette {

// What one peer may take of a service. A peer is an IPv4 address or an IPv6 network of 64 bits,
// whatever its connections.
struct PeerLimitOptions {
  int open_calls = 256;         // at once: streams, and other calls while they last
  int calls_per_second = 1000;  // new ones; twice as many at once after a pause
};

// Counts the calls of each peer. Memory is bounded: idle peers are forgotten, and strangers are
// refused while kMostPeers are active. Thread-safe.
class PeerLimits {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostPeers = 4096;

  struct Refused {
    uint64_t open_calls = 0;
    uint64_t rate = 0;
    uint64_t peers = 0;
  };

  explicit PeerLimits(PeerLimitOptions options, std::function<Clock::time_point()> now = Clock::now)
      : options_(options), now_(std::move(now)) {}

  // `peer` is a name from PeerOf. OK: one more of its calls is open until Leave.
  // Errors: RESOURCE_EXHAUSTED naming the flag that would allow it.
  absl::Status Enter(const std::string& peer);
  void Leave(const std::string& peer);

  const PeerLimitOptions& options() const { return options_; }
  Refused refused() const;

 private:
  struct Peer {
    int open = 0;
    double allowed = 0;  // calls that it might begin at that time
    Clock::time_point at;
  };
  // How many calls it may begin by now.
  double Allowed(const Peer& peer, Clock::time_point now) const;
  void ForgetIdle(Clock::time_point now);  // under mutex_
  double most_allowed() const { return 2.0 * options_.calls_per_second; }

  const PeerLimitOptions options_;
  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::map<std::string, Peer> peers_;  // guarded by mutex_
  Refused refused_;                    // guarded by mutex_
};

// The peer behind what gRPC calls one: "ipv4:192.0.2.1:5000" is "192.0.2.1".
std::string PeerOf(const std::string& grpc_peer);

// Makes a server hold its calls against `limits`; those refused end with the limit's status.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeLimitInterceptors(
    std::shared_ptr<PeerLimits> limits);

}  // namespace silhouette
