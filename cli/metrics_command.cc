#include "cli/metrics_command.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "capture-svc/metric_list.h"
#include "classify-svc/metric_list.h"
#include "cli/report_flags.h"
#include "feature-svc/metric_list.h"
#include "gateway/metric_list.h"
#include "gateway/rest/metric_list.h"

namespace silhouette {
namespace {

// Metrics that belong together, and who has them.
struct Group {
  std::string title;
  std::vector<std::string> services;  // as in the names
  std::vector<MetricInfo> metrics;
};

template <size_t N>
void Append(const MetricInfo (&list)[N], std::vector<MetricInfo>* metrics) {
  metrics->insert(metrics->end(), std::begin(list), std::end(list));
}

template <typename... Lists>
Group GroupOf(std::string title, std::vector<std::string> services, const Lists&... lists) {
  Group group{std::move(title), std::move(services), {}};
  (Append(lists, &group.metrics), ...);
  return group;
}

std::vector<Group> AllGroups() {
  return {
      GroupOf("Every service", {"capture", "feature", "classify", "gateway"}, kProcessMetrics,
              kServerMetrics),
      GroupOf("The accounts of packets, in every service",
              {"capture", "feature", "classify", "gateway"}, kAccountingMetrics),
      GroupOf("Streams that come in, in those that have some", {"feature", "classify", "gateway"},
              kStreamMetrics),
      GroupOf("Links to the next service, in those that keep what is not settled",
              {"capture", "feature"}, kLinkMetrics),
      GroupOf("capture-svc", {"capture"}, kCaptureMetrics),
      GroupOf("feature-svc", {"feature"}, kFeatureMetrics),
      GroupOf("classify-svc", {"classify"}, kClassifyMetrics),
      GroupOf("gateway", {"gateway"}, kGatewayMetrics, kWebMetrics),
  };
}

const char* TypeName(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    default:
      return "histogram";
  }
}

std::vector<MetricLabel> LabelsOf(const MetricInfo& info) {
  std::vector<MetricLabel> labels;
  for (const MetricLabel& label : info.labels) {
    if (label.name != nullptr) labels.push_back(label);
  }
  return labels;
}

std::string LabelsText(const MetricInfo& info) {
  std::string text;
  for (const MetricLabel& label : LabelsOf(info)) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", "`", label.name, "`: ", label.values);
  }
  return text;
}

void PrintMarkdown() {
  std::cout
      << "# Metrics\n\n"
         "Made by `silhouette metrics --markdown`. Each service tells its own on its metrics "
         "port under `/metrics`, in the text format of Prometheus; SERVICE is `capture`, "
         "`feature`, `classify` or `gateway`. Labels hold no address, port, flow or subject, "
         "and what they may be is bounded. Beside these stand `exposer_transferred_bytes_total`, "
         "`exposer_scrapes_total` and `exposer_request_latencies` of the library that serves "
         "the port.\n\n"
         "What is counted for each packet is counted in plain numbers by the one thread that "
         "reads them, and published with each batch; see `CaptureEngine::Publish` and "
         "`FeatureEngine::Accounts`.\n";
  for (const Group& group : AllGroups()) {
    const std::string service = group.services.size() == 1 ? group.services[0] : "SERVICE";
    std::cout << "\n## " << group.title << "\n\n"
              << "| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n";
    for (const MetricInfo& info : group.metrics) {
      std::cout << "| `" << FullName(service, info) << "` | " << TypeName(info.type) << " | "
                << info.unit << " | " << LabelsText(info) << " | " << info.help << " |\n";
    }
  }
}

template <typename Print>
void ForEach(const Print& print) {
  for (const Group& group : AllGroups()) {
    for (const std::string& service : group.services) {
      for (const MetricInfo& info : group.metrics) print(service, info);
    }
  }
}

void PrintJson() {
  ForEach([](const std::string& service, const MetricInfo& info) {
    nlohmann::ordered_json line{{"service", service},
                                {"name", FullName(service, info)},
                                {"type", TypeName(info.type)},
                                {"unit", info.unit},
                                {"labels", nlohmann::ordered_json::object()},
                                {"help", info.help}};
    for (const MetricLabel& label : LabelsOf(info)) {
      line["labels"][label.name] = label.values;
    }
    std::cout << line.dump() << "\n";
  });
}

void PrintList() {
  size_t width = 0;
  ForEach([&](const std::string& service, const MetricInfo& info) {
    width = std::max(width, FullName(service, info).size());
  });
  ForEach([&](const std::string& service, const MetricInfo& info) {
    std::cout << absl::StreamFormat("%-*s  %-9s  %s\n", static_cast<int>(width),
                                    FullName(service, info), TypeName(info.type), info.help);
  });
}

struct MetricsFlags {
  bool json = false;
  bool markdown = false;
};

absl::Status Print(const MetricsFlags& flags) {
  if (flags.markdown) {
    PrintMarkdown();
  } else if (flags.json) {
    PrintJson();
  } else {
    PrintList();
  }
  std::cout.flush();
  return std::cout ? absl::OkStatus() : absl::UnavailableError("standard output cannot be written");
}

}  // namespace

void AddMetricsCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<MetricsFlags>();
  CLI::App* app =
      parent->add_subcommand("metrics", "Show what the services tell on their metrics ports");
  CLI::Option* json = app->add_flag("--json", flags->json, "As JSON Lines");
  app->add_flag("--markdown", flags->markdown, "As a page (docs/metrics.md)")->excludes(json);
  app->footer(
      "Examples:\n"
      "  silhouette metrics\n"
      "  silhouette metrics --json | jq -r 'select(.service == \"gateway\").name'\n\n"
      "Exit status: 0 done; 1 failed; 2 usage.");
  app->callback([flags, exit_status] {
    const absl::Status status = Print(*flags);
    *exit_status = status.ok() ? 0 : ReportFailure("metrics", status);
  });
}

}  // namespace silhouette
