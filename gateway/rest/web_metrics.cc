#include "gateway/rest/web_metrics.h"

#include "absl/strings/str_cat.h"
#include "gateway/rest/metric_list.h"

namespace silhouette {
namespace {

constexpr char kName[] = "gateway";

}  // namespace

WebMetrics::WebMetrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      requests_(AddCounters(registry_.get(), kName, Find(kWebMetrics, "web_requests_total"))),
      refused_(AddCounters(registry_.get(), kName, Find(kWebMetrics, "web_refused_total"))),
      connections_(AddGauge(registry_.get(), kName, Find(kWebMetrics, "web_connections"))),
      watchers_(AddGauge(registry_.get(), kName, Find(kWebMetrics, "web_watchers"))) {
  requests_.Add({{"route", "page"}, {"status", "2xx"}});
  for (const char* reason :
       {"host", "origin", "token", "watchers", "threads", "slow", "large", "malformed"}) {
    refused_.Add({{"reason", reason}});  // there from the start, as 0
  }
}

void WebMetrics::CountRequest(const std::string& route, int status) {
  requests_
      .Add({{"route", route.empty() ? "other" : route},
            {"status", absl::StrCat(status / 100, "xx")}})
      .Increment();
}

void WebMetrics::CountRefusal(const std::string& reason) {
  refused_.Add({{"reason", reason}}).Increment();
}

}  // namespace silhouette
