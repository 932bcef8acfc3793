#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/batch_pool.h"
#include "common/link_buffer.h"
#include "common/link_metrics.h"
#include "common/link_retry.h"
#include "common/link_stream.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {

struct LinkOptions {
  LinkLimits limits;
  RetryDelays delays;
  std::shared_ptr<LinkMetrics> metrics = nullptr;  // null: nobody looks
};

// The sending half of a link that loses nothing: keeps what is not settled, opens the stream again
// when it breaks, and sends what it kept. Send and Close come from one thread at a time; the
// callbacks are called from threads of the sender's own, never after Close returned.
template <typename Batch>
class LinkSender {
 public:
  using Opener = typename LinkStream<Batch>::Opener;

  struct Callbacks {
    // Counts are since the run began, whatever broke.
    std::function<void(const v1::Ack&)> on_ack;
    // The link has failed for good: Send and Close return the error. Unset: nobody wants to know.
    std::function<void()> on_failure = nullptr;
    // Asked when a stream broke: the receiver would not take what is kept any more, so that the
    // link fails rather than try again. Unset: never.
    std::function<bool()> is_outdated = nullptr;
  };

  // `receiver` is what messages call the other end: "feature-svc".
  LinkSender(std::string receiver, Opener open, Callbacks callbacks, LinkOptions options = {})
      : receiver_(std::move(receiver)),
        open_(std::move(open)),
        callbacks_(std::move(callbacks)),
        delays_(options.delays),
        metrics_(std::move(options.metrics)),
        buffer_(options.limits) {}
  ~LinkSender() {
    Cancel();
    (void)Close();
    LinkUse gone = told_;
    gone.bytes = gone.unsent_bytes = gone.unsettled_batches = 0;
    gone.oldest_unsettled = gone.oldest_unsent = std::nullopt;
    Tell(gone);
  }
  LinkSender(const LinkSender&) = delete;
  LinkSender& operator=(const LinkSender&) = delete;

  // Takes a copy of the batch; blocks while the buffer is full. `began` is where its line in the
  // log counts from. Errors: CANCELLED, or what made the link fail for good.
  absl::Status Send(const Batch& batch, StageClock::time_point began = StageClock::now()) {
    const StageTimes times{began, StageClock::now()};
    std::shared_ptr<Batch> copy = pool_.CopyOf(batch);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return buffer_.HasRoomFor(copy->header()) || !status_.ok(); });
    if (!status_.ok()) return status_;
    buffer_.Add(std::move(copy), times);
    Tell(buffer_.use());
    if (!writer_.joinable()) writer_ = std::thread([this] { Write(); });
    changed_.notify_all();
    return absl::OkStatus();
  }

  // Waits until the receiver has acked what it will ack, over as many streams as it takes.
  // Idempotent. Errors: as Send, and UNAVAILABLE when that took longer than `patience`.
  absl::Status Close(std::optional<std::chrono::milliseconds> patience = std::nullopt) {
    std::unique_lock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    const auto done = [this] { return done_ || !writer_.joinable(); };
    if (patience && !changed_.wait_for(lock, *patience, done)) {
      EndWith(absl::UnavailableError(receiver_ + ": does not take what is left"));
    }
    changed_.wait(lock, done);
    lock.unlock();
    if (writer_.joinable()) writer_.join();
    lock.lock();
    return status_;
  }

  // Makes Send and Close return CANCELLED, at once; what is not settled is lost. From any thread.
  void Cancel() {
    std::lock_guard lock(mutex_);
    EndWith(absl::CancelledError(receiver_ + ": cancelled"));
  }

  // How full the buffer is for what comes next: from 1 on, Send waits. From any thread.
  double fill() const {
    std::lock_guard lock(mutex_);
    return buffer_.fill();
  }
  // What it holds. From any thread.
  LinkUse use() const {
    std::lock_guard lock(mutex_);
    return buffer_.use();
  }

 private:
  // Under the lock.
  void EndWith(absl::Status status) {
    if (done_ || !status_.ok()) return;
    status_ = std::move(status);
    if (stream_ != nullptr) stream_->Cancel();
    changed_.notify_all();
  }

  // Under the lock.
  void Tell(const LinkUse& use) {
    if (metrics_ == nullptr) return;
    metrics_->Update(told_, use);
    told_ = use;
  }

  // The writer's thread: one stream after the other.
  void Write() {
    LinkRetry retry(receiver_, delays_);
    bool failed = false;
    while (true) {
      const absl::Status ended = WriteStream();
      std::unique_lock lock(mutex_);
      if (settled_any_) retry.OnProgress();
      const bool in_order = ended.ok() && buffer_.all_sent();
      if (!status_.ok() || (closing_ && (in_order || buffer_.all_settled()))) break;
      failed = !ended.ok() && (!IsWorthARetry(ended) || IsOutdated(&lock));
      if (failed) {
        status_ = ended;
        break;
      }
      const auto reason =
          ended.ok() ? absl::UnavailableError(receiver_ + ": closed the stream early") : ended;
      changed_.wait_for(lock, retry.OnBreak(reason), [this] { return !status_.ok(); });
      changed_.wait(lock, [this] {
        return !status_.ok() || closing_ || !buffer_.all_settled() || !buffer_.all_sent();
      });
    }
    if (failed && callbacks_.on_failure) callbacks_.on_failure();
    std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }

  bool IsOutdated(std::unique_lock<std::mutex>* lock) {
    if (!callbacks_.is_outdated) return false;
    lock->unlock();
    const bool outdated = callbacks_.is_outdated();
    lock->lock();
    return outdated;
  }

  // One stream to its end. OK: it ended because the sender is closing, or for no reason.
  absl::Status WriteStream() {
    LinkStream<Batch> stream(receiver_, open_,
                             {[this](const v1::Ack& ack) { OnAck(ack); }, [this] { OnEnd(); }});
    std::vector<v1::Ack> given_up;
    {
      std::lock_guard lock(mutex_);
      if (!status_.ok()) return status_;
      stream_ = &stream;
      stream_ended_ = settled_any_ = false;
      given_up = buffer_.Rewind();
      Tell(buffer_.use());
    }
    for (const v1::Ack& ack : given_up) callbacks_.on_ack(ack);
    absl::Status status;
    while (status.ok()) {
      std::shared_ptr<Batch> batch = NextToWrite();
      if (batch == nullptr) break;
      status = stream.Send(*batch);
      std::optional<StageTimes> times;
      {
        std::lock_guard lock(mutex_);
        if (status.ok()) times = buffer_.MarkSent();
        Tell(buffer_.use());
        changed_.notify_all();
      }
      if (times) LogSent(*batch, *times);
    }
    absl::Status closed = stream.Close();
    std::lock_guard lock(mutex_);
    stream_ = nullptr;
    return closed.ok() ? status : closed;
  }

  // Null when nothing more goes over this stream.
  std::shared_ptr<Batch> NextToWrite() {
    std::unique_lock lock(mutex_);
    changed_.wait(
        lock, [this] { return !status_.ok() || stream_ended_ || closing_ || !buffer_.all_sent(); });
    return status_.ok() && !stream_ended_ ? buffer_.Next() : nullptr;
  }

  void OnAck(const v1::Ack& ack) {
    std::optional<v1::Ack> told;
    {
      std::lock_guard lock(mutex_);
      if (ack.please_end()) {
        stream_ended_ = true;
      } else {
        const uint64_t settled_before = buffer_.use().settled_batches;
        told = buffer_.Settle(ack);
        settled_any_ |= buffer_.use().settled_batches > settled_before;
        Tell(buffer_.use());
      }
      changed_.notify_all();
    }
    if (told) callbacks_.on_ack(*told);
  }

  void OnEnd() {
    std::lock_guard lock(mutex_);
    stream_ended_ = true;
    changed_.notify_all();
  }

  const std::string receiver_;
  const Opener open_;
  const Callbacks callbacks_;
  const RetryDelays delays_;
  const std::shared_ptr<LinkMetrics> metrics_;
  BatchPool<Batch> pool_;
  std::thread writer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  LinkBuffer<Batch> buffer_;             // guarded by mutex_
  LinkUse told_;                         // to the metrics; guarded by mutex_
  LinkStream<Batch>* stream_ = nullptr;  // the open one; guarded by mutex_
  bool stream_ended_ = false;            // guarded by mutex_
  bool settled_any_ = false;             // on this stream; guarded by mutex_
  bool closing_ = false;                 // guarded by mutex_
  bool done_ = false;                    // the writer is; guarded by mutex_
  absl::Status status_;                  // guarded by mutex_
};

}  // namespace silhouette
