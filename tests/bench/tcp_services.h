#pragma once

#include <cstdint>
#include <string>

#include "classify-svc/engine.h"
#include "classify-svc/service.h"
#include "common/tls_credentials.h"
#include "feature-svc/service.h"
#include "gateway/engine.h"
#include "gateway/service.h"
#include "tests/bench/pipeline_links.h"
#include "tests/bench/tcp_server.h"

namespace silhouette::bench {

// feature-svc, classify-svc and the gateway as they run in processes of their own, but in this one:
// joined by TCP connections of this machine, with the bundled models and a store in a file of the
// temporary folder, which goes with them.
class TcpServices {
 public:
  explicit TcpServices(const PipelineLinks& links, TlsCredentials* tls = nullptr);
  ~TcpServices();

  // Captures the file as a run of its own and waits until the store holds it whole. Returns its
  // packets. Ends the bench where that fails.
  uint64_t Run(const std::string& path);

  // Of all runs so far.
  const HeldBytes& held() const { return held_; }

 private:
  // In the order of the data's way back: each is made before what pushes to it.
  const PipelineLinks links_;
  const std::string store_path_;
  GatewayEngine gateway_engine_;
  GatewayService gateway_;
  TcpServer gateway_server_;
  ClassifyEngine classify_engine_;
  ClassifyService classify_;
  TcpServer classify_server_;
  FeatureService feature_;
  TcpServer feature_server_;
  HeldBytes held_;
};

}  // namespace silhouette::bench
