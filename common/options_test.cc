#include "common/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class OptionsTest : public ::testing::Test {
 protected:
  OptionsTest() {
    AddServerOptions(&app_, &options_, 7100, 7110, 9170);
    app_.add_subcommand("sub", "A subcommand")->add_option("--two-words", sub_option_);
    FinishOptions(&app_);
  }
  ~OptionsTest() override {
    for (const char* name : {"SILHOUETTE_LISTEN", "SILHOUETTE_GRACE", "SILHOUETTE_TWO_WORDS",
                             "SILHOUETTE_LOG_FORMAT"}) {
      unsetenv(name);
    }
  }
  // The status to leave with; what was printed is in out_ and err_.
  int Parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "x-svc");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = ParseOptions(&app_, static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return status;
  }

  CLI::App app_{"A service.", "x-svc"};
  ServerOptions options_;
  std::string sub_option_;
  std::string out_, err_;
};

TEST_F(OptionsTest, DefaultsAreTheDesignsPortsOnLoopback) {
  EXPECT_EQ(Parse({}), -1);
  EXPECT_EQ(options_.listen, "127.0.0.1:7100");
  EXPECT_EQ(options_.health_listen, "127.0.0.1:7110");
  EXPECT_EQ(options_.metrics_listen, "127.0.0.1:9170");
  EXPECT_FALSE(options_.insecure);
}

TEST_F(OptionsTest, TheEnvironmentSetsAFlag) {
  setenv("SILHOUETTE_LISTEN", "127.0.0.1:1", 1);
  setenv("SILHOUETTE_GRACE", "3", 1);
  EXPECT_EQ(Parse({}), -1);
  EXPECT_EQ(options_.listen, "127.0.0.1:1");
  EXPECT_EQ(options_.grace_s, 3);
}

TEST_F(OptionsTest, TheEnvironmentReachesSubcommandsWithDashesAsUnderscores) {
  setenv("SILHOUETTE_TWO_WORDS", "yes", 1);
  EXPECT_EQ(Parse({"sub"}), -1);
  EXPECT_EQ(sub_option_, "yes");
}

TEST_F(OptionsTest, AConfigFileSetsAFlag) {
  TemporaryFolder folder;
  const std::string path =
      folder.Write("x.toml", "listen = \"127.0.0.1:2\"\ninsecure = true\nlog-level = \"warn\"\n");
  EXPECT_EQ(Parse({"--config", path}), -1);
  EXPECT_EQ(options_.listen, "127.0.0.1:2");
  EXPECT_TRUE(options_.insecure);
  EXPECT_EQ(options_.log.level, "warn");
}

TEST_F(OptionsTest, ANameInTheConfigFileThatIsNoOptionIsAnError) {
  TemporaryFolder folder;
  const std::string path = folder.Write("x.toml", "listne = \"127.0.0.1:2\"\n");
  EXPECT_EQ(Parse({"--config", path}), 2);
  EXPECT_THAT(err_, HasSubstr("x-svc: --config: no option listne; see x-svc --help"));
}

TEST_F(OptionsTest, AFlagWinsOverTheEnvironmentAndTheConfigFile) {
  TemporaryFolder folder;
  const std::string path = folder.Write("x.toml", "listen = \"127.0.0.1:2\"\n");
  setenv("SILHOUETTE_LISTEN", "127.0.0.1:1", 1);
  EXPECT_EQ(Parse({"--config", path, "--listen", "127.0.0.1:3"}), -1);
  EXPECT_EQ(options_.listen, "127.0.0.1:3");
}

TEST_F(OptionsTest, LogsAreTextUnlessTheFlagOrTheEnvironmentSaysJson) {
  EXPECT_EQ(Parse({}), -1);
  EXPECT_EQ(options_.log.format, "text");
  setenv("SILHOUETTE_LOG_FORMAT", "json", 1);
  EXPECT_EQ(Parse({}), -1);
  EXPECT_EQ(options_.log.format, "json");
  EXPECT_EQ(Parse({"--log-format", "text"}), -1);
  EXPECT_EQ(options_.log.format, "text");
}

TEST_F(OptionsTest, HelpAndVersionLeaveWith0) {
  EXPECT_EQ(Parse({"--help"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("--listen"), HasSubstr("SILHOUETTE_LISTEN")));
  EXPECT_EQ(Parse({"--version"}), 0);
  EXPECT_THAT(out_, HasSubstr(std::string("x-svc ") + Version()));
}

TEST_F(OptionsTest, AWrongCommandLineLeavesWith2AndOneLine) {
  const std::vector<std::string> wrong[] = {{"--nonsense"},
                                            {"--grace", "soon"},
                                            {"--grace", "-1"},
                                            {"--listen"},
                                            {"--log-level", "whispered"},
                                            {"--log-format", "xml"},
                                            {"--slow-batch", "1s"},
                                            {"--config", "/no/such/file.toml"}};
  for (const auto& arguments : wrong) {
    EXPECT_EQ(Parse(arguments), 2) << arguments[0];
    EXPECT_THAT(err_, AllOf(HasSubstr("x-svc: "), HasSubstr("--help")));
    EXPECT_EQ(std::count(err_.begin(), err_.end(), '\n'), 1) << err_;
  }
}

}  // namespace
}  // namespace silhouette
