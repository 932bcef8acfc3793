#include "capture-svc/source/expand_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "capture-svc/source/capture_names.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(IsCaptureName, TakesWhatTcpdumpAndDumpcapWrite) {
  for (const char* name :
       {"x.pcap", "x.PCAP", "x.pcapng", "x.cap", "x.pcap0", "x.pcap012", "x.pcap.gz", "x.cap.zst",
        "x.pcap3.gz", "x_00001_20240101120000.pcapng", "cap-1700000000.pcap"}) {
    EXPECT_TRUE(IsCaptureName(name)) << name;
  }
  for (const char* name : {"x.txt", "pcap", "x.pcap.tmp", "x.pcap.bz2", ".x.pcap", "x.pcap_", ""}) {
    EXPECT_FALSE(IsCaptureName(name)) << name;
  }
}

TEST(NaturalOrder, ComparesDigitsAsNumbersOfAnyLength) {
  std::vector<std::string> names = {"x10.pcap", "x.pcap10", "x9.pcap",
                                    "x.pcap",   "x.pcap2",  "x.pcap1",
                                    "x09.pcap", "y1.pcap",  "x99999999999999999999.pcap"};
  std::sort(names.begin(), names.end(), NaturalOrder());
  EXPECT_THAT(names, ElementsAre("x.pcap", "x.pcap1", "x.pcap2", "x.pcap10", "x09.pcap", "x9.pcap",
                                 "x10.pcap", "x99999999999999999999.pcap", "y1.pcap"));
}

TEST(ExpandFiles, APathStandsForItselfThereOrNot) {
  TemporaryFolder folder;
  EXPECT_THAT(*ExpandFiles("-"), ElementsAre("-"));
  EXPECT_THAT(*ExpandFiles(folder.File("no.pcap")), ElementsAre(folder.File("no.pcap")));
  const std::string odd = folder.Write("x[1].pcap", "");
  folder.Write("x1.pcap", "");
  EXPECT_THAT(*ExpandFiles(odd), ElementsAre(odd));
}

TEST(ExpandFiles, AFolderStandsForItsCapturesInNaturalOrder) {
  TemporaryFolder folder;
  for (const char* name : {"x10.pcap", "x9.pcap", "x9.pcap.gz", "x8.pcap.gz", "README"}) {
    folder.Write(name, "");
  }
  std::filesystem::create_directory(folder.File("y.pcap"));
  EXPECT_THAT(
      *ExpandFiles(folder.path()),
      ElementsAre(folder.File("x8.pcap.gz"), folder.File("x9.pcap"), folder.File("x10.pcap")));
}

TEST(ExpandFiles, APatternStandsForTheFilesThatMatchInNaturalOrder) {
  TemporaryFolder folder;
  for (const char* name : {"x10.dump", "x9.dump", "y.dump"}) folder.Write(name, "");
  std::filesystem::create_directory(folder.File("x1.dump"));
  EXPECT_THAT(*ExpandFiles(folder.File("x*.dump")),
              ElementsAre(folder.File("x9.dump"), folder.File("x10.dump")));
  EXPECT_THAT(*ExpandFiles(folder.File("[y]?dump")), ElementsAre(folder.File("y.dump")));
}

TEST(ExpandFiles, NothingFoundIsAnErrorThatSaysWhatWasLookedFor) {
  TemporaryFolder folder;
  const auto pattern = ExpandFiles(folder.File("x*"));
  EXPECT_EQ(pattern.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(pattern.status().message()), HasSubstr("x*: no file matches"));
  const auto empty = ExpandFiles(folder.path());
  EXPECT_EQ(empty.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(empty.status().message()), HasSubstr("named *.pcap, *.pcapng"));
}

}  // namespace
}  // namespace silhouette
