#include "feature-svc/subject_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr v1::SubjectKind kKind = v1::SUBJECT_KIND_DEVICE;
constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

// The device 10.x.y.z where the number is xyz.
SubjectKey Key(uint32_t number) {
  const uint8_t v4[] = {10, static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 8),
                        static_cast<uint8_t>(number)};
  const IpAddress address = IpAddress::FromV4(v4);
  SubjectKey key;
  std::memcpy(key.words.data(), address.bytes.data(), address.bytes.size());
  return key;
}

std::string NameOf(uint32_t number) { return SubjectName(kKind, Key(number)); }

uint32_t Add(uint32_t number, int64_t seen_ns, SubjectTable* table) {
  uint32_t id;
  table->FindOrAdd(std::vector{Key(number)}, seen_ns, &id);
  return id;
}

std::vector<std::string> NamesOf(const SubjectTable& table, std::span<const uint32_t> ids) {
  std::vector<std::string> names;
  for (uint32_t id : ids) names.emplace_back(table.name(id));
  return names;
}

// A table beside a map that does the same.
class Model {
 public:
  explicit Model(uint32_t seed) : table_(kKind, 1 << 16), random_(seed) {}

  void AddSome(size_t count) {
    std::vector<uint32_t> numbers;
    std::vector<SubjectKey> keys;
    for (size_t i = 0; i < count; ++i) {
      numbers.push_back(static_cast<uint32_t>(random_() % 5000));
      keys.push_back(Key(numbers.back()));
    }
    std::vector<uint32_t> ids(count);
    table_.FindOrAdd(keys, 0, ids.data());
    for (size_t i = 0; i < count; ++i) {
      const auto [at, is_new] = ids_.try_emplace(numbers[i], ids[i]);
      ASSERT_EQ(at->second, ids[i]) << NameOf(numbers[i]);
    }
  }

  void RemoveSome() {
    std::vector<uint32_t> gone;
    for (auto at = ids_.begin(); at != ids_.end();) {
      const bool goes = random_() % 4 == 0;
      if (goes) gone.push_back(at->second);
      at = goes ? ids_.erase(at) : std::next(at);
    }
    table_.Remove(gone);
  }

  void Renumber() {
    const std::vector<uint32_t> numbers = table_.Renumber();
    ASSERT_GE(numbers.size(), ids_.size());
    std::set<uint32_t> in_use;
    for (auto& [number, id] : ids_) in_use.insert(id);
    for (uint32_t id = 0; id < numbers.size(); ++id) {
      ASSERT_EQ(numbers[id] == SubjectTable::kNone, in_use.count(id) == 0);
    }
    for (auto& [number, id] : ids_) id = numbers[id];
    ASSERT_EQ(table_.slots(), ids_.size()) << "no number is out of use";
  }

  void Check() {
    ASSERT_EQ(table_.size(), ids_.size());
    ASSERT_EQ(table_.room(), (1 << 16) - ids_.size());
    std::map<std::string, uint32_t> by_name;
    for (const auto& [number, id] : ids_) {
      ASSERT_LT(id, table_.slots());
      ASSERT_EQ(table_.name(id), NameOf(number));
      by_name[NameOf(number)] = id;
    }
    std::vector<uint32_t> expected;
    for (const auto& [name, id] : by_name) expected.push_back(id);
    const auto ids = table_.ByName();
    ASSERT_TRUE(std::equal(ids.begin(), ids.end(), expected.begin(), expected.end()));
  }

  // Nothing that is there is added, and all that is not would be.
  void CheckFound() {
    std::vector<SubjectKey> keys;
    for (uint32_t number = 0; number < 5000; ++number) keys.push_back(Key(number));
    ASSERT_EQ(table_.MarkActive(keys, 0), keys.size() - ids_.size());
    for (const auto& [number, id] : ids_) ASSERT_EQ(Add(number, 0, &table_), id);
  }

  SubjectTable* table() { return &table_; }

 private:
  SubjectTable table_;
  std::mt19937 random_;
  std::map<uint32_t, uint32_t> ids_;  // by number of the key
};

TEST(SubjectTable, FindsAddsAndRemovesAsAMapDoes) {
  Model model(1);
  for (size_t round = 0; round < 60; ++round) {
    ASSERT_NO_FATAL_FAILURE(model.AddSome(1 + 37 * round % 700));
    if (round % 2 == 0) model.RemoveSome();
    if (round % 7 == 3) {
      ASSERT_NO_FATAL_FAILURE(model.Renumber());
    }
    ASSERT_NO_FATAL_FAILURE(model.Check());
    ASSERT_NO_FATAL_FAILURE(model.CheckFound());
  }
}

TEST(SubjectTable, RenumberedSubjectsHaveTheirPlaceByNameAsNumber) {
  Model model(2);
  model.AddSome(1000);
  model.RemoveSome();
  EXPECT_TRUE(model.table()->is_scattered(/*before_walk=*/true));
  ASSERT_NO_FATAL_FAILURE(model.Renumber());
  EXPECT_FALSE(model.table()->is_scattered(/*before_walk=*/true));
  const auto ids = model.table()->ByName();
  for (uint32_t i = 0; i < ids.size(); ++i) ASSERT_EQ(ids[i], i);
  ASSERT_NO_FATAL_FAILURE(model.Check());
  ASSERT_NO_FATAL_FAILURE(model.CheckFound());
}

TEST(SubjectTable, AKeyThatComesTwiceAtOnceIsOneSubject) {
  SubjectTable table(kKind, 16);
  uint32_t ids[3];
  table.FindOrAdd(std::vector{Key(1), Key(2), Key(1)}, 0, ids);
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_EQ(table.size(), 2u);
}

TEST(SubjectTable, SubjectsAreByNameAndNotByNumberAfterEachChange) {
  SubjectTable table(kKind, 16);
  EXPECT_THAT(table.ByName(), IsEmpty());
  for (uint32_t number : {9, 100, 20}) Add(number, 0, &table);
  EXPECT_THAT(NamesOf(table, table.ByName()),
              ElementsAre("device:10.0.0.100", "device:10.0.0.20", "device:10.0.0.9"));
  table.Remove(std::vector{Add(20, 0, &table)});
  Add(10, 0, &table);
  EXPECT_THAT(NamesOf(table, table.ByName()),
              ElementsAre("device:10.0.0.10", "device:10.0.0.100", "device:10.0.0.9"));
}

TEST(SubjectTable, TheLeastRecentAreThoseLookedUpLongestAgoWhateverTheirTime) {
  SubjectTable table(kKind, 16);
  for (uint32_t number : {5, 4, 3, 2, 1}) Add(number, 100 * number, &table);
  EXPECT_EQ(table.MarkActive(std::vector{Key(4), Key(9)}, 0), 1u);
  Add(5, 0, &table);
  EXPECT_THAT(NamesOf(table, table.LeastRecent(2)),
              ElementsAre("device:10.0.0.2", "device:10.0.0.3"));
  EXPECT_THAT(
      NamesOf(table, table.LeastRecent(4)),
      ElementsAre("device:10.0.0.1", "device:10.0.0.2", "device:10.0.0.3", "device:10.0.0.4"));
  EXPECT_EQ(table.LeastRecent(100).size(), 5u);
}

TEST(SubjectTable, SubjectsAreIdleSinceTheirNewestTime) {
  SubjectTable table(kKind, 16);
  Add(1, 10, &table);
  Add(2, 20, &table);
  Add(2, 5, &table);  // came late
  EXPECT_THAT(table.IdleSince(10), IsEmpty());
  EXPECT_THAT(NamesOf(table, table.IdleSince(11)), ElementsAre("device:10.0.0.1"));
  EXPECT_THAT(NamesOf(table, table.IdleSince(20)), ElementsAre("device:10.0.0.1"));
  EXPECT_EQ(table.IdleSince(21).size(), 2u);
  table.Remove(table.IdleSince(11));
  EXPECT_THAT(NamesOf(table, table.IdleSince(100)), ElementsAre("device:10.0.0.2"))
      << "a number out of use is nobody's";
}

TEST(SubjectTable, AnEarlierLifeCountsOnlyForThoseThatWereForgotten) {
  SubjectTable table(kKind, 16);
  const uint32_t first = Add(1, 10, &table);
  const uint32_t second = Add(2, 30, &table);
  EXPECT_EQ(table.known_from_ns(first), kNever);
  table.Remove(std::vector{first});
  const uint32_t third = Add(3, 40, &table);
  EXPECT_EQ(table.known_from_ns(third), kNever);
  table.Forget(std::vector{second});
  EXPECT_EQ(table.known_from_ns(third), kNever) << "it was there before";
  EXPECT_EQ(table.known_from_ns(Add(4, 50, &table)), 30);
  const uint32_t late = Add(5, 20, &table);
  table.Forget(std::vector{late});
  EXPECT_EQ(table.known_from_ns(Add(6, 60, &table)), 30) << "the newest of all";
  table.Renumber();
  EXPECT_EQ(table.known_from_ns(Add(6, 60, &table)), 30);
  EXPECT_EQ(table.known_from_ns(Add(3, 60, &table)), kNever);
}

}  // namespace
}  // namespace silhouette
