#include "common/hash.h"

#include <gtest/gtest.h>

#include "common/test_folder.h"

namespace silhouette {
namespace {

TEST(StableHash, IsFnv1aOf64Bits) {
  // Vectors of the authors' page (isthe.com/chongo/tech/comp/fnv).
  EXPECT_EQ(StableHash(""), "cbf29ce484222325");
  EXPECT_EQ(StableHash("a"), "af63dc4c8601ec8c");
  EXPECT_EQ(StableHash("foobar"), "85944171f73967e8");
  EXPECT_EQ(StableHash("\xff").size(), 16u);
}

TEST(Sha256, IsThatOfFips180) {
  TemporaryFolder folder;
  EXPECT_EQ(*Sha256OfFile(folder.Write("empty", "")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(*Sha256OfFile(folder.Write("abc", "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(*Sha256OfFile(folder.Write("million", std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, NeedsAFile) {
  TemporaryFolder folder;
  EXPECT_TRUE(absl::IsNotFound(Sha256OfFile(folder.File("missing")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Sha256OfFile(folder.path()).status()));
}

}  // namespace
}  // namespace silhouette
