#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/store.h"

namespace silhouette {

// Gives watchers the verdicts of a store in the order in which they are stored, each at its own
// pace. What many want is read once: the newest ones are kept. Thread-safe.
class VerdictFeed {
 public:
  static constexpr size_t kKept = 65'536;  // verdicts
  static constexpr size_t kPage = 1'000;

  // `store` must outlive it.
  explicit VerdictFeed(VerdictStore* store) : store_(store) {}

  // More is stored, up to there.
  void OnStored(const StorePosition& newest);

  // What a watcher asks for; empty: all.
  struct Filter {
    std::string origin = {};
    std::string run = {};
    std::vector<std::string> subjects = {};
    std::string model = {};
    std::string class_name = {};
  };
  struct Page {
    std::vector<v1::Verdict> verdicts;  // that fit
    StorePosition position;             // behind them
    uint64_t missed = 0;                // that were deleted before they were read
  };
  // Whether Next can go on from there. Errors: as Next.
  absl::Status CheckPosition(const StorePosition& position);

  // Waits until something is stored behind `position`, at most `patience`; the page may be empty.
  // Errors: ABORTED (the store is another one by now), OUT_OF_RANGE (it holds less than that),
  // CANCELLED (after Stop), or the store's.
  absl::StatusOr<Page> Next(const StorePosition& position, const Filter& filter,
                            std::chrono::milliseconds patience);

  // Behind all there is now.
  absl::StatusOr<StorePosition> Newest();

  // Makes Next return, now and from now on.
  void Stop();

 private:
  using Verdicts = std::shared_ptr<const std::vector<NumberedVerdict>>;
  struct Chunk {
    int64_t behind;  // this number come
    Verdicts verdicts;
    int64_t until;  // this number
  };

  absl::Status Check(const StorePosition& position);  // under mutex_
  absl::Status Extend();                              // under mutex_
  // What follows `number`, of what is kept or read anew; never empty unless all is deleted.
  absl::StatusOr<Chunk> ChunkBehind(int64_t number);

  VerdictStore* const store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool knows_newest_ = false;  // guarded by mutex_
  StorePosition newest_;       // guarded by mutex_
  std::deque<Chunk> kept_;     // the last ends where more is to be read; guarded by mutex_
  bool stopped_ = false;       // guarded by mutex_
};

}  // namespace silhouette
