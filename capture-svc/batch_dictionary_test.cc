#include "capture-svc/batch_dictionary.h"

#include <gtest/gtest.h>

#include "common/parse/fast_path.h"
#include "common/parse/packet.h"

namespace silhouette {
namespace {

void MakeKey(uint16_t number, FastKey* key) {
  *key = {uint64_t{number} << 32 | 0x0a, 0xcb, 7 << 16, 9 << 16};
}

void MakeKey(uint16_t number, PacketEnds* key) {
  *key = PacketEnds();
  key->source_port = number;
}

template <typename Key>
class BatchDictionaryTest : public ::testing::Test {
 protected:
  using Flow = typename BatchDictionary<Key>::Flow;

  static Key KeyOf(uint16_t number) {
    Key key;
    MakeKey(number, &key);
    return key;
  }
  Flow* Find(const Key& key, bool* is_new) { return flows_.Find(key, flows_.Prepare(key), is_new); }

  BatchDictionary<Key> flows_;
};

using Keys = ::testing::Types<FastKey, PacketEnds>;
TYPED_TEST_SUITE(BatchDictionaryTest, Keys);

TYPED_TEST(BatchDictionaryTest, AFlowIsNewOnce) {
  constexpr auto kMost = BatchDictionary<TypeParam>::kMaxFlows;
  bool is_new;
  for (uint16_t i = 0; i < kMost; ++i) {
    EXPECT_EQ(this->flows_.FindKnown(this->KeyOf(i)), nullptr);
    this->Find(this->KeyOf(i), &is_new)->row = i;
    EXPECT_TRUE(is_new);
  }
  for (uint16_t i = 0; i < kMost; ++i) {
    EXPECT_EQ(this->Find(this->KeyOf(i), &is_new)->row, i);
    EXPECT_FALSE(is_new);
    EXPECT_EQ(this->flows_.FindKnown(this->KeyOf(i))->row, i);
  }
}

TYPED_TEST(BatchDictionaryTest, EveryByteOfAKeyTellsFlowsApart) {
  const TypeParam key = this->KeyOf(1);
  bool is_new;
  this->Find(key, &is_new);
  for (size_t i = 0; i < sizeof key; ++i) {
    TypeParam other = key;
    reinterpret_cast<uint8_t*>(&other)[i] ^= 1;
    this->Find(other, &is_new);
    EXPECT_TRUE(is_new) << "byte " << i;
  }
}

TYPED_TEST(BatchDictionaryTest, ClearForgetsAll) {
  bool is_new;
  this->Find(this->KeyOf(1), &is_new);
  this->flows_.Clear();
  EXPECT_EQ(this->flows_.FindKnown(this->KeyOf(1)), nullptr);
  this->Find(this->KeyOf(1), &is_new);
  EXPECT_TRUE(is_new);
}

}  // namespace
}  // namespace silhouette
