#include "common/tls_credentials.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/grpc_log.h"
#include "common/grpc_server.h"
#include "common/test_certificates.h"
#include "common/test_folder.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Tells whose certificate its client showed.
class Greeter : public v1::FeatureService::Service {
  grpc::Status Push(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>* stream) override {
    const auto names = context->auth_context()->FindPropertyValues("x509_common_name");
    return {grpc::StatusCode::ABORTED,
            names.empty() ? "stranger" : std::string(names[0].data(), names[0].size())};
  }
};

class TlsCredentialsTest : public ::testing::Test {
 protected:
  // Writes certificate and key, and tells their options, with the CA's.
  TlsOptions Files(const std::string& name, const TestAuthority& authority, int days = 30) {
    const auto pair = authority.Sign(name, days);
    TlsOptions options{folder_.Write(name + ".crt", pair.certificate),
                       folder_.Write(name + ".key", pair.key),
                       folder_.Write(name + ".ca", ours_.certificate()), "", ""};
    chmod(options.key.c_str(), 0600);
    return options;
  }
  TlsCredentials* Read(const TlsOptions& options) {
    auto read = TlsCredentials::Read(options);
    EXPECT_TRUE(read.ok()) << read.status();
    kept_.push_back(*std::move(read));
    return kept_.back().get();
  }
  void Serve(const TlsOptions& options) {
    tls_ = Read(options);
    auto server = StartGrpcServer("--listen", "127.0.0.1:0", {&greeter_}, {.tls = tls_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  // What a call over a new connection ends with. The server's greeting is ABORTED.
  grpc::Status Call(TlsCredentials* tls, const std::string& server_name = "") {
    auto channel = OpenChannel("127.0.0.1:" + std::to_string(server_.port), tls, server_name);
    grpc::ClientContext context;
    return v1::FeatureService::NewStub(channel)->Push(&context)->Finish();
  }
  // Calls again until the greeting is that name, as gRPC takes new files within a second.
  bool IsEventually(TlsCredentials* tls, const std::string& name) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
      if (Call(tls).error_message() == name) return true;
    }
    return false;
  }
  // Two looks: changed, and quiet.
  static void LookTwice(TlsCredentials* tls) {
    tls->Look();
    tls->Look();
  }

  TemporaryFolder folder_;
  const TestAuthority ours_{"our CA"}, theirs_{"another CA"};
  std::vector<std::unique_ptr<TlsCredentials>> kept_;
  TlsCredentials* tls_ = nullptr;  // the server's
  Greeter greeter_;
  BoundServer server_;
};

TEST_F(TlsCredentialsTest, BothSidesKnowEachOther) {
  Serve(Files("server", ours_));
  const grpc::Status status = Call(Read(Files("client", ours_)));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED) << status.error_message();
  EXPECT_EQ(status.error_message(), "client");
}

TEST_F(TlsCredentialsTest, AClientWithoutACertificateOfTheCaIsNotServedAndToldWhatIsMissing) {
  Serve(Files("server", ours_));
  const TlsOptions ca_only{"", "", folder_.Write("ca", ours_.certificate()), "", ""};
  for (TlsCredentials* tls : {Read(ca_only), Read(Files("stranger", theirs_))}) {
    const grpc::Status status = Call(tls);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(status.error_message(), AllOf(HasSubstr("--tls-cert"), HasSubstr("signed by its")));
  }
  const grpc::Status plain = Call(nullptr);
  EXPECT_EQ(plain.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(plain.error_message(), HasSubstr("connect with --tls-ca"));
  EXPECT_GE(FailedHandshakes(), 3);
}

TEST_F(TlsCredentialsTest, AnybodyIsServedWhereThatIsSaid) {
  TlsOptions options = Files("server", ours_);
  options.clients = "any";
  Serve(options);
  EXPECT_EQ(Call(Read({"", "", options.ca, "", ""})).error_message(), "stranger");
}

TEST_F(TlsCredentialsTest, AServerOfAnotherCaIsNotTrustedAndThatIsSaid) {
  Serve(Files("server", theirs_));
  const grpc::Status status = Call(Read(Files("client", ours_)));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("not signed by one of --tls-ca"));
}

TEST_F(TlsCredentialsTest, AServersNameIsThatOfItsAddressOrTheOneThatIsExpected) {
  Serve(Files("server", ours_));
  TlsOptions client = Files("client", ours_);
  client.server_name = "localhost";
  EXPECT_EQ(Call(Read(client)).error_message(), "client");
  client.server_name = "feature-svc";
  const grpc::Status status = Call(Read(client));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("--tls-server-name"));
}

TEST_F(TlsCredentialsTest, AChannelMayExpectANameOfItsOwnUnlessTheOptionsNameOne) {
  Serve(Files("server", ours_));
  TlsOptions options = Files("client", ours_);
  EXPECT_EQ(Call(Read(options), "localhost").error_message(), "client");
  EXPECT_THAT(Call(Read(options), "elsewhere").error_message(), HasSubstr("another host"));
  options.server_name = "localhost";
  EXPECT_EQ(Call(Read(options), "elsewhere").error_message(), "client");
}

TEST_F(TlsCredentialsTest, AServerWithoutTlsIsFoundOut) {
  auto server = StartGrpcServer("--listen", "127.0.0.1:0", {&greeter_});
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  EXPECT_THAT(Call(Read(Files("client", ours_))).error_message(), HasSubstr("does not speak TLS"));
}

TEST_F(TlsCredentialsTest, NewFilesOfAClientAreTakenWhenTheyAreQuiet) {
  Serve(Files("server", ours_));
  const TlsOptions files = Files("client", ours_);
  TlsCredentials* client = Read(files);
  const auto pair = ours_.Sign("renewed", 60);
  folder_.Write("client.crt", pair.certificate);
  folder_.Write("client.key", pair.key);
  client->Look();
  EXPECT_EQ(client->counts().reloads, 0);
  client->Look();
  EXPECT_EQ(client->counts().reloads, 1);
  EXPECT_NEAR(absl::ToDoubleHours(*client->counts().certificate_ends - absl::Now()), 60 * 24, 1);
  EXPECT_TRUE(IsEventually(client, "renewed"));
}

TEST_F(TlsCredentialsTest, FilesThatDoNotFitOrAreCutLeaveTheOldOnesInUse) {
  Serve(Files("server", ours_));
  TlsCredentials* client = Read(Files("client", ours_));
  const auto pair = ours_.Sign("server");
  uint64_t failed = 0;
  for (const auto& [file, content] :
       {std::pair("server.crt", pair.certificate), std::pair("server.key", std::string("half")),
        std::pair("server.ca", std::string())}) {
    folder_.Write(file, content);
    LookTwice(tls_);
    EXPECT_EQ(tls_->counts().failed_reloads, ++failed) << file;
    EXPECT_EQ(Call(client).error_message(), "client") << file;
  }
  std::filesystem::remove(tls_->options().cert);
  LookTwice(tls_);
  LookTwice(tls_);  // told once
  EXPECT_EQ(tls_->counts().failed_reloads, ++failed);
  EXPECT_EQ(Call(client).error_message(), "client");
  EXPECT_EQ(tls_->counts().reloads, 0);
}

TEST_F(TlsCredentialsTest, ANewCaShutsOutThoseOfTheOld) {
  Serve(Files("server", ours_));
  TlsCredentials* client = Read(Files("client", ours_));
  EXPECT_EQ(Call(client).error_message(), "client");
  folder_.Write("server.ca", theirs_.certificate());
  LookTwice(tls_);
  EXPECT_EQ(tls_->counts().reloads, 1);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  grpc::Status status;
  do {
    status = Call(client);
  } while (status.error_message() == "client" && std::chrono::steady_clock::now() < deadline);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
}

TEST_F(TlsCredentialsTest, TouchedFilesAreNoNews) {
  Serve(Files("server", ours_));
  std::filesystem::last_write_time(tls_->options().cert,
                                   std::filesystem::file_time_type::clock::now());
  LookTwice(tls_);
  EXPECT_EQ(tls_->counts().reloads, 0);
  EXPECT_EQ(tls_->counts().failed_reloads, 0);
}

TEST_F(TlsCredentialsTest, WithoutFilesNothingIsEncrypted) {
  Serve({});
  EXPECT_EQ(Call(Read({})).error_message(), "stranger");
}

}  // namespace
}  // namespace silhouette
