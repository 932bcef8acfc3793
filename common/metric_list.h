#pragma once

#include "common/metrics.h"

// The metrics that several services have, under the name of each.

namespace silhouette {

// The label of what tells sources apart; see SourceLabels.
inline constexpr MetricLabel kSourceLabel{
    "source",
    "the origin of an interface or a folder, of the first 32 that came; files, jobs or other"};

// Of every service.
inline constexpr MetricInfo kProcessMetrics[] = {
    {"build_info",
     prometheus::MetricType::Gauge,
     "",
     "1, with the version that runs",
     {{{"version", "one"}}}},
    {"start_timestamp_seconds", prometheus::MetricType::Gauge, "seconds",
     "When the process began, since the Unix epoch"},
    {"cpu_seconds_total", prometheus::MetricType::Counter, "seconds",
     "Processor time of all threads"},
    {"resident_memory_bytes", prometheus::MetricType::Gauge, "bytes",
     "Memory that the process has in use, with its share of files"},
};

inline constexpr MetricInfo kServerMetrics[] = {
    {"refused_calls_total",
     prometheus::MetricType::Counter,
     "calls",
     "Calls refused: a peer had too many open, began too many, or there were too many peers",
     {{{"reason", "open, rate, peers"}}}},
    {"tls_failed_handshakes_total", prometheus::MetricType::Counter, "handshakes",
     "With TLS: handshakes that failed, with clients and with servers"},
    {"tls_reloads_total", prometheus::MetricType::Counter, "reloads",
     "With TLS: how often changed TLS files were taken"},
    {"tls_failed_reloads_total", prometheus::MetricType::Counter, "reloads",
     "With TLS: how often changed TLS files were not taken, as something is wrong with them"},
    {"tls_certificate_end_timestamp_seconds", prometheus::MetricType::Gauge, "seconds",
     "With a certificate: when the one in use expires, since the Unix epoch"},
};

// The accounting identity, as far as the service knows it, over all runs.
inline constexpr MetricInfo kAccountingMetrics[] = {
    {"received_packets_total", prometheus::MetricType::Counter, "packets",
     "Packets received: the sum of windowed, filtered, malformed, late, shed and pending"},
    {"windowed_packets_total", prometheus::MetricType::Counter, "packets",
     "Packets that at least one window took"},
    {"filtered_packets_total",
     prometheus::MetricType::Counter,
     "packets",
     "Packets left out, by reason",
     {{{"reason", "not_ip, not_data, not_asked, unsupported, cut_short, other"}}}},
    {"malformed_packets_total", prometheus::MetricType::Counter, "packets",
     "Packets whose headers contradict themselves"},
    {"late_packets_total", prometheus::MetricType::Counter, "packets",
     "Packets older than the watermark"},
    {"shed_packets_total", prometheus::MetricType::Counter, "packets",
     "Packets dropped on purpose under overload"},
    {"pending_packets", prometheus::MetricType::Gauge, "packets", "Packets not yet decided"},
    {"kernel_dropped_packets_total", prometheus::MetricType::Counter, "packets",
     "Packets the kernel dropped before they were received"},
    {"interface_dropped_packets_total", prometheus::MetricType::Counter, "packets",
     "Packets the interface dropped before they were received"},
};

// Of feature-svc, classify-svc and the gateway: streams of batches that come in.
inline constexpr MetricInfo kStreamMetrics[] = {
    {"open_streams", prometheus::MetricType::Gauge, "streams", "Streams of batches that are open"},
    {"ended_streams_total",
     prometheus::MetricType::Counter,
     "streams",
     "Streams of batches that ended, by the status they ended with",
     {{{"status", "gRPC's 17"}}}},
};

// Of capture-svc and feature-svc: links to the next service, summed. An age is that of the worst.
inline constexpr MetricInfo kLinkMetrics[] = {
    {"link_held_bytes", prometheus::MetricType::Gauge, "bytes",
     "Batches kept until they are settled and no longer needed as context"},
    {"link_unsent_bytes", prometheus::MetricType::Gauge, "bytes",
     "Of these, batches that no stream took yet"},
    {"link_unsettled_batches", prometheus::MetricType::Gauge, "batches",
     "Batches that are not settled: not known to be stored"},
    {"link_oldest_unsettled_seconds", prometheus::MetricType::Gauge, "seconds",
     "How long ago the oldest batch that is not settled was given to its link; 0 without one. "
     "Packets settle once the windows that they belong to are stored"},
    {"link_oldest_unsent_seconds", prometheus::MetricType::Gauge, "seconds",
     "How long ago the oldest batch that no stream took yet was given to its link; 0 without one"},
    {"link_breaks_total", prometheus::MetricType::Counter, "breaks",
     "Streams to the next service that ended before their time"},
    {"link_settled_batches_total", prometheus::MetricType::Counter, "batches",
     "Batches that were settled"},
    {"link_forgotten_batches_total", prometheus::MetricType::Counter, "batches",
     "Batches not kept until they were settled, as there was no more room"},
    {"link_shed_packets_total", prometheus::MetricType::Counter, "packets",
     "Packets lost because a stream broke and their batch was forgotten"},
    {"link_wrong_acks_total", prometheus::MetricType::Counter, "acks",
     "Acks of what was never sent"},
};

}  // namespace silhouette
