#pragma once

#include <grpcpp/channel.h>
#include <prometheus/collectable.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "capture-svc/engine.h"
#include "common/link_sender.h"
#include "silhouette/v1/capture_service.pb.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {

// One run: a file, an engine and the link to feature-svc.
class Capture {
 public:
  Capture(std::string path, CaptureOptions options, std::shared_ptr<grpc::Channel> feature_channel);

  // Reads the file to its end and waits until all of it is settled. Call once.
  // Errors: as OpenCapture and CaptureEngine::Read, the link's, and CANCELLED (stopped before
  // it began).
  absl::Status Run();

  // After Run: as CaptureEngine::incomplete.
  const std::string& incomplete() const { return engine_.incomplete(); }

  // Makes Run end in order, early. From any thread.
  void Stop();
  // Makes Run return at once, with what is not settled lost. From any thread.
  void Abort();

  v1::Capture Describe() const;

 private:
  absl::Status ReadAndSettle();

  const std::string path_;
  const CaptureOptions options_;
  const std::unique_ptr<v1::FeatureService::Stub> feature_stub_;
  CaptureEngine engine_;
  LinkSender<v1::PacketBatch> sender_;
  mutable std::mutex mutex_;
  bool stopped_ = false;                                // guarded by mutex_
  v1::CaptureState state_ = v1::CAPTURE_STATE_RUNNING;  // guarded by mutex_
  std::string error_;                                   // guarded by mutex_
};

// The captures of a process, finished ones included. Thread-safe.
class CaptureList {
 public:
  void Add(std::shared_ptr<Capture> capture);
  std::vector<std::shared_ptr<Capture>> All() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Capture>> captures_;  // guarded by mutex_
};

// The accounting identity over all captures of a list, as Prometheus metrics.
class CaptureMetrics : public prometheus::Collectable {
 public:
  explicit CaptureMetrics(const CaptureList* captures) : captures_(captures) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const CaptureList* captures_;
};

// A name for a new run: the time in UTC and this process, as 20260131T120000.123Z-4711.
std::string NewRunName();

}  // namespace silhouette
