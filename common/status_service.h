#pragma once

#include <prometheus/collectable.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/counter_rates.h"
#include "silhouette/v1/status_service.grpc.pb.h"

namespace silhouette {

// Tells what this process is and how it fares. Thread-safe.
class StatusService final : public v1::StatusService::Service {
 public:
  using Metrics = std::vector<std::shared_ptr<prometheus::Collectable>>;
  using Clock = CounterRates::Clock;
  static constexpr char kFullName[] = "silhouette.v1.StatusService";

  // `name` is "feature-svc". The process counts as started now.
  StatusService(std::string name, Metrics metrics,
                std::function<Clock::time_point()> now = Clock::now);

  grpc::Status GetServiceStatus(grpc::ServerContext* context,
                                const v1::GetServiceStatusRequest* request,
                                v1::GetServiceStatusResponse* response) override;

  // The answer; its address is empty.
  v1::ServiceStatus Status() const;

  // What the health service says.
  void SetServing(bool serving) { serving_ = serving; }

  // Remembers the counters, for their rates; to be called once a second.
  void Sample();
  static constexpr std::chrono::seconds kInterval{1};

 private:
  std::vector<prometheus::MetricFamily> Collect() const;

  const std::string name_;
  const Metrics metrics_;
  const std::function<Clock::time_point()> now_;
  const int64_t started_ns_;  // wall clock
  std::atomic<bool> serving_ = false;
  mutable std::mutex mutex_;
  CounterRates rates_;  // guarded by mutex_
};

}  // namespace silhouette
