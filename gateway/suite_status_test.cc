#include "gateway/suite_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/grpc_server.h"
#include "common/status_service.h"
#include "common/test_certificates.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A service of which only the status is there.
class FakeReplica {
 public:
  explicit FakeReplica(const std::string& name, const std::string& host = "127.0.0.1",
                       TlsCredentials* tls = nullptr)
      : status_(name, {}),
        server_(*StartGrpcServer("--listen", host + ":0", {&status_}, {.tls = tls})),
        address_(absl::StrCat(host, ":", server_.port)) {}

  const std::string& address() const { return address_; }
  int port() const { return server_.port; }
  void Kill() { server_.server->Shutdown(std::chrono::system_clock::now()); }

 private:
  StatusService status_;
  BoundServer server_;
  const std::string address_;
};

// Asks `directory` as the gateway does.
v1::GetStatusResponse StatusOf(ServiceDirectory* directory,
                               std::chrono::milliseconds patience = std::chrono::minutes(1)) {
  const auto own = [] {
    v1::ServiceStatus status;
    status.set_service("gateway");
    return status;
  };
  v1::GetStatusResponse response;
  SuiteStatus(directory, own, patience).Fill(&response);
  return response;
}

v1::GetStatusResponse StatusOf(ServiceAddresses addresses) {
  ServiceDirectory directory(std::move(addresses), nullptr);
  return StatusOf(&directory);
}

// "capture-svc 127.0.0.1:7101", with "!" behind one that is unavailable.
std::vector<std::string> Lines(const v1::GetStatusResponse& response) {
  std::vector<std::string> lines;
  for (const auto& status : response.services()) {
    lines.push_back(absl::StrCat(status.service(), " ", status.address(),
                                 status.unavailable().empty() ? "" : "!"));
  }
  return lines;
}

TEST(SuiteStatus, TellsAllInTheOrderOfTheDataThenByAddressWithItself) {
  FakeReplica classify("classify-svc"), feature("feature-svc"), capture("capture-svc");
  FakeReplica another("feature-svc", "127.0.0.2");
  EXPECT_THAT(
      Lines(StatusOf(
          {{capture.address()}, {another.address(), feature.address()}, {classify.address()}})),
      ElementsAre("capture-svc " + capture.address(), "feature-svc " + feature.address(),
                  "feature-svc " + another.address(), "classify-svc " + classify.address(),
                  "gateway "));
}

TEST(SuiteStatus, LeavesOutAServiceWithoutAnAddress) {
  EXPECT_THAT(Lines(StatusOf({{}, {}, {}})), ElementsAre("gateway "));
}

TEST(SuiteStatus, NamesWhoIsGoneBesideTheOthers) {
  FakeReplica capture("capture-svc"), feature("feature-svc");
  capture.Kill();
  const auto response = StatusOf({{capture.address()}, {feature.address()}, {}});
  EXPECT_THAT(Lines(response), ElementsAre("capture-svc " + capture.address() + "!",
                                           "feature-svc " + feature.address(), "gateway "));
  EXPECT_THAT(response.services(0).unavailable(),
              AllOf(HasSubstr("nothing listens at " + capture.address()),
                    HasSubstr("start capture-svc"), HasSubstr("--capture-address")));
  EXPECT_EQ(response.services(0).version(), "");
}

TEST(SuiteStatus, NamesWhatCannotBeLookedUp) {
  ServiceDirectory directory({{"capture:7101"}, {}, {}}, nullptr,
                             [](const std::string&) -> HostLookup::Addresses {
                               return absl::NotFoundError("no host has that name");
                             });
  const auto response = StatusOf(&directory);
  EXPECT_THAT(Lines(response), ElementsAre("capture-svc capture:7101!", "gateway "));
  EXPECT_THAT(response.services(0).unavailable(),
              AllOf(HasSubstr("no host has that name"), HasSubstr("--capture-address")));
}

TEST(SuiteStatus, TellsAnotherServiceApart) {
  FakeReplica feature("feature-svc");
  const auto response = StatusOf({{feature.address()}, {feature.address()}, {}});
  EXPECT_THAT(Lines(response), ElementsAre("capture-svc " + feature.address() + "!",
                                           "feature-svc " + feature.address(), "gateway "));
  EXPECT_THAT(response.services(0).unavailable(),
              AllOf(HasSubstr("answers feature-svc"), HasSubstr("--capture-address")));
}

TEST(SuiteStatus, SaysSoIfThereIsNoStatusToBeHad) {
  const auto old = StartGrpcServer("--listen", "127.0.0.1:0", {});
  const auto response = StatusOf({{absl::StrCat("127.0.0.1:", old->port)}, {}, {}});
  EXPECT_THAT(response.services(0).unavailable(), HasSubstr("older version"));
}

// Answers once it may.
class SilentService : public v1::StatusService::Service {
 public:
  grpc::Status GetServiceStatus(grpc::ServerContext*, const v1::GetServiceStatusRequest*,
                                v1::GetServiceStatusResponse*) override {
    release.get_future().wait();
    return grpc::Status::OK;
  }
  std::promise<void> release;
};

TEST(SuiteStatus, WaitsForNobodyLongerThanItMay) {
  SilentService silent;
  const auto server = StartGrpcServer("--listen", "127.0.0.1:0", {&silent});
  ServiceDirectory directory({{absl::StrCat("127.0.0.1:", server->port)}, {}, {}}, nullptr);
  const auto response = StatusOf(&directory, std::chrono::milliseconds(100));
  EXPECT_THAT(response.services(0).unavailable(), HasSubstr("within 100 ms"));
  silent.release.set_value();
}

TEST(SuiteStatus, TellsAProcessWithTwoAddressesOnce) {
  FakeReplica capture("capture-svc", "0.0.0.0");
  const std::string first = absl::StrCat("127.0.0.1:", capture.port());
  const std::string second = absl::StrCat("127.0.0.2:", capture.port());
  EXPECT_THAT(Lines(StatusOf({{second, first}, {}, {}})),
              ElementsAre("capture-svc " + first, "gateway "));
}

TEST(SuiteStatus, ExpectsTheCertificateOfTheNameWhoseAddressItAsks) {
  const TestAuthority authority("our CA");  // its certificates are for localhost and 127.0.0.1
  const auto pair = authority.Sign("silhouette");
  const TemporaryFolder folder;
  const auto tls =
      TlsCredentials::Read({folder.Write("crt", pair.certificate), folder.Write("key", pair.key),
                            folder.Write("ca", authority.certificate()), "", ""});
  ASSERT_TRUE(tls.ok()) << tls.status();
  FakeReplica capture("capture-svc", "127.0.0.2", tls->get());
  const auto look_up = [](const std::string&) -> HostLookup::Addresses {
    return std::vector<IpAddress>{*IpAddress::Parse("127.0.0.2")};
  };
  const auto unavailable = [&](const std::string& host) {
    ServiceDirectory directory({{absl::StrCat(host, ":", capture.port())}, {}, {}}, tls->get(),
                               look_up);
    return StatusOf(&directory).services(0).unavailable();
  };
  EXPECT_EQ(unavailable("localhost"), "");
  EXPECT_THAT(unavailable("elsewhere"), HasSubstr("certificate is for another host"));
  EXPECT_THAT(unavailable("127.0.0.2"), HasSubstr("certificate is for another host"));
}

}  // namespace
}  // namespace silhouette
