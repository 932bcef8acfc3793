#include "common/source_labels.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(SourceLabels, AreTheOriginsOfInterfacesAndFoldersAndOneForAllFilesAndAllJobs) {
  SourceLabels labels;
  EXPECT_EQ(labels.Of(v1::SOURCE_KIND_INTERFACE, "router/eth0"), "router/eth0");
  EXPECT_EQ(labels.Of(v1::SOURCE_KIND_FOLDER, "folder:captures"), "folder:captures");
  EXPECT_EQ(labels.Of(v1::SOURCE_KIND_FILE, "file:a.pcap"), "files");
  EXPECT_EQ(labels.Of(v1::SOURCE_KIND_SUBMITTED, "job:a"), "jobs");
  EXPECT_EQ(labels.Of(v1::BatchHeader()), "other");
}

TEST(SourceLabels, AreNoMoreThanSoManyAndThoseThatCameFirstKeepTheirs) {
  SourceLabels labels;
  std::set<std::string> told;
  for (size_t i = 0; i < 10 * SourceLabels::kMost; ++i) {
    told.insert(labels.Of(v1::SOURCE_KIND_INTERFACE, "node/" + std::to_string(i)));
  }
  EXPECT_EQ(told.size(), SourceLabels::kMost + 1);
  EXPECT_EQ(labels.Of(v1::SOURCE_KIND_INTERFACE, "node/0"), "node/0");
  EXPECT_EQ(labels.Of(v1::SOURCE_KIND_INTERFACE, "one more"), "other");
}

}  // namespace
}  // namespace silhouette
