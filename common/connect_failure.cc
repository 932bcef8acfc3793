#include "common/connect_failure.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

class ConnectExplainer : public grpc::experimental::Interceptor {
 public:
  explicit ConnectExplainer(bool encrypted) : encrypted_(encrypted) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_STATUS)) {
      Explain(methods->GetRecvStatus());
    }
    methods->Proceed();
  }

 private:
  void Explain(grpc::Status* status) const {
    if (status->error_code() != grpc::StatusCode::UNAVAILABLE) return;
    const auto words = ExplainConnectFailure(status->error_message(), encrypted_);
    if (!words) return;
    *status =
        grpc::Status(status->error_code(), absl::StrCat(*words, " (", status->error_message(), ")"),
                     status->error_details());
  }

  const bool encrypted_;
};

class ConnectExplainers : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit ConnectExplainers(bool encrypted) : encrypted_(encrypted) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new ConnectExplainer(encrypted_);
  }

 private:
  const bool encrypted_;
};

}  // namespace

std::optional<std::string> ExplainConnectFailure(const std::string& grpc_words, bool encrypted) {
  const auto says = [&](const char* words) { return absl::StrContains(grpc_words, words); };
  if (!says("failed to connect")) return std::nullopt;
  if (says("certificate verify failed")) {
    return "the server's certificate is not signed by one of --tls-ca, or does not hold now";
  }
  if (says("Hostname Verification")) {
    return "the server's certificate is for another host; --tls-server-name tells which to expect";
  }
  if (says("wrong version number")) {
    return "the server does not speak TLS; serve with --tls-cert there, or leave out --tls-ca here";
  }
  if (!says("Socket closed") && !says("Connection reset") && !says("SSL routines")) {
    return std::nullopt;
  }
  if (!encrypted) {
    return "the server hangs up on this connection without TLS; connect with --tls-ca";
  }
  return "the server hangs up: it may want a certificate (--tls-cert, --tls-key) that is signed by "
         "its --tls-ca and holds now";
}

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> MakeConnectExplainers(
    bool encrypted) {
  return std::make_unique<ConnectExplainers>(encrypted);
}

}  // namespace silhouette
