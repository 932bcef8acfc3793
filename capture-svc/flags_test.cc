#include "capture-svc/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/files.h"
#include "common/test_folder.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string ErrorOf(const ReadFlags& flags) {
  const auto options = MakeCaptureOptions(flags);
  EXPECT_TRUE(absl::IsInvalidArgument(options.status()));
  return std::string(options.status().message());
}

TEST(ReadFlags, DefaultsAreEpochGridOneSecondAndPrivateNetworks) {
  const auto options = MakeCaptureOptions({});
  ASSERT_TRUE(options.ok());
  EXPECT_FALSE(options->align_first);
  EXPECT_EQ(options->lateness_ns, 1'000'000'000);
  EXPECT_TRUE(options->home.Contains(*IpAddress::Parse("192.168.1.20")));
}

TEST(ReadFlags, ReachTheOptions) {
  const auto options = MakeCaptureOptions({"203.0.113.0/24", "first", "250ms"});
  ASSERT_TRUE(options.ok());
  EXPECT_TRUE(options->align_first);
  EXPECT_EQ(options->lateness_ns, 250'000'000);
  EXPECT_TRUE(options->home.Contains(*IpAddress::Parse("203.0.113.7")));
  EXPECT_FALSE(options->home.Contains(*IpAddress::Parse("192.168.1.20")));
}

TEST(ReadFlags, AWrongValueIsRefusedUnderItsFlagsName) {
  EXPECT_THAT(ErrorOf({"home", "epoch", "1s"}), AllOf(HasSubstr("--home"), HasSubstr("\"home\"")));
  EXPECT_THAT(ErrorOf({"", "epoch", "soon"}),
              AllOf(HasSubstr("--lateness"), HasSubstr("\"soon\"")));
  EXPECT_THAT(ErrorOf({"", "epoch", "-1s"}), HasSubstr("--lateness"));
  EXPECT_THAT(ErrorOf({"", "epoch", "61m"}), HasSubstr("--lateness"));
  EXPECT_THAT(ErrorOf({"", "epoch", "inf"}), HasSubstr("--lateness"));
}

std::vector<std::vector<SourceOptions>> Sources(const CaptureFlags& flags) {
  auto sources = MakeSources(flags);
  EXPECT_TRUE(sources.ok()) << sources.status();
  return sources.ok() ? *std::move(sources) : std::vector<std::vector<SourceOptions>>();
}

std::string SourcesError(const CaptureFlags& flags) {
  return std::string(MakeSources(flags).status().message());
}

TEST(CaptureFlags, FilesComeOneAfterTheOtherAndTheRestAtTheSameTime) {
  CaptureFlags flags;
  flags.files = {"a/x.pcap", "b/y.pcap"};
  flags.watch = {"folder/"};
  flags.interfaces = {"eth0", "eth1"};
  flags.replay = {"z.pcap"};
  flags.speed = "10x";
  const auto groups = Sources(flags);
  ASSERT_EQ(groups.size(), 5u);
  ASSERT_EQ(groups[0].size(), 2u);
  EXPECT_EQ(DefaultOrigin(groups[0][0]), "file:x.pcap");
  EXPECT_EQ(DefaultOrigin(groups[0][1]), "file:y.pcap");
  EXPECT_FALSE(groups[0][0].is_paced());
  EXPECT_EQ(groups[1][0].speed, 10);
  EXPECT_TRUE(groups[1][0].is_paced());
  EXPECT_EQ(DefaultOrigin(groups[2][0]), "folder:folder");
  EXPECT_TRUE(groups[2][0].is_live());
  EXPECT_THAT(DefaultOrigin(groups[4][0]), ::testing::EndsWith("/eth1"));
  EXPECT_TRUE(groups[4][0].is_live());
}

TEST(CaptureFlags, AFolderToWatchIsReadAsItIsWithOnce) {
  CaptureFlags flags;
  flags.watch = {"folder"};
  flags.once = true;
  EXPECT_FALSE(Sources(flags)[0][0].is_live());
}

TEST(CaptureFlags, LiveFlagsReachTheInterface) {
  CaptureFlags flags;
  flags.interfaces = {"eth0"};
  flags.live.filter = "udp";
  flags.live.snap_length = 96;
  flags.live.buffer_mib = 2;
  flags.live.not_promiscuous = true;
  flags.live.write = "x.pcapng";
  const SourceOptions source = Sources(flags)[0][0];
  EXPECT_EQ(source.live.filter, "udp");
  EXPECT_EQ(source.live.snap_length, 96);
  EXPECT_EQ(source.live.buffer_bytes, size_t{2} << 20);
  EXPECT_FALSE(source.live.promiscuous);
  EXPECT_EQ(source.write, "x.pcapng");
}

TEST(CaptureFlags, WhatDoesNotGoTogetherIsRefusedUnderItsFlagsName) {
  CaptureFlags flags;
  flags.interfaces = {"eth0", "eth1"};
  flags.live.write = "x.pcapng";
  EXPECT_THAT(SourcesError(flags), HasSubstr("--write"));
  flags = CaptureFlags();
  flags.speed = "fast";
  EXPECT_THAT(SourcesError(flags), HasSubstr("--speed"));
  flags = CaptureFlags();
  flags.files = {"/no/such/folder/*.pcap"};
  EXPECT_TRUE(absl::IsNotFound(MakeSources(flags).status()));
}

// What parsing says against it; empty for nothing.
std::string UsageError(const std::string& command_line) {
  CaptureFlags flags;
  CLI::App app;
  AddCaptureFlags(&app, &flags);
  try {
    app.parse(command_line);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(CaptureFlags, TrueAddressesAreNotWrittenBesideAnonymizedOnes) {
  EXPECT_EQ(UsageError("--interface eth0 --write x.pcapng"), "");
  EXPECT_EQ(UsageError("--interface eth0 --anonymize key"), "");
  EXPECT_THAT(UsageError("--interface eth0 --write x.pcapng --anonymize key"),
              AllOf(HasSubstr("--write"), HasSubstr("--anonymize")));
}

TEST(CaptureFlags, TheSandboxIsForInterfaces) {
  EXPECT_EQ(UsageError("--interface eth0 --no-sandbox"), "");
  for (const char* flag : {"--no-sandbox", "--require-sandbox"}) {
    EXPECT_THAT(UsageError(std::string("--file x.pcap ") + flag), HasSubstr("--interface"));
  }
}

TEST(CaptureFlags, AFileNameThatIsNotUtf8StillMakesMessagesThatCanBeRead) {
  SourceOptions source;
  source.path = "caf\xe9.pcap";
  v1::BatchHeader header, back;
  header.set_origin(DefaultOrigin(source));
  EXPECT_TRUE(back.ParseFromString(header.SerializeAsString())) << "every batch is refused";
}

TEST(SourceOptions, WhatIsReadIsNeverWrittenOver) {
  TemporaryFolder folder;
  SourceOptions source;
  source.path = source.write = folder.Write("call.pcap", "precious");
  EXPECT_TRUE(absl::IsInvalidArgument(OpenSource(source).status()));
  EXPECT_EQ(*ReadFile(source.path), "precious");
  source.kind = SourceOptions::Kind::kFolder;
  source.path = folder.path();
  source.write = folder.File("new.pcapng");
  EXPECT_TRUE(absl::IsInvalidArgument(OpenSource(source).status()));
}

}  // namespace
}  // namespace silhouette
