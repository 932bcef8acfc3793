#pragma once

#include "common/metric_list.h"

namespace silhouette {

// The metrics of the gateway alone, without those of its web port.
inline constexpr MetricInfo kGatewayMetrics[] = {
    {"stored_verdicts_total", prometheus::MetricType::Counter, "verdicts", "Verdicts stored"},
    {"repeated_verdicts_total", prometheus::MetricType::Counter, "verdicts",
     "Verdicts that the store held already"},
    {"verdict_latency_seconds",
     prometheus::MetricType::Histogram,
     "seconds",
     "From when capture-svc gave on the packets that closed a window until its verdicts were "
     "stored, once for each batch with new ones. By the wall clocks of the two nodes: as wrong as "
     "they differ, and what would be negative counts as 0",
     {{kSourceLabel}}},
    {"window_lag_seconds",
     prometheus::MetricType::Gauge,
     "seconds",
     "Of each interface that was heard of in the last five minutes: the wall clock when its newest "
     "verdicts were stored, less the end of their window. The two clocks are those of this node "
     "and "
     "of the capture's",
     {{kSourceLabel}}},
    {"incidents_total",
     prometheus::MetricType::Counter,
     "incidents",
     "Incidents that were found, and those that became worse once more with what they became",
     {{{"kind", "the class that was said, of the first 16 that came; or other"},
       {"severity", "low, medium, high"}}}},
    {"watchers", prometheus::MetricType::Gauge, "streams",
     "Streams that follow verdicts or incidents as they are stored"},
    {"store_failing", prometheus::MetricType::Gauge, "",
     "1 while verdicts wait because the store cannot be written"},
    {"store_retries_total", prometheus::MetricType::Counter, "batches",
     "Batches tried again because the store could not be written"},
    {"store_waiting_batches", prometheus::MetricType::Gauge, "batches",
     "Batches that came and are not stored yet"},
    {"store_oldest_waiting_seconds", prometheus::MetricType::Gauge, "seconds",
     "How long ago the oldest of these came; 0 without one"},
    {"store_bytes", prometheus::MetricType::Gauge, "bytes",
     "Bytes of the store in use, without its log"},
    {"store_limit_bytes", prometheus::MetricType::Gauge, "bytes",
     "What it may take before its oldest verdicts are deleted: --max-store; 0 without a limit"},
    {"store_free_bytes", prometheus::MetricType::Gauge, "bytes",
     "Free on the disk that the store is on; not there for a store without a file"},
    {"deleted_verdicts_total", prometheus::MetricType::Counter, "verdicts",
     "Verdicts deleted because of their age or the store's size"},
    {"deleted_features_total", prometheus::MetricType::Counter, "rows",
     "Features deleted before their verdicts, because of their age"},
    {"spool_bytes", prometheus::MetricType::Gauge, "bytes",
     "Bytes of captures, cut to headers, whose jobs have not ended"},
    {"spool_limit_bytes", prometheus::MetricType::Gauge, "bytes",
     "What they may take at most: --spool-quota"},
    {"jobs",
     prometheus::MetricType::Gauge,
     "jobs",
     "Jobs that are remembered, by state",
     {{{"state", "uploading, queued, running, done, failed, cancelled"}}}},
    {"oldest_queued_job_seconds", prometheus::MetricType::Gauge, "seconds",
     "How long the job that waits longest for a capture-svc has been waiting; 0 without one"},
};

}  // namespace silhouette
