#pragma once

#include "common/metric_list.h"

namespace silhouette {

// The metrics of feature-svc alone.
inline constexpr MetricInfo kFeatureMetrics[] = {
    {"windows_total", prometheus::MetricType::Counter, "windows",
     "Windows closed; after a break, some of them again"},
    {"partial_windows_total", prometheus::MetricType::Counter, "windows",
     "Windows that a limit cut short, of windows_total"},
    {"evicted_subjects_total", prometheus::MetricType::Counter, "subjects",
     "Subjects that made room for others before their time"},
    {"subjects", prometheus::MetricType::Gauge, "subjects",
     "Subjects held for open windows and horizons"},
    {"samples", prometheus::MetricType::Gauge, "packets", "Packets held for open windows"},
    {"specs", prometheus::MetricType::Gauge, "specs",
     "What the loaded models ask for, or --spec; 0 before the first list of models"},
    {"watermark_lag_seconds",
     prometheus::MetricType::Gauge,
     "seconds",
     "Of each interface that was heard of in the last five minutes: the wall clock when its newest "
     "batch came, less the watermark in it. The two clocks are those of this node and of the "
     "capture's",
     {{kSourceLabel}}},
};

}  // namespace silhouette
