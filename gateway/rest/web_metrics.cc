#include "gateway/rest/web_metrics.h"

#include "absl/strings/str_cat.h"
#include "common/metrics.h"

namespace silhouette {

WebMetrics::WebMetrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      requests_(prometheus::BuildCounter()
                    .Name("silhouette_gateway_web_requests_total")
                    .Help("Requests answered on the web port, by route and family of the status")
                    .Register(*registry_)),
      refused_(prometheus::BuildCounter()
                   .Name("silhouette_gateway_web_refused_total")
                   .Help("Requests and connections turned away on the web port")
                   .Register(*registry_)),
      connections_(AddGauge(registry_.get(), "silhouette_gateway_web_connections",
                            "Connections that are open on the web port")),
      watchers_(AddGauge(registry_.get(), "silhouette_gateway_web_watchers",
                         "Event streams that are open on the web port")) {
  for (const char* reason :
       {"host", "origin", "token", "watchers", "threads", "slow", "large", "malformed"}) {
    refused_.Add({{"reason", reason}});  // there from the start, as 0
  }
}

void WebMetrics::CountRequest(const std::string& route, int status) {
  requests_.Add({{"route", route}, {"status", absl::StrCat(status / 100, "xx")}}).Increment();
}

void WebMetrics::CountRefusal(const std::string& reason) {
  refused_.Add({{"reason", reason}}).Increment();
}

}  // namespace silhouette
