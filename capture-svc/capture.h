#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "capture-svc/engine.h"
#include "capture-svc/source/source_options.h"
#include "common/link_flags.h"
#include "common/link_sender.h"
#include "common/log_format.h"
#include "silhouette/v1/capture_service.pb.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {

// One run: a source, an engine and the link to feature-svc.
class Capture {
 public:
  // Completes the options. `link` is for the packets that are not settled.
  Capture(SourceOptions source, CaptureOptions options,
          std::shared_ptr<grpc::Channel> feature_channel, LinkOptions link = PacketLink());

  // Reads the source to its end, or until Stop, and waits until all of it is settled. `opened` is
  // the source where it had to be opened before; else Run opens it. Call once.
  // Errors: as OpenSource and CaptureEngine::Read, the link's, and CANCELLED (stopped before
  // it began).
  absl::Status Run(std::unique_ptr<PacketSource> opened = nullptr);

  // After Run: as CaptureEngine::incomplete.
  const std::string& incomplete() const { return engine_.incomplete(); }

  // Makes Run end in order, early. From any thread.
  void Stop();
  // Makes Run return at once, with what is not settled lost, and the run not ended: it may be
  // captured again under the same name. From any thread.
  void Abort();
  // As Stop, for a process that ends. But what is submitted is brought again from its beginning,
  // and an end in mid-file would keep the window there cut for good: it is aborted, unless all of
  // it is here.
  void StopForShutdown();

  const std::string& origin() const { return options_.origin; }
  const std::string& run() const { return options_.run; }
  // Somebody hands in the bytes, and is told how it ends.
  bool is_submitted() const { return source_.kind == SourceOptions::Kind::kSubmitted; }
  v1::SourceKind source_kind() const;
  bool is_running() const;
  // It ended with an error, or before its source did.
  bool has_failed() const;
  bool is_stopped() const;  // or aborted
  bool was_opened() const;
  // Waits until Run is through, for so long at most; true when it is.
  bool WaitForEnd(std::chrono::milliseconds patience) const;
  v1::Capture Describe() const;
  // What it is, for log lines.
  LogFields Names() const;
  CaptureProgress Progress() const { return engine_.Progress(); }

 private:
  // What the engine asks and tells of where its packets come from.
  CaptureOptions ForEngine(CaptureOptions options);
  absl::Status Send(v1::PacketBatch& batch);
  void TellLoad();
  absl::Status ReadAndSettle(std::unique_ptr<PacketSource> source);

  const SourceOptions source_;
  const std::string name_;  // of the source, for messages
  const CaptureOptions options_;
  const v1::TraceContext trace_;  // of its stream and its log lines
  const std::unique_ptr<v1::FeatureService::Stub> feature_stub_;
  CaptureEngine engine_;
  OverloadLadder::Rung told_rung_ = OverloadLadder::Rung::kNone;  // by log lines
  LinkSender<v1::PacketBatch> sender_;
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;               // state_ is no longer RUNNING
  bool stopped_ = false;                                // guarded by mutex_
  bool opened_ = false;                                 // guarded by mutex_
  v1::CaptureState state_ = v1::CAPTURE_STATE_RUNNING;  // guarded by mutex_
  std::string error_;                                   // guarded by mutex_
};

// `options` with what it leaves open filled: origin, run, and when batches of a live source go on.
CaptureOptions CompleteOptions(CaptureOptions options, const SourceOptions& source);

// A name for a new run, unlike any other of this process: the time in UTC, the process, and a
// number, as 20260131T120000.123Z-4711-1.
std::string NewRunName();

}  // namespace silhouette
