#include "capture-svc/source/open_submitted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>

#include "common/capture_file/test_pcap.h"
#include "common/capture_file/test_zstd.h"
#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

class OpenSubmittedTest : public ::testing::Test {
 protected:
  absl::Status Open() {
    auto source = OpenSubmitted("job", channel_, {});
    if (source.ok()) source_ = *std::move(source);
    return source.status();
  }
  // The packets of the next block; -1 at the end.
  int Read() {
    auto block = source_->Read();
    EXPECT_TRUE(block.ok()) << block.status();
    return !block.ok() || block->end ? -1 : static_cast<int>(block->packets.size());
  }

  const std::shared_ptr<ByteChannel> channel_ = std::make_shared<ByteChannel>();
  std::unique_ptr<PacketSource> source_;
};

TEST_F(OpenSubmittedTest, IsSilentWhileBytesAreWaitedFor) {
  const std::string record = test_pcap::Record(1, test_frames::UdpFrame());
  channel_->Write(test_pcap::Header() + record + record.substr(0, 9));
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Read(), 1);
  EXPECT_EQ(Read(), 0);
  channel_->Write(record.substr(9));
  EXPECT_EQ(Read(), 1);
  channel_->Close();
  EXPECT_EQ(Read(), -1);
  EXPECT_EQ(source_->bytes_read(), 24 + 2 * record.size());
}

TEST_F(OpenSubmittedTest, OpeningItIsGivenUpWhenAsked) {
  int asked = 0;
  const auto give_up = [&asked] { return ++asked == 2; };
  EXPECT_TRUE(absl::IsCancelled(OpenSubmitted("job", channel_, give_up).status()));
  EXPECT_EQ(asked, 2);
}

TEST_F(OpenSubmittedTest, WhatIsNoCaptureIsRefusedByName) {
  channel_->Write(std::string(100, 'x'));
  const absl::Status status = Open();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("job: not a capture"));
}

TEST_F(OpenSubmittedTest, PackedBytesGetNoMoreMemoryThanTheUsualPackersAskFor) {
  const std::string file = test_pcap::Pcap({1, 2});
  channel_->Write(test_zstd::Frame(24, file));
  const absl::Status status = Open();
  EXPECT_THAT(std::string(status.message()), HasSubstr("a window of more than 8 MiB"));
  const auto usual = std::make_shared<ByteChannel>();
  usual->Write(test_zstd::Frame(23, file));
  usual->Close();
  auto source = OpenSubmitted("job", usual, {});
  ASSERT_TRUE(source.ok()) << source.status();
  source_ = *std::move(source);
  EXPECT_EQ(Read(), 2);
}

}  // namespace
}  // namespace silhouette
