#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "gateway/job_manager.h"
#include "silhouette/v1/capture_service.grpc.pb.h"

namespace silhouette {

// Hands the captures of queued jobs to capture-svc, each to the replica with the least to do, and
// waits until all of it is stored. A job whose capture-svc goes away is begun again under the same
// names, which stores nothing twice. Thread-safe.
class JobRunner {
 public:
  // The capture-svcs there are at the moment.
  using Channels = std::function<std::vector<std::shared_ptr<grpc::Channel>>()>;

  // `jobs` must outlive it.
  JobRunner(JobManager* jobs, Channels channels, int at_once = 2);
  ~JobRunner() { Stop(); }

  // Breaks off what runs, which goes on after the next start.
  void Stop();

 private:
  using Stub = v1::CaptureService::Stub;

  void Loop();
  void Run(const JobManager::Work& work);
  // Null if none answers.
  std::unique_ptr<Stub> LeastBusy();
  // What the capture-svc said last. Errors: the stream's.
  absl::StatusOr<v1::Capture> Stream(const JobManager::Work& work, Stub* stub);
  // All of the spool, or as much as the stream takes. Errors: CANCELLED (the job is given up),
  // DATA_LOSS (the spool does not hold what it should).
  absl::Status Send(const JobManager::Work& work,
                    grpc::ClientReaderWriter<v1::SubmitRequest, v1::SubmitResponse>* stream);

  JobManager* const jobs_;
  const Channels channels_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::set<grpc::ClientContext*> open_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace silhouette
