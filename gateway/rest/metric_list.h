#pragma once

#include "common/metric_list.h"

namespace silhouette {

// The metrics of the gateway's web port.
inline constexpr MetricInfo kWebMetrics[] = {
    {"web_requests_total",
     prometheus::MetricType::Counter,
     "requests",
     "Requests answered on the web port, by route and family of the status",
     {{{"route", "the API's, as GET /v1/jobs/{job}; page, other"},
       {"status", "2xx, 3xx, 4xx, 5xx"}}}},
    {"web_refused_total",
     prometheus::MetricType::Counter,
     "requests",
     "Requests and connections turned away on the web port",
     {{{"reason", "host, origin, token, watchers, threads, slow, large, malformed"}}}},
    {"web_connections", prometheus::MetricType::Gauge, "connections",
     "Connections that are open on the web port"},
    {"web_watchers", prometheus::MetricType::Gauge, "streams",
     "Event streams that are open on the web port"},
};

}  // namespace silhouette
