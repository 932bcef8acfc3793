#include "common/capture_file/byte_channel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>

namespace silhouette {
namespace {

constexpr std::chrono::milliseconds kNow(0);

std::string Bytes(size_t size, uint32_t seed) {
  std::minstd_rand random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// The next bytes, so many at most.
std::string Read(ByteChannel* channel, size_t size) {
  std::string bytes(size, '\0');
  auto got = channel->Read(reinterpret_cast<uint8_t*>(bytes.data()), size);
  EXPECT_TRUE(got.ok()) << got.status();
  bytes.resize(got.ok() ? *got : 0);
  return bytes;
}

TEST(ByteChannelTest, GivesTheBytesInTheirOrderWhateverTheirPieces) {
  constexpr size_t kSize = 3 << 20;
  const std::string all = Bytes(kSize, 1);
  ByteChannel channel;
  std::thread writer([&] {
    std::minstd_rand random(2);
    for (size_t at = 0; at < kSize;) {
      const size_t size = random() % 5 == 0 ? 0 : random() % 300'000;
      EXPECT_TRUE(channel.Write(all.substr(at, size)));
      at += size;
    }
    channel.Close();
  });
  std::string read;
  std::minstd_rand random(3);
  for (std::string bytes = "some"; !bytes.empty(); read += bytes) {
    bytes = Read(&channel, 1 + random() % 100'000);
  }
  writer.join();
  EXPECT_TRUE(read == all);
  EXPECT_EQ(channel.bytes_read(), kSize);
}

TEST(ByteChannelTest, TellsWhetherThereIsSomethingToRead) {
  ByteChannel channel;
  EXPECT_FALSE(channel.WaitForBytes(kNow));
  ASSERT_TRUE(channel.Write(""));
  EXPECT_FALSE(channel.WaitForBytes(kNow)) << "no byte yet, and no end";
  ASSERT_TRUE(channel.Write("ab"));
  EXPECT_TRUE(channel.WaitForBytes(kNow));
  EXPECT_EQ(Read(&channel, 1), "a");
  EXPECT_TRUE(channel.WaitForBytes(kNow));
  EXPECT_EQ(Read(&channel, 9), "b");
  EXPECT_FALSE(channel.WaitForBytes(kNow));
  EXPECT_FALSE(channel.is_closed());
  channel.Close();
  EXPECT_TRUE(channel.is_closed());
  EXPECT_TRUE(channel.WaitForBytes(kNow)) << "the end";
  EXPECT_EQ(Read(&channel, 9), "");
}

TEST(ByteChannelTest, WhoWritesWaitsForWhoReads) {
  ByteChannel channel;
  ASSERT_TRUE(channel.Write(Bytes(ByteChannel::kEnoughBytes, 1)));
  std::atomic<bool> written = false;
  std::thread writer([&] {
    EXPECT_TRUE(channel.Write("more"));
    written = true;
  });
  EXPECT_TRUE(channel.WaitForBytes(kNow));
  EXPECT_FALSE(written);
  size_t read = Read(&channel, 1).size();
  while (read < ByteChannel::kEnoughBytes + 4) read += Read(&channel, 1 << 20).size();
  writer.join();
  EXPECT_TRUE(written);
}

TEST(ByteChannelTest, OnceItIsAbandonedNobodyWaitsAndNothingIsKept) {
  ByteChannel channel;
  ASSERT_TRUE(channel.Write(Bytes(ByteChannel::kEnoughBytes, 1)));
  std::thread writer([&] { EXPECT_FALSE(channel.Write("more")); });
  channel.Abandon();
  writer.join();
  EXPECT_FALSE(channel.Write("even more"));
  EXPECT_TRUE(channel.WaitForBytes(kNow));
  uint8_t byte;
  EXPECT_TRUE(absl::IsCancelled(channel.Read(&byte, 1).status()));
}

}  // namespace
}  // namespace silhouette
