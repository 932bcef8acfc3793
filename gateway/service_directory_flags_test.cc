#include "gateway/service_directory_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/options.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ServiceAddressFlags : public ::testing::Test {
 protected:
  ServiceAddressFlags() {
    AddServiceAddressFlags(&app_, &addresses_);
    FinishOptions(&app_);
  }
  int Parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "gateway");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = ParseOptions(&app_, static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return status;
  }

  CLI::App app_{"A gateway.", "gateway"};
  ServiceAddresses addresses_;
  std::string out_, err_;
};

TEST_F(ServiceAddressFlags, AreTheServicesOwnDefaultsUnlessGiven) {
  EXPECT_EQ(Parse({}), -1);
  EXPECT_THAT(addresses_.of(ServiceKind::kCapture), ElementsAre("127.0.0.1:7101"));
  EXPECT_THAT(addresses_.of(ServiceKind::kFeature), ElementsAre("127.0.0.1:7102"));
  EXPECT_THAT(addresses_.of(ServiceKind::kClassify), ElementsAre("127.0.0.1:7103"));
}

TEST_F(ServiceAddressFlags, MayBeRepeatedAndHoldSeveral) {
  EXPECT_EQ(Parse({"--capture-address", "a:1,b:2", "--capture-address", "[::1]:3"}), -1);
  EXPECT_THAT(addresses_.capture, ElementsAre("a:1", "b:2", "[::1]:3"));
}

TEST_F(ServiceAddressFlags, MayBeNone) {
  EXPECT_EQ(Parse({"--capture-address", "none"}), -1) << err_;
  ServiceDirectory directory(addresses_, nullptr);
  EXPECT_THAT(directory.Find(ServiceKind::kCapture).found, IsEmpty());
  EXPECT_THAT(directory.Find(ServiceKind::kFeature).found, SizeIs(1));
}

TEST_F(ServiceAddressFlags, ComeFromTheEnvironmentToo) {
  setenv("SILHOUETTE_CLASSIFY_ADDRESS", "a:1,b:2", 1);
  EXPECT_EQ(Parse({}), -1);
  unsetenv("SILHOUETTE_CLASSIFY_ADDRESS");
  EXPECT_THAT(addresses_.classify, ElementsAre("a:1", "b:2"));
}

TEST_F(ServiceAddressFlags, ThatAreNoHostAndPortAreUsageErrors) {
  EXPECT_EQ(Parse({"--feature-address", "a:1,feature"}), 2);
  EXPECT_THAT(err_, AllOf(HasSubstr("--feature-address"), HasSubstr("feature: not host:port")));
}

}  // namespace
}  // namespace silhouette
