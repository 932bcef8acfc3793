#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "gateway/job_manager.h"
#include "gateway/retention.h"

namespace silhouette {

// Keeps a gateway's store and jobs within their bounds, in a thread of its own, and tells on the
// metrics page how large they are.
class Housekeeper {
 public:
  // `jobs` may be null; both must outlive it.
  Housekeeper(VerdictStore* store, RetentionOptions options, JobManager* jobs);
  ~Housekeeper() { Stop(); }

  // Begins; nothing is deleted before.
  void Start() {
    thread_ = std::thread([this] { Loop(); });
  }
  void Stop();

  std::shared_ptr<prometheus::Registry> metrics() const { return registry_; }

 private:
  void Loop();
  // True if there is more to do at once.
  bool Step();
  void TellSizes();

  VerdictStore* const store_;
  JobManager* const jobs_;
  Retention retention_;
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Counter& deleted_verdicts_;
  prometheus::Counter& deleted_features_;
  prometheus::Gauge& store_bytes_;
  prometheus::Family<prometheus::Gauge>& store_free_bytes_;
  prometheus::Gauge& spool_bytes_;
  prometheus::Gauge& spool_limit_bytes_;
  prometheus::Gauge& oldest_queued_job_;
  prometheus::Family<prometheus::Gauge>& jobs_by_state_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;  // guarded by mutex_
  bool failing_ = false;  // the thread's
  std::thread thread_;
};

}  // namespace silhouette
