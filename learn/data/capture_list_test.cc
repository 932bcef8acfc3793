#include "learn/data/capture_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::StatusOr<std::vector<ListedCapture>> Read(std::string_view text) {
  const TestFolder folder;
  return ReadCaptureList(folder.Write("list.tsv", text));
}

std::string ErrorOf(std::string_view text) {
  const auto read = Read(text);
  EXPECT_FALSE(read.ok());
  return std::string(read.status().message());
}

TEST(CaptureListTest, PathsAreRelativeToTheList) {
  const TestFolder folder;
  const auto list = ReadCaptureList(folder.Write(
      "list.tsv", "path\tlabel\ttruth\na/x.pcap\tscan\t../t.csv\n/tmp/y.pcap\tflood\t-\n"));
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].pcap, folder.path() + "/a/x.pcap");
  EXPECT_THAT((*list)[0].truth, ::testing::EndsWith("/t.csv"));
  EXPECT_EQ((*list)[1].pcap, "/tmp/y.pcap");
  EXPECT_EQ((*list)[1].truth, "");
}

TEST(CaptureListTest, CapturesOfOneMacAddressAreOneSourceAndOthersTheirOwn) {
  const auto list = Read(
      "path\tlabel\tdevice\n"
      "a.pcap\tbenign\t00:17:88:24:76:ff\n"
      "b.pcap\tbenign\t00:17:88:24:76:FF\n"
      "c.pcap\tflood\t10.10.10.10\n"
      "d.pcap\tflood\t10.10.10.10\n");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ((*list)[0].source, (*list)[1].source);
  EXPECT_NE((*list)[2].source, (*list)[3].source);
}

TEST(CaptureListTest, WhoIsInfectedSends) {
  const auto list = Read(
      "label\tpath\trole\tdevice\n"
      "c2\ta\tinfected\t10.0.0.1\n"
      "scan\tb\tvictim\t10.0.0.1\n"
      "benign\tc\t-\t-\n");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ((*list)[0].role, AttackRole::kAttacker);
  EXPECT_EQ((*list)[1].role, AttackRole::kVictim);
  EXPECT_EQ((*list)[2].role, AttackRole::kNone);
}

TEST(CaptureListTest, OnePathIsOneSourceHoweverItIsWritten) {
  const auto list = Read("path\tlabel\n./a/x.pcap\tscan\na/../a/x.pcap\tscan\n");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ((*list)[0].source, (*list)[1].source);
}

TEST(CaptureListTest, AnAttackIsThatOfOneAddress) {
  for (const char* device : {"-", "00:17:88:24:76:ff"}) {
    EXPECT_THAT(ErrorOf(std::string("path\tlabel\trole\tdevice\na\tscan\tvictim\t") + device),
                HasSubstr("IP address"));
  }
}

TEST(CaptureListTest, WhatIsNeitherAnAddressNorYesIsRefused) {
  EXPECT_THAT(ErrorOf("path\tlabel\tdevice\na\tscan\ta:b:c:d:e:f\n"), HasSubstr("is no address"));
  EXPECT_THAT(ErrorOf("path\tlabel\tsimulated\na\tscan\tno\n"), HasSubstr("yes or -"));
}

TEST(CaptureListTest, ErrorsNameTheFileTheLineAndTheRemedy) {
  EXPECT_THAT(ErrorOf("file\tlabel\nx\ty\n"), AllOf(HasSubstr("list.tsv:1"), HasSubstr("path")));
  EXPECT_THAT(ErrorOf("path\tlabel\nx\n"), AllOf(HasSubstr("list.tsv:2"), HasSubstr("tabs")));
  EXPECT_THAT(ErrorOf("path\tlabel\nx\t-\n"), HasSubstr("needs a path and a label"));
  EXPECT_THAT(ErrorOf("path\tlabel\trole\nx\ty\tbystander\n"), HasSubstr("victim"));
  EXPECT_THAT(ErrorOf("path\tlabel\tdevice\nx\ty\tthe plug\n"), HasSubstr("no address"));
  EXPECT_THAT(ErrorOf("path\tlabel\n"), HasSubstr("names no capture"));
}

}  // namespace
}  // namespace silhouette
