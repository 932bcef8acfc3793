#include "common/capture_file/pipe_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <memory>
#include <string>
#include <utility>

#include "common/capture_file/open_capture.h"
#include "common/capture_file/pcapng_blocks.h"
#include "common/capture_file/test_pcap.h"
#include "common/parse/test_frames.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

// A named pipe that the test writes to.
class PipeSourceTest : public ::testing::Test {
 protected:
  PipeSourceTest() : path_(folder_.File("pipe")) { EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0); }
  ~PipeSourceTest() override { CloseWriter(); }

  // Without waiting for a reader.
  void OpenWriter() { writer_ = open(path_.c_str(), O_RDWR | O_CLOEXEC); }
  void CloseWriter() {
    if (writer_ >= 0) close(std::exchange(writer_, -1));
  }
  void Write(const std::string& bytes) {
    ASSERT_EQ(write(writer_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void Open() {
    auto source = OpenCapture(path_);
    ASSERT_TRUE(source.ok()) << source.status();
    source_ = *std::move(source);
  }
  // The packets of the next block; -1 at the end.
  int Read() {
    auto block = source_->Read();
    EXPECT_TRUE(block.ok()) << block.status();
    return !block.ok() || block->end ? -1 : static_cast<int>(block->packets.size());
  }

  TemporaryFolder folder_;
  const std::string path_;
  int writer_ = -1;
  std::unique_ptr<PacketSource> source_;
};

TEST_F(PipeSourceTest, GivesWhatIsThereWhileItsWriterWaits) {
  OpenWriter();
  const std::string record = test_pcap::Record(1, test_frames::UdpFrame());
  Write(test_pcap::Header() + record + record);
  Open();
  EXPECT_EQ(Read(), 2);
  EXPECT_EQ(Read(), 0) << "silent";
  Write(record.substr(0, 20));
  EXPECT_EQ(Read(), 0) << "in mid-packet";
  EXPECT_EQ(Read(), 0);
  Write(record.substr(20));
  EXPECT_EQ(Read(), 1);
  CloseWriter();
  EXPECT_EQ(Read(), -1);
}

// A gzip stream as its writer has flushed it, not ended.
class FlushedGzip {
 public:
  FlushedGzip() { deflateInit2(&stream_, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY); }
  ~FlushedGzip() { deflateEnd(&stream_); }
  std::string Add(const std::string& text, int flush = Z_SYNC_FLUSH) {
    std::string packed(text.size() + 100, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream_.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream_, flush);
    packed.resize(packed.size() - stream_.avail_out);
    return packed;
  }

 private:
  z_stream stream_{};
};

TEST_F(PipeSourceTest, APackedOneToo) {
  OpenWriter();
  const std::string record = test_pcap::Record(1, test_frames::UdpFrame());
  FlushedGzip gzip;
  Write(gzip.Add(test_pcap::Header() + record));
  Open();
  EXPECT_EQ(Read(), 1);
  EXPECT_EQ(Read(), 0);
  Write(gzip.Add(record));
  EXPECT_EQ(Read(), 1);
  Write(gzip.Add("", Z_FINISH));
  CloseWriter();
  EXPECT_EQ(Read(), -1);
}

// What an interface's statistics say of it holds for the others at the end of the file alone.
TEST_F(PipeSourceTest, HowLongAnInterfaceWasSilentIsToldAtTheEndAlone) {
  std::string file;
  PcapngBlock(&file, 0x0a0d0d0a).U32(0x1a2b3c4d).U16(1).U16(0).U64(~uint64_t{0});
  PcapngBlock(&file, 1).U16(1).U16(0).U32(0).ByteOption(9, 9).EndOfOptions();
  PcapngBlock(&file, 5).U32(0).Time(0).TimeOption(3, 5'000'000'000).EndOfOptions();
  OpenWriter();
  Write(file);
  Open();
  EXPECT_EQ(Read(), 0);
  EXPECT_EQ(source_->quiet_until_ns(), PacketSource::kNever);
  CloseWriter();
  EXPECT_EQ(Read(), -1);
  EXPECT_EQ(source_->quiet_until_ns(), 5'000'000'000);
}

TEST_F(PipeSourceTest, OpeningItIsGivenUpWhenAskedWithOrWithoutAWriter) {
  for (bool with_writer : {false, true}) {
    if (with_writer) OpenWriter();
    int asked = 0;
    const auto source = OpenCapture(path_, [&asked] { return ++asked == 2; });
    EXPECT_TRUE(absl::IsCancelled(source.status())) << source.status();
    EXPECT_EQ(asked, 2);
  }
}

TEST_F(PipeSourceTest, WhatIsNoCaptureIsRefusedWhenItIsOpened) {
  OpenWriter();
  Write(std::string(100, 'x'));
  EXPECT_TRUE(absl::IsInvalidArgument(OpenCapture(path_).status()));
}

}  // namespace
}  // namespace silhouette
