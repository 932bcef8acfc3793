#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "learn/data/dataset.h"

namespace silhouette {

// A folder that goes with the test.
class TestFolder {
 public:
  TestFolder() {
    path_ = (std::filesystem::temp_directory_path() / "learn-test-XXXXXX").string();
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  // Writes a file and returns its path.
  std::string Write(const std::string& name, std::string_view content) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  std::string path_;
};

// Two classes that take turns block by block; the first feature tells them apart but for every
// `wrong_every`th row, the second tells nothing.
inline Dataset TakingTurns(int blocks, int rows_per_block, int wrong_every = 1'000'000) {
  Dataset data;
  data.feature_names = {"telling", "idle"};
  data.classes = {"background", "person"};
  data.source_names = {"turns.csv"};
  for (int row = 0; row < blocks * rows_per_block; ++row) {
    const int block = row / rows_per_block;
    const bool person = block % 2 == 1;
    const bool looks_like_person = (row % wrong_every == wrong_every - 1) != person;
    data.features.push_back((looks_like_person ? 100 : 0) + row % 7);
    data.features.push_back(row % 5);
    data.label.push_back(person ? 1 : 0);
    data.block.push_back(block);
    data.window.push_back(row);
    data.sequence.push_back(0);
    data.source.push_back(0);
    data.line.push_back(static_cast<size_t>(row) + 2);
  }
  return data;
}

// The published table of a Zoom call, or a path that does not exist.
inline std::string ZoomTable() {
  return std::string(SILHOUETTE_TEST_DATA) + "/presence/zoom_call_windows.csv";
}
inline absl::StatusOr<Dataset> ReadZoomTable() {
  return ReadDataset({ZoomTable()}, {.label = "person",
                                     .classes = {"background", "person"},
                                     .blocks = "segment",
                                     .features = FeatureColumns(**FindSchema("presence.v1")),
                                     .ignored = {},
                                     .marks = {"test_20pct_seed85"}});
}

}  // namespace silhouette
