#include "capture-svc/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(CaptureFlags, EachFileIsACaptureWithARunOfItsOwn) {
  CaptureFlags flags;
  flags.files = {"a/x.pcap", "b/y.pcap"};
  CaptureList captures;
  ASSERT_TRUE(MakeCaptures(flags, &captures).ok());
  ASSERT_EQ(captures.All().size(), 2u);
  const v1::Capture first = captures.All()[0]->Describe();
  const v1::Capture second = captures.All()[1]->Describe();
  EXPECT_EQ(first.origin(), "file:x.pcap");
  EXPECT_EQ(second.origin(), "file:y.pcap");
  EXPECT_EQ(first.source(), "a/x.pcap");
  EXPECT_NE(first.run(), second.run());
}

TEST(CaptureFlags, AFileNameThatIsNotUtf8StillMakesMessagesThatCanBeRead) {
  CaptureFlags flags;
  flags.files = {"caf\xe9.pcap"};
  CaptureList captures;
  ASSERT_TRUE(MakeCaptures(flags, &captures).ok());
  v1::BatchHeader header, back;
  header.set_origin(captures.All()[0]->Describe().origin());
  EXPECT_TRUE(back.ParseFromString(header.SerializeAsString())) << "every batch is refused";
}

}  // namespace
}  // namespace silhouette
