#pragma once

#include "common/metric_list.h"

namespace silhouette {

// The metrics of capture-svc alone.
inline constexpr MetricInfo kCaptureMetrics[] = {
    {"running_captures",
     prometheus::MetricType::Gauge,
     "captures",
     "Captures that have not ended, by source",
     {{kSourceLabel}}},
    {"live_captures",
     prometheus::MetricType::Gauge,
     "captures",
     "Of these, interfaces that are listened on: their packets may come at any time",
     {{kSourceLabel}}},
    {"source_received_packets_total",
     prometheus::MetricType::Counter,
     "packets",
     "Packets received, by source; without one, received_packets_total is their sum",
     {{kSourceLabel}}},
    {"source_dropped_packets_total",
     prometheus::MetricType::Counter,
     "packets",
     "Packets that the kernel or the interface dropped before they were received, by source",
     {{kSourceLabel}}},
    {"source_shed_packets_total",
     prometheus::MetricType::Counter,
     "packets",
     "Packets dropped on purpose under overload, by source",
     {{kSourceLabel}}},
    {"forgotten_fragments_total", prometheus::MetricType::Counter, "fragments",
     "First fragments forgotten early, as more datagrams were open than there is room for"},
    {"overload_rung", prometheus::MetricType::Gauge, "",
     "Of the running capture that is worst off: 0 none, 1 bigger batches, 2 devices are shed, 3 "
     "all "
     "that comes is dropped"},
    {"shed_device_ratio", prometheus::MetricType::Gauge, "ratio",
     "Share of the devices that it sheds"},
    {"failed_captures_total", prometheus::MetricType::Counter, "captures",
     "Captures that ended with an error, or before their source did"},
};

}  // namespace silhouette
