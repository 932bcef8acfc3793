#include "feature-svc/subject_table.h"

#include <algorithm>
#include <random>

#include "feature-svc/reserve.h"

namespace silhouette {
namespace {

constexpr size_t kFirstIndex = 64;

uint64_t RandomSeed() {
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

}  // namespace

SubjectTable::SubjectTable(v1::SubjectKind kind, size_t cap)
    : kind_(kind), cap_(cap), seed_(RandomSeed()), index_(kFirstIndex) {}

// In rounds, so that the memory of many keys is fetched at the same time. The prefetches stand in
// the loop itself: GCC 12 drops calls of a lambda or function that does nothing else.
void SubjectTable::FindOrAdd(std::span<const SubjectKey> keys, int64_t seen_ns, uint32_t* ids) {
  constexpr size_t kAhead = 16;
  while (2 * (size_ + keys.size()) > index_.size()) GrowIndex();
  const size_t mask = index_.size() - 1;
  ++round_;
  hashes_.resize(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) hashes_[i] = keys[i].Hash(seed_);
  for (size_t i = 0; i < keys.size() + 2 * kAhead; ++i) {
    if (i < keys.size()) __builtin_prefetch(&index_[hashes_[i] & mask]);
    if (const size_t next = i - kAhead; next < keys.size()) {
      size_t at = hashes_[next] & mask;
      while (index_[at].hash != hashes_[next] && index_[at].id != kNone) at = (at + 1) & mask;
      if (index_[at].id != kNone) __builtin_prefetch(&records_[index_[at].id], 1);
    }
    const size_t now = i - 2 * kAhead;
    if (now < keys.size()) ids[now] = FindOrAddOne(keys[now], hashes_[now], seen_ns);
  }
}

uint32_t SubjectTable::FindOrAddOne(const SubjectKey& key, uint32_t hash, int64_t seen_ns) {
  uint32_t id = Find(key, hash);
  if (id == kNone) id = Add(key, hash);
  Mark(id, seen_ns);
  return id;
}

size_t SubjectTable::MarkActive(std::span<const SubjectKey> keys, int64_t seen_ns) {
  ++round_;
  size_t missing = 0;
  for (const SubjectKey& key : keys) {
    const uint32_t id = Find(key, key.Hash(seed_));
    if (id == kNone) {
      ++missing;
    } else {
      Mark(id, seen_ns);
    }
  }
  return missing;
}

uint32_t SubjectTable::Find(const SubjectKey& key, uint32_t hash) const {
  const size_t mask = index_.size() - 1;
  for (size_t at = hash & mask; index_[at].id != kNone; at = (at + 1) & mask) {
    if (index_[at].hash == hash && records_[index_[at].id].key == key) return index_[at].id;
  }
  return kNone;
}

void SubjectTable::Mark(uint32_t id, int64_t seen_ns) {
  records_[id].seen_ns = std::max(records_[id].seen_ns, seen_ns);
  records_[id].round = round_;
}

uint32_t SubjectTable::Add(const SubjectKey& key, uint32_t hash) {
  uint32_t id;
  if (free_.empty()) {
    id = static_cast<uint32_t>(records_.size());
    ReserveFor(records_.size() + 1, &records_);
    ReserveFor(labels_.size() + 1, &labels_);
    records_.emplace_back();
    labels_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  records_[id] = {key, std::numeric_limits<int64_t>::min(), hash, round_};
  const std::string name = SubjectName(kind_, key);
  labels_[id] = {name_bytes_.size(), static_cast<uint32_t>(name.size()), forgotten_until_ns_};
  ReserveFor(name_bytes_.size() + name.size(), &name_bytes_);
  name_bytes_ += name;
  ++changes_;
  fresh_.push_back(id);
  ++size_;
  Insert({hash, id});
  return id;
}

void SubjectTable::GrowIndex() {
  const std::vector<Place> old = std::move(index_);
  index_.assign(2 * old.size(), Place());
  for (const Place& place : old) {
    if (place.id != kNone) Insert(place);
  }
}

void SubjectTable::Insert(Place place) {
  const size_t mask = index_.size() - 1;
  size_t at = place.hash & mask;
  while (index_[at].id != kNone) at = (at + 1) & mask;
  index_[at] = place;
}

// Closes the gap, so that no search ends before what it looks for.
void SubjectTable::Erase(uint32_t id) {
  const size_t mask = index_.size() - 1;
  size_t gap = records_[id].hash & mask;
  while (index_[gap].id != id) gap = (gap + 1) & mask;
  for (size_t at = (gap + 1) & mask; index_[at].id != kNone; at = (at + 1) & mask) {
    const size_t home = index_[at].hash & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;  // it would move before its home
    index_[gap] = index_[at];
    gap = at;
  }
  index_[gap] = Place();
}

std::span<const uint32_t> SubjectTable::ByName() {
  if (fresh_.empty()) return by_name_;
  const auto before = [this](uint32_t a, uint32_t b) { return name(a) < name(b); };
  std::sort(fresh_.begin(), fresh_.end(), before);
  merged_.resize(by_name_.size() + fresh_.size());
  std::merge(by_name_.begin(), by_name_.end(), fresh_.begin(), fresh_.end(), merged_.begin(),
             before);
  by_name_.swap(merged_);
  fresh_.clear();
  return by_name_;
}

std::vector<uint32_t> SubjectTable::LeastRecent(size_t count) const {
  std::vector<uint64_t> rounds;  // and the subject in the lower half
  rounds.reserve(size_);
  for (uint32_t id = 0; id < records_.size(); ++id) {
    if (records_[id].round != 0) rounds.push_back(uint64_t{records_[id].round} << 32 | id);
  }
  const auto end = rounds.begin() + static_cast<std::ptrdiff_t>(std::min(count, rounds.size()));
  std::nth_element(rounds.begin(), end, rounds.end());
  std::vector<uint32_t> ids;
  for (auto at = rounds.begin(); at != end; ++at) ids.push_back(static_cast<uint32_t>(*at));
  std::sort(ids.begin(), ids.end(), [this](uint32_t a, uint32_t b) { return name(a) < name(b); });
  return ids;
}

std::vector<uint32_t> SubjectTable::IdleSince(int64_t since_ns) const {
  std::vector<uint32_t> ids;
  for (uint32_t id = 0; id < records_.size(); ++id) {
    if (records_[id].round != 0 && records_[id].seen_ns < since_ns) ids.push_back(id);
  }
  return ids;
}

bool SubjectTable::is_scattered(bool before_walk) const {
  constexpr size_t kFewChanges = 256;
  return changes_ > kFewChanges && changes_ > (before_walk ? size_ / 4 : size_);
}

std::vector<uint32_t> SubjectTable::Renumber() {
  ByName();
  std::vector<uint32_t> numbers(records_.size(), kNone);
  std::vector<Record> records(size_);
  std::vector<Label> labels(size_);
  std::string name_bytes;
  name_bytes.reserve(name_bytes_.size());
  for (uint32_t id = 0; id < size_; ++id) {
    const uint32_t old = by_name_[id];
    const std::string_view old_name = name(old);
    numbers[old] = id;
    records[id] = records_[old];
    labels[id] = {name_bytes.size(), labels_[old].bytes, labels_[old].known_from_ns};
    name_bytes += old_name;
    by_name_[id] = id;
  }
  for (Place& place : index_) {
    if (place.id != kNone) place.id = numbers[place.id];
  }
  records_.swap(records);
  labels_.swap(labels);
  name_bytes_.swap(name_bytes);
  free_.clear();
  changes_ = 0;
  return numbers;
}

void SubjectTable::Remove(std::span<const uint32_t> ids) {
  if (ids.empty()) return;
  for (uint32_t id : ids) {
    Erase(id);
    records_[id].round = 0;
    free_.push_back(id);
  }
  size_ -= ids.size();
  changes_ += ids.size();
  const auto is_gone = [this](uint32_t id) { return records_[id].round == 0; };
  std::erase_if(by_name_, is_gone);
  std::erase_if(fresh_, is_gone);
}

void SubjectTable::Forget(std::span<const uint32_t> ids) {
  for (uint32_t id : ids) {
    forgotten_until_ns_ = std::max(forgotten_until_ns_, records_[id].seen_ns);
  }
  Remove(ids);
}

}  // namespace silhouette
