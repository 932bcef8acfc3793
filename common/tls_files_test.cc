#include "common/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/time/clock.h"
#include "common/test_certificates.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TlsFiles : public ::testing::Test {
 protected:
  TlsFiles() {
    const auto pair = authority_.Sign("feature-svc");
    options_.cert = folder_.Write("svc.crt", pair.certificate);
    options_.key = folder_.Write("svc.key", pair.key);
    options_.ca = folder_.Write("ca.crt", authority_.certificate());
  }

  // What Read says is wrong.
  std::string Complaint() const {
    const auto content = ReadTlsFiles(options_, absl::Now());
    return content.ok() ? "nothing" : std::string(content.status().message());
  }

  TemporaryFolder folder_;
  TestAuthority authority_{"our CA"};
  TlsOptions options_;
};

TEST_F(TlsFiles, TellWhoseTheCertificateIsAndUntilWhen) {
  const auto content = ReadTlsFiles(options_, absl::Now());
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(content->facts->subject, "CN = feature-svc");
  EXPECT_NEAR(absl::ToDoubleHours(content->facts->to - absl::Now()), 30 * 24, 1);
  EXPECT_NEAR(absl::ToDoubleHours(absl::Now() - content->facts->from), 24, 1);
}

TEST_F(TlsFiles, AreAllNeededOrNone) {
  EXPECT_TRUE(ReadTlsFiles({}, absl::Now()).ok());
  options_.cert.clear();
  options_.key.clear();
  EXPECT_EQ(Complaint(), "nothing");
  options_.ca = folder_.File("nowhere.crt");
  EXPECT_THAT(Complaint(), AllOf(HasSubstr("--tls-ca " + options_.ca), HasSubstr("no such file")));
}

TEST_F(TlsFiles, ThatAreNotWhatTheyShouldBeAreNamed) {
  folder_.Write("svc.crt", "hello");
  EXPECT_THAT(Complaint(), AllOf(HasSubstr("--tls-cert " + options_.cert), HasSubstr("PEM")));
  const auto pair = authority_.Sign("feature-svc");
  folder_.Write("svc.crt", pair.certificate);
  EXPECT_THAT(Complaint(), AllOf(HasSubstr("--tls-key " + options_.key),
                                 HasSubstr("is not the key"), HasSubstr(options_.cert)));
  folder_.Write("svc.key", pair.key.substr(0, pair.key.size() / 2));
  EXPECT_THAT(Complaint(), AllOf(HasSubstr("--tls-key " + options_.key), HasSubstr("private key")));
  folder_.Write("svc.key", pair.key);
  EXPECT_EQ(Complaint(), "nothing");
  folder_.Write("ca.crt", pair.key);
  EXPECT_THAT(Complaint(), HasSubstr("--tls-ca " + options_.ca));
}

TEST_F(TlsFiles, MayHoldIssuersBehindTheCertificateButNotDamagedOnes) {
  const auto pair = authority_.Sign("feature-svc");
  const std::string chain = pair.certificate + authority_.certificate();
  folder_.Write("svc.key", pair.key);
  folder_.Write("svc.crt", chain);
  EXPECT_EQ(Complaint(), "nothing");
  folder_.Write("svc.crt", chain.substr(0, chain.size() - 100));
  EXPECT_THAT(Complaint(), HasSubstr("damaged certificate"));
}

TEST_F(TlsFiles, OfAnotherTimeAreRefused) {
  const auto pair = authority_.Sign("feature-svc");
  folder_.Write("svc.crt", pair.certificate);
  folder_.Write("svc.key", pair.key);
  const auto late = ReadTlsFiles(options_, absl::Now() + absl::Hours(31 * 24));
  EXPECT_THAT(std::string(late.status().message()),
              AllOf(HasSubstr("expired"), HasSubstr("renew")));
  const auto early = ReadTlsFiles(options_, absl::Now() - absl::Hours(48));
  EXPECT_THAT(std::string(early.status().message()), HasSubstr("clock"));
}

TEST_F(TlsFiles, ThatEverybodyMayReadAreWarnedAboutIfTheyAreKeys) {
  chmod(options_.key.c_str(), 0640);
  EXPECT_FALSE(WarningAboutKey(options_));
  chmod(options_.key.c_str(), 0644);
  EXPECT_THAT(WarningAboutKey(options_).value_or(""), HasSubstr("chmod o-r"));
}

TEST(TlsOptions, ThatLackAnotherAreWrong) {
  const auto complaint = [](TlsOptions options) {
    const absl::Status status = CheckTlsOptions(options);
    EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status));
    return std::string(status.message());
  };
  EXPECT_EQ(complaint({}), "");
  EXPECT_EQ(complaint({"c", "k", "", "", "any"}), "");
  EXPECT_EQ(complaint({"c", "k", "a", "name", "signed"}), "");
  EXPECT_THAT(complaint({"c", "", "", "", ""}), HasSubstr("--tls-key"));
  EXPECT_THAT(complaint({"", "k", "", "", ""}), HasSubstr("--tls-cert"));
  EXPECT_THAT(complaint({"c", "k", "", "", "signed"}), HasSubstr("--tls-ca"));
  EXPECT_THAT(complaint({"", "", "a", "", "any"}), HasSubstr("--tls-cert"));
  EXPECT_THAT(complaint({"c", "k", "", "name", ""}), HasSubstr("--tls-ca"));
}

TEST(TlsOptions, WithACaDemandCertificatesUnlessToldNotTo) {
  EXPECT_TRUE((TlsOptions{"c", "k", "a", "", ""}).demands_client_certificates());
  EXPECT_FALSE((TlsOptions{"c", "k", "a", "", "any"}).demands_client_certificates());
  EXPECT_FALSE((TlsOptions{"c", "k", "", "", ""}).demands_client_certificates());
}

}  // namespace
}  // namespace silhouette
