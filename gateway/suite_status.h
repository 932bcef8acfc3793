#pragma once

#include <chrono>
#include <functional>

#include "gateway/service_directory.h"
#include "silhouette/v1/gateway_service.pb.h"

namespace silhouette {

// How all services fare, asked anew each time. Thread-safe.
class SuiteStatus {
 public:
  // How long a service may take to answer.
  static constexpr std::chrono::milliseconds kPatience{1000};

  // `own` tells how the gateway itself fares. `directory` must outlive this.
  SuiteStatus(ServiceDirectory* directory, std::function<v1::ServiceStatus()> own,
              std::chrono::milliseconds patience = kPatience);

  // Fills the services in; those that cannot be asked say why.
  void Fill(v1::GetStatusResponse* response) const;

 private:
  ServiceDirectory* directory_;
  std::function<v1::ServiceStatus()> own_;
  std::chrono::milliseconds patience_;
};

}  // namespace silhouette
