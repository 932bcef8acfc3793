#include "gateway/verdict_feed.h"

#include <algorithm>
#include <utility>

#include "gateway/page_token.h"

namespace silhouette {
namespace {

bool Fits(const v1::Verdict& verdict, const VerdictFeed::Filter& filter) {
  const auto is = [](const std::string& wanted, const std::string& value) {
    return wanted.empty() || wanted == value;
  };
  const auto& subjects = filter.subjects;
  return is(filter.origin, verdict.origin()) && is(filter.run, verdict.run()) &&
         is(filter.model, verdict.model()) && is(filter.class_name, verdict.class_()) &&
         (subjects.empty() ||
          std::find(subjects.begin(), subjects.end(), verdict.subject()) != subjects.end());
}

}  // namespace

void VerdictFeed::OnStored(const StorePosition& newest) {
  std::lock_guard lock(mutex_);
  if (newest.store_id != newest_.store_id) {
    kept_.clear();
    newest_ = newest;
  }
  // Two that stored at once may say so in either order.
  newest_.number = std::max(newest_.number, newest.number);
  knows_newest_ = true;
  changed_.notify_all();
}

absl::StatusOr<StorePosition> VerdictFeed::Newest() {
  std::lock_guard lock(mutex_);
  if (knows_newest_) return newest_;
  auto newest = store_->Newest();
  if (!newest.ok()) return newest.status();
  newest_ = *newest;
  knows_newest_ = true;
  return newest_;
}

absl::Status VerdictFeed::CheckPosition(const StorePosition& position) {
  if (absl::Status status = Newest().status(); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  return Check(position);
}

absl::Status VerdictFeed::Check(const StorePosition& position) {
  if (stopped_) return absl::CancelledError("the gateway ends");
  return CheckWatchCursor(position, newest_);
}

absl::StatusOr<VerdictFeed::Page> VerdictFeed::Next(const StorePosition& position,
                                                    const Filter& filter,
                                                    std::chrono::milliseconds patience) {
  if (absl::Status status = Newest().status(); !status.ok()) return status;
  Chunk chunk;
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return stopped_ || newest_ != position; });
    if (absl::Status status = Check(position); !status.ok()) return status;
    if (newest_ == position) return Page{{}, position};
    auto found = ChunkBehind(position.number);
    if (!found.ok()) return found.status();
    chunk = *std::move(found);
    // What is committed may be read before OnStored tells of it: the watcher must not be ahead.
    newest_.number = std::max(newest_.number, chunk.until);
  }
  Page page{{}, {position.store_id, chunk.until}};
  uint64_t seen = 0;
  for (const NumberedVerdict& numbered : *chunk.verdicts) {
    if (numbered.number <= position.number) continue;
    ++seen;
    if (Fits(numbered.verdict, filter)) page.verdicts.push_back(numbered.verdict);
  }
  page.missed = static_cast<uint64_t>(chunk.until - position.number) - seen;
  return page;
}

absl::StatusOr<VerdictFeed::Chunk> VerdictFeed::ChunkBehind(int64_t number) {
  if (absl::Status status = Extend(); !status.ok()) return status;
  const auto chunk = std::partition_point(kept_.begin(), kept_.end(),
                                          [=](const Chunk& kept) { return kept.until <= number; });
  if (chunk != kept_.end() && chunk->behind <= number) return *chunk;
  auto read = store_->ReadBehind(number, kPage);
  if (!read.ok()) return read.status();
  const int64_t until = read->empty() ? newest_.number : read->back().number;
  return Chunk{number, std::make_shared<std::vector<NumberedVerdict>>(*std::move(read)), until};
}

// Reads one page more of what is new; what nobody watched is not kept.
absl::Status VerdictFeed::Extend() {
  constexpr auto kPageNumbers = static_cast<int64_t>(kPage);
  if (!kept_.empty() && newest_.number - kept_.back().until > kPageNumbers) kept_.clear();
  const int64_t behind =
      kept_.empty() ? std::max<int64_t>(newest_.number - kPageNumbers, 0) : kept_.back().until;
  if (behind == newest_.number) return absl::OkStatus();
  auto read = store_->ReadBehind(behind, kPage);
  if (!read.ok()) return read.status();
  const bool is_last = read->size() < kPage;
  const int64_t until = is_last ? std::max(newest_.number, read->empty() ? 0 : read->back().number)
                                : read->back().number;
  kept_.push_back(
      {behind, std::make_shared<std::vector<NumberedVerdict>>(*std::move(read)), until});
  newest_.number = std::max(newest_.number, until);
  while (kept_.back().until - kept_.front().behind > static_cast<int64_t>(kKept)) {
    kept_.pop_front();
  }
  return absl::OkStatus();
}

void VerdictFeed::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace silhouette
