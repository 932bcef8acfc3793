#pragma once

#include <cstdint>
#include <deque>
#include <utility>

namespace silhouette {

// Which devices were shed and when: their windows lack packets.
class ShedLog {
 public:
  // Of the next batch: devices whose ShedHash is below `share` were shed in [from_ns, until_ns].
  void Add(uint32_t share, int64_t from_ns, int64_t until_ns) {
    if (share == 0) return AddNone();
    // One entry for as long as batch follows batch with the same share.
    if (std::exchange(goes_on_, true) && !entries_.empty() && entries_.back().share == share) {
      Entry& last = entries_.back();
      last.from_ns = last.from_ns < from_ns ? last.from_ns : from_ns;
      last.until_ns = last.until_ns > until_ns ? last.until_ns : until_ns;
      return;
    }
    entries_.push_back({share, from_ns, until_ns});
  }

  // Nothing was shed of the next batch.
  void AddNone() { goes_on_ = false; }

  bool empty() const { return entries_.empty(); }

  // Whether packets of a device with this hash may be missing in [from_ns, end_ns).
  bool Lost(uint32_t hash, int64_t from_ns, int64_t end_ns) const {
    for (const Entry& entry : entries_) {
      if (hash < entry.share && entry.until_ns >= from_ns && entry.from_ns < end_ns) return true;
    }
    return false;
  }

  // No window looks back to before `time_ns` any more.
  void ForgetBefore(int64_t time_ns) {
    while (!entries_.empty() && entries_.front().until_ns < time_ns) entries_.pop_front();
  }

 private:
  struct Entry {
    uint32_t share;
    int64_t from_ns;
    int64_t until_ns;
  };
  std::deque<Entry> entries_;
  bool goes_on_ = false;  // the batch before told something
};

}  // namespace silhouette
