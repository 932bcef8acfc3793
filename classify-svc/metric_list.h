#pragma once

#include "common/metric_list.h"

namespace silhouette {

inline constexpr MetricLabel kModelLabel{"model", "the loaded models' names"};

// The metrics of classify-svc alone.
inline constexpr MetricInfo kClassifyMetrics[] = {
    {"verdicts_total",
     prometheus::MetricType::Counter,
     "verdicts",
     "Verdicts given; those that were asked for again after a break count again",
     {{{"class", "the model's classes"}, kModelLabel, kSourceLabel}}},
    {"verdict_probability_ratio",
     prometheus::MetricType::Histogram,
     "ratio",
     "Probability of the class that each verdict says: low ones tell of a model that sees what it "
     "was not trained on",
     {{kModelLabel}}},
    {"model_info",
     prometheus::MetricType::Gauge,
     "",
     "1 for each model that is loaded, with its version",
     {{kModelLabel, {"version", "one a model"}}}},
    {"model_loaded_timestamp_seconds",
     prometheus::MetricType::Gauge,
     "seconds",
     "When each model was loaded, since the Unix epoch",
     {{kModelLabel, {"version", "one a model"}}}},
    {"refused_models_total", prometheus::MetricType::Counter, "models",
     "Bundles that were refused when models were loaded; the log says which and why"},
};

}  // namespace silhouette
