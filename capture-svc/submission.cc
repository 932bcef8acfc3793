#include "capture-svc/submission.h"

#include <grpc/grpc.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/link_receiver.h"
#include "common/log.h"

namespace silhouette {

void RunningSubmissions::Enter() {
  std::lock_guard lock(mutex_);
  ++running_;
}

void RunningSubmissions::Leave() {
  std::lock_guard lock(mutex_);
  --running_;
  changed_.notify_all();
}

void RunningSubmissions::WaitUntilNone(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return running_ == 0; });
}

absl::Status Submission::Serve(const MakeCapture& make_capture) {
  if (context_->IsCancelled()) return absl::CancelledError();  // by a limit, or by its client
  auto header = ReadHeader();
  if (!header.ok()) return header.status();
  capture_ = make_capture(*header, channel_);
  running_->Enter();
  std::vector<PlannedCapture> planned;
  planned.push_back({capture_, nullptr});
  outcome_ = captures_->Start(std::move(planned));
  if (outcome_.ok()) {
    LogInfo(absl::StrCat(header->origin(), ": handed in by ", context_->peer()), capture_->Names());
    std::thread reporter([this] { Report(); });
    TakeBytes();
    reporter.join();
  }
  running_->Leave();
  return outcome_;
}

absl::StatusOr<v1::SubmitHeader> Submission::ReadHeader() {
  v1::SubmitRequest first;
  if (!stream_->Read(&first) || !first.has_header()) {
    return absl::InvalidArgumentError("the first message of a stream is its header");
  }
  const v1::SubmitHeader& header = first.header();
  if (header.origin().empty() || header.run().empty()) {
    return absl::InvalidArgumentError("header without origin or run; both are needed");
  }
  if (std::max(header.origin().size(), header.run().size()) > HeaderChecker::kMaxNameBytes) {
    return absl::InvalidArgumentError(absl::StrCat("header whose origin or run is longer than ",
                                                   HeaderChecker::kMaxNameBytes, " bytes"));
  }
  return header;
}

void Submission::TakeBytes() {
  v1::SubmitRequest request;
  while (stream_->Read(&request)) {
    if (request.part_case() != v1::SubmitRequest::kData) {
      return GiveUp(absl::InvalidArgumentError(
          "a message without data behind the header; a stream has one header, then data alone"));
    }
    if (!channel_->Write(std::move(*request.mutable_data()))) return;
  }
  // A client that went away looks like one that has given all, until something is sent to it.
  if (Respond()) return channel_->Close();
  GiveUp(absl::CancelledError("the client is gone"));
}

void Submission::Report() {
  constexpr std::chrono::milliseconds kLook(100);
  constexpr std::chrono::seconds kEvery(1);
  Respond();
  auto told = std::chrono::steady_clock::now();
  while (!capture_->WaitForEnd(kLook)) {
    if (context_->IsCancelled()) GiveUp(absl::CancelledError("the client is gone"));
    if (std::chrono::steady_clock::now() - told < kEvery) continue;
    Respond();
    told = std::chrono::steady_clock::now();
  }
  channel_->Abandon();
  Respond();
  outcome_ = Outcome();
  if (outcome_.ok()) return;
  // TakeBytes may be waiting for a client that says nothing more.
  grpc_call_cancel_with_status(context_->c_call(), static_cast<grpc_status_code>(outcome_.code()),
                               std::string(outcome_.message()).c_str(), nullptr);
}

bool Submission::Respond() {
  v1::SubmitResponse response;
  *response.mutable_capture() = capture_->Describe();
  std::lock_guard lock(write_mutex_);
  return stream_->Write(response);
}

void Submission::GiveUp(absl::Status why) {
  {
    std::lock_guard lock(mutex_);
    if (given_up_.ok()) given_up_ = std::move(why);
  }
  capture_->Abort();
  channel_->Abandon();
}

absl::Status Submission::Outcome() const {
  std::lock_guard lock(mutex_);
  if (!given_up_.ok()) return given_up_;
  const v1::Capture ended = capture_->Describe();
  if (ended.state() == v1::CAPTURE_STATE_DONE) return absl::OkStatus();
  const bool stopped = capture_->is_stopped();
  if (stopped && captures_->is_shutting_down()) {
    return absl::UnavailableError("capture-svc is shutting down");
  }
  if (capture_->was_opened()) return absl::OkStatus();  // the last response says why it failed
  if (stopped) return absl::CancelledError(ended.error());
  return absl::InvalidArgumentError(ended.error());
}

}  // namespace silhouette
