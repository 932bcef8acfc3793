#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feature-svc/subject_key.h"

namespace silhouette {

// The subjects of one kind that windows are open for or look back to: open addressing into a slab,
// so that a subject is a small number and what is known about it lies in columns by that number.
class SubjectTable {
 public:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  // Holds at most `cap` subjects.
  SubjectTable(v1::SubjectKind kind, size_t cap);

  // The subject of each key, added where it is new; `ids` has room for them. All are marked as
  // active now, and at `seen_ns` of event time. There must be room for as many new ones.
  void FindOrAdd(std::span<const SubjectKey> keys, int64_t seen_ns, uint32_t* ids);

  // Marks those of them that are there as active, and returns how many are not.
  size_t MarkActive(std::span<const SubjectKey> keys, int64_t seen_ns);

  size_t size() const { return size_; }
  size_t room() const { return cap_ - size_; }
  // All numbers are below it.
  size_t slots() const { return records_.size(); }

  std::string_view name(uint32_t id) const {
    return {name_bytes_.data() + labels_[id].first_byte, labels_[id].bytes};
  }
  const SubjectKey& key(uint32_t id) const { return records_[id].key; }
  // Packets of the subject up to this time may have been forgotten with an earlier life of it, ns.
  int64_t known_from_ns(uint32_t id) const { return labels_[id].known_from_ns; }
  // Where both lie, to fetch it ahead.
  const void* label(uint32_t id) const { return &labels_[id]; }

  // All subjects by name. Not valid after a change.
  std::span<const uint32_t> ByName();

  // The `count` subjects that were active longest ago, sorted by name.
  std::vector<uint32_t> LeastRecent(size_t count) const;
  // Those whose event time is before `since_ns`.
  std::vector<uint32_t> IdleSince(int64_t since_ns) const;

  // Many subjects were added or removed since the last Renumber, so that walking them by name jumps
  // about in memory. Worth mending before a walk; without one, only once there were so many that
  // the names of those that are gone fill the memory.
  bool is_scattered(bool before_walk) const;
  // Numbers the subjects by name. Returns the new number of each old one, kNone for those not in
  // use.
  std::vector<uint32_t> Renumber();

  // Removes subjects that no window looks back to any more.
  void Remove(std::span<const uint32_t> ids);
  // Removes subjects although windows look back to them: a subject that is added from now on may be
  // one of these.
  void Forget(std::span<const uint32_t> ids);

 private:
  // One cache line.
  struct alignas(64) Record {
    SubjectKey key;
    int64_t seen_ns = 0;
    uint32_t hash = 0;
    uint32_t round = 0;  // the last one that it was active in; 0: not in use
  };
  // What is said of a subject when a window of it closes.
  struct Label {
    uint64_t first_byte;
    uint32_t bytes;
    int64_t known_from_ns;
  };
  // A place in the index: free if `id` is kNone.
  struct Place {
    uint32_t hash = 0;
    uint32_t id = kNone;
  };

  uint32_t Find(const SubjectKey& key, uint32_t hash) const;
  void Mark(uint32_t id, int64_t seen_ns);
  uint32_t FindOrAddOne(const SubjectKey& key, uint32_t hash, int64_t seen_ns);
  uint32_t Add(const SubjectKey& key, uint32_t hash);
  void GrowIndex();
  void Insert(Place place);
  void Erase(uint32_t id);

  const v1::SubjectKind kind_;
  const size_t cap_;
  const uint64_t seed_;
  uint32_t round_ = 0;  // of looking subjects up
  size_t size_ = 0;
  int64_t forgotten_until_ns_ = std::numeric_limits<int64_t>::min();
  std::vector<Place> index_;  // a power of two, at most half full
  std::vector<Record> records_;
  std::vector<Label> labels_;
  std::string name_bytes_;         // names, and those of subjects that are gone
  size_t changes_ = 0;             // since the last Renumber
  std::vector<uint32_t> free_;     // numbers below slots() that are not in use
  std::vector<uint32_t> by_name_;  // without those of fresh_
  std::vector<uint32_t> fresh_;    // in no order
  std::vector<uint32_t> merged_;   // spare
  std::vector<uint32_t> hashes_;   // spare
};

}  // namespace silhouette
