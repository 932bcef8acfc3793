#include "cli/incidents_command.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/gateway_client.h"
#include "cli/gateway_watch.h"
#include "cli/incident_lines.h"
#include "cli/json_report.h"
#include "cli/report_flags.h"
#include "cli/stopper.h"
#include "common/address.h"
#include "common/grpc_server.h"
#include "common/mac_address.h"
#include "common/stop_signal.h"
#include "common/tls_credentials.h"

namespace silhouette {
namespace {

using IncidentWatch = GatewayWatch<v1::WatchIncidentsRequest, v1::WatchIncidentsResponse>;

struct IncidentsFlags {
  std::string gateway = "127.0.0.1:7100";
  TlsOptions tls;
  std::string origin, run, kind, since, duration;
  std::string min_severity = "low";
  std::vector<std::string> subjects, devices;
  bool follow = false;
  bool json = false;
};

constexpr char kFooter[] = R"(
The oldest first; times are UTC. With --json, an {"incident":{...}} a line. With --follow it goes on:
a line for each incident that is found and for each that becomes worse; with --json one for each
change, which `number` and `revision` tell apart. While the gateway is away it waits and then goes on
where it was. Ctrl-C ends it.

Examples:
  silhouette incidents
  silhouette incidents --since 24h --min-severity high
  silhouette incidents --device 192.168.1.20 --kind scan --json | jq .incident.evidence
  silhouette incidents --follow

Exit status: 0 done, 1 failed, 2 usage.
)";

v1::Severity SeverityOf(const std::string& name) {
  if (name == "high") return v1::SEVERITY_HIGH;
  return name == "medium" ? v1::SEVERITY_MEDIUM : v1::SEVERITY_LOW;
}

// Of a request to list or to watch.
template <typename Request>
Request RequestOf(const IncidentsFlags& flags) {
  Request request;
  request.set_origin(flags.origin);
  request.set_run(flags.run);
  request.mutable_subjects()->Add(flags.subjects.begin(), flags.subjects.end());
  request.set_kind(flags.kind);
  request.set_min_severity(SeverityOf(flags.min_severity));
  return request;
}

// Prints incidents, each state once.
class Printer {
 public:
  explicit Printer(const IncidentsFlags& flags)
      : flags_(flags), lines_(DescribeTerminal(STDOUT_FILENO), UtcTime, "UTC") {}

  // Those there are, oldest first.
  void PrintAll(std::vector<v1::Incident> incidents) {
    std::erase_if(incidents, [&](const v1::Incident& each) { return !IsOfDevice(each); });
    std::reverse(incidents.begin(), incidents.end());
    lines_.Fit(incidents);
    if (!flags_.json && (!incidents.empty() || flags_.follow)) {
      std::cout << lines_.Heading() << "\n";
    }
    if (incidents.empty() && !flags_.json && !flags_.follow) std::cout << "no incidents\n";
    for (const v1::Incident& incident : incidents) Print(incident);
    std::cout.flush();
  }

  // One that was found or changed.
  void PrintChange(const v1::Incident& incident) {
    if (IsOfDevice(incident) && IsNews(incident)) Print(incident);
    std::cout.flush();
  }

 private:
  struct Shown {
    int64_t revision;
    v1::Severity severity;
  };

  bool IsOfDevice(const v1::Incident& incident) const {
    return flags_.devices.empty() || std::find(flags_.devices.begin(), flags_.devices.end(),
                                               incident.device()) != flags_.devices.end();
  }

  bool IsNews(const v1::Incident& incident) const {
    const auto shown = shown_.find(incident.number());
    if (shown == shown_.end()) return true;
    return flags_.json ? incident.revision() > shown->second.revision
                       : incident.severity() > shown->second.severity;
  }

  void Print(const v1::Incident& incident) {
    shown_[incident.number()] = {incident.revision(), incident.severity()};
    std::cout << (flags_.json ? IncidentLine(incident) : lines_.LineOf(incident)) << "\n";
  }

  const IncidentsFlags& flags_;
  IncidentLines lines_;
  std::map<int64_t, Shown> shown_;  // by number
};

// As incidents name them.
absl::Status NormalizeDevices(std::vector<std::string>* devices) {
  for (std::string& device : *devices) {
    if (const auto ip = IpAddress::Parse(device); ip.ok()) {
      device = ip->ToString();
    } else if (const auto mac = MacAddress::Parse(device); mac.ok()) {
      device = mac->ToString();
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("--device: \"", device, "\" is no address; write an IP or MAC address"));
    }
  }
  return absl::OkStatus();
}

// Those that the flags ask for, newest first.
absl::StatusOr<std::vector<v1::Incident>> List(GatewayClient* gateway,
                                               const IncidentsFlags& flags) {
  auto request = RequestOf<v1::ListIncidentsRequest>(flags);
  if (!flags.since.empty()) {
    absl::Duration age;
    if (!absl::ParseDuration(flags.since, &age) || age <= absl::ZeroDuration()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--since: \"", flags.since, "\" is no duration; write it as 30m or 24h"));
    }
    request.set_from_ns(absl::ToUnixNanos(absl::Now() - age));
  }
  return gateway->ListIncidents(request);
}

absl::Status Follow(const IncidentsFlags& flags, const std::shared_ptr<grpc::Channel>& channel,
                    StopSignal* stop, absl::Duration duration) {
  GatewayClient gateway(channel);
  const auto stub = v1::GatewayService::NewStub(channel);
  Printer printer(flags);
  bool has_listed = false;
  IncidentWatch watch(
      [&](grpc::ClientContext* context, const v1::WatchIncidentsRequest& request) {
        return stub->WatchIncidents(context, request);
      },
      RequestOf<v1::WatchIncidentsRequest>(flags),
      [&](const v1::WatchIncidentsResponse& response) {
        if (!has_listed) {  // only now, when nothing that follows is missed
          auto incidents = List(&gateway, flags);
          if (!incidents.ok()) return incidents.status();
          printer.PrintAll(*std::move(incidents));
          has_listed = true;
        }
        for (const v1::Incident& incident : response.incidents()) printer.PrintChange(incident);
        return absl::OkStatus();
      });
  const Stopper stopper(
      stop, [&watch] { watch.Stop(); }, duration);
  return watch.Run();
}

absl::Status Show(const IncidentsFlags& flags) {
  auto duration = ParseDurationFlag(flags.duration);
  if (!duration.ok()) return duration.status();
  std::optional<StopSignal> stop;  // before any thread
  if (flags.follow) stop.emplace();
  auto tls = TlsCredentials::Read(flags.tls);
  if (!tls.ok()) return tls.status();
  const auto channel = OpenChannel(flags.gateway, tls->get());
  if (flags.follow) return Follow(flags, channel, &*stop, *duration);
  GatewayClient gateway(channel);
  auto incidents = List(&gateway, flags);
  if (!incidents.ok()) return incidents.status();
  Printer(flags).PrintAll(*std::move(incidents));
  if (!std::cout) return absl::UnavailableError("standard output cannot be written");
  return absl::OkStatus();
}

}  // namespace

void AddIncidentsCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<IncidentsFlags>();
  CLI::App* app = parent->add_subcommand(
      "incidents", "List a gateway's incidents: when, how bad, what, which device, and why");
  app->add_option("--gateway", flags->gateway, "host:port of the gateway")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app->add_option("--origin", flags->origin, "Only this capture point (default: any)");
  app->add_option("--run", flags->run, "Only runs of this name (default: any)");
  app->add_option("--device", flags->devices,
                  "Only this device, as 192.168.1.20 (repeatable; default: any)")
      ->allow_extra_args(false);
  app->add_option("--subject", flags->subjects,
                  "Only this subject, as device:192.168.1.20 (repeatable; default: any)")
      ->allow_extra_args(false);
  app->add_option("--kind", flags->kind, "Only incidents of this kind (default: any)");
  app->add_option("--min-severity", flags->min_severity, "Only these and worse ones")
      ->capture_default_str()
      ->check(CLI::IsMember({"low", "medium", "high"}));
  app->add_option("--since", flags->since,
                  "Only what went on in this time up to now, as 30m or 24h (default: all)");
  auto* follow = app->add_flag("--follow", flags->follow, "Go on with those that come");
  app->add_option("--duration", flags->duration, "End --follow after this time, as 30s or 10m")
      ->needs(follow);
  app->add_flag("--json", flags->json, "JSON Lines on stdout, for programs");
  AddTlsClientOptions(app, &flags->tls);
  app->footer(kFooter);
  app->callback([flags, exit_status] {
    absl::Status status = NormalizeDevices(&flags->devices);
    if (status.ok()) status = ExplainUnavailable(Show(*flags), flags->gateway);
    *exit_status = status.ok() ? 0 : ReportFailure("incidents", status);
  });
}

}  // namespace silhouette
