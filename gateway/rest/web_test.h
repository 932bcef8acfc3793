#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <string>

#include "common/grpc_server.h"
#include "gateway/rest/fake_gateway.h"
#include "gateway/rest/test_client.h"
#include "gateway/rest/web_server.h"

namespace silhouette {

// A web server before a gateway that says what a test tells it to.
class WebTest : public ::testing::Test {
 protected:
  // Another one than the first asked for.
  void Start(WebOptions options = {}) {
    options.listen = "127.0.0.1:0";
    web_ = std::make_unique<WebServer>(options);
    const absl::Status status = web_->Bind();
    ASSERT_TRUE(status.ok()) << status;
    web_->Serve(server_.channel);
  }
  ~WebTest() override {
    if (web_) web_->Stop();
    server_.server->Shutdown(std::chrono::system_clock::now());
  }
  // The whole answer to one request over a connection of its own.
  std::string Ask(const std::string& line, const std::string& headers = "") {
    TestClient client(web_->port());
    client.Request(line, "Connection: close\r\n" + headers);
    return client.ReadAll();
  }
  std::string Upload(const std::string& line, const std::string& headers, const std::string& body) {
    TestClient client(web_->port());
    client.Request(line, headers);
    client.Send(body);
    return client.ReadAll();
  }
  // Of all labels together.
  double Metric(const std::string& name, const std::string& label = "") {
    double sum = 0;
    for (const auto& family : web_->metrics()->Collect()) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        const bool fits = label.empty() || metric.label.front().value == label;
        if (fits) sum += metric.counter.value + metric.gauge.value;
      }
    }
    return sum;
  }
  bool MetricBecomes(const std::string& name, double value) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (Metric(name) != value) {
      if (std::chrono::steady_clock::now() > until) return false;
    }
    return true;
  }

  FakeGateway gateway_;
  InProcessServer server_ = StartInProcessServer(&gateway_);
  std::unique_ptr<WebServer> web_;
};

inline v1::WatchJobsResponse Change(const std::string& deleted) {
  v1::WatchJobsResponse change;
  change.add_deleted(deleted);
  return change;
}

inline std::string Length(size_t bytes) {
  return "Content-Length: " + std::to_string(bytes) + "\r\n";
}

}  // namespace silhouette
