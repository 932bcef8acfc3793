#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture-svc/source/folder_source.h"
#include "common/capture_file/test_pcap.h"
#include "common/test_folder.h"

namespace silhouette {

// Packs a file beside itself; returns the new one's path.
inline std::string Gzip(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const gzFile packed = gzopen((path + ".gz").c_str(), "wb");
  gzwrite(packed, content.data(), static_cast<unsigned>(content.size()));
  gzclose(packed);
  return path + ".gz";
}

class FolderSourceTest : public ::testing::Test {
 protected:
  absl::Status Open(bool follow, const std::string& glob = "") {
    auto source = FolderSource::Open({.folder = folder_.path(),
                                      .glob = glob,
                                      .follow = follow,
                                      .wait = [this] { OnWait(); },
                                      .follow_links = follow_links_});
    if (source.ok()) source_ = *std::move(source);
    return source.status();
  }
  absl::Status OpenOther(const std::string& folder) {
    FolderOptions options;
    options.folder = folder;
    return FolderSource::Open(options).status();
  }
  // What happens in the folder, one step for each time that the source has nothing.
  void Then(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void Append(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_.File(name), std::ios::binary | std::ios::app) << bytes;
  }

  // The times of all packets up to the end; a follower finishes when its steps are done.
  std::vector<int64_t> ReadAll() {
    std::vector<int64_t> times;
    while (true) {
      const absl::StatusOr<PacketBlock> block = source_->Read();
      EXPECT_TRUE(block.ok()) << block.status();
      if (!block.ok()) return times;
      for (const RawPacket& packet : block->packets) times.push_back(packet.time_ns);
      if (block->end) return times;
    }
  }
  const FolderNotes& notes() const { return source_->notes(); }

  TemporaryFolder folder_;
  bool follow_links_ = true;
  std::unique_ptr<FolderSource> source_;

 private:
  void OnWait() {
    if (steps_.empty()) {
      EXPECT_TRUE(source_->Finish());
      return;
    }
    const auto step = std::move(steps_.front());
    steps_.pop_front();
    step();
  }
  std::deque<std::function<void()>> steps_;
};

}  // namespace silhouette
