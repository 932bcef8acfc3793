#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "gateway/rest/answer.h"
#include "gateway/rest/guard.h"
#include "gateway/rest/http_server.h"
#include "gateway/rest/places.h"
#include "gateway/rest/token_file.h"
#include "gateway/rest/web_metrics.h"
#include "gateway/rest/web_options.h"

namespace silhouette {

// GatewayService as REST and server-sent events, and the page that uses them. It knows no
// implementation: it calls the RPCs over a channel. Calls come from one thread.
class WebServer {
 public:
  explicit WebServer(WebOptions options);
  ~WebServer();

  // Binds the port, unless the options turn it off; connections wait there until Serve.
  // Errors: INVALID_ARGUMENT (options, the token's file), UNAVAILABLE (the port is taken), as
  // TokenFile::Open.
  absl::Status Bind();
  // 0 when it is off.
  int port() const { return port_; }

  void Serve(std::shared_ptr<grpc::Channel> channel);

  // Ends all streams and uploads at once.
  void Stop();

  std::shared_ptr<prometheus::Collectable> metrics() const { return metrics_.collectable(); }

 private:
  void SetHandlers();
  bool IsRefused(const httplib::Request& request, httplib::Response* response);
  // None: it is answered, with an error.
  std::optional<RestRequest> FindRoute(const httplib::Request& request,
                                       httplib::Response* response);
  // False: an upload, whose body is to be read first.
  bool Answer(const httplib::Request& request, httplib::Response* response);
  bool AnswerRoute(const RestRequest& request, httplib::Response* response);
  RestContext Context() { return {stub_.get(), &calls_, &places_, &metrics_, options_.heartbeat}; }

  const WebOptions options_;
  WebMetrics metrics_;
  std::unique_ptr<TokenFile> token_;
  std::optional<Guard> guard_;
  OpenCalls calls_;
  Places places_;
  std::unique_ptr<RpcCall::Stub> stub_;
  HttpServer http_;
  int port_ = 0;
};

}  // namespace silhouette
