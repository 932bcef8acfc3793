#include "cli/status_figures.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace silhouette {
namespace {

constexpr int kRed = 1, kYellow = 3;

// The metrics of one process, by the part of their name behind "silhouette_SERVICE_".
class Figures {
 public:
  Figures(const v1::ServiceStatus& status, std::string prefix, const Terminal& terminal)
      : status_(status), prefix_(std::move(prefix)), terminal_(terminal) {}

  // Summed over labels; 0 where there is none.
  double Value(const std::string& name) const {
    double sum = 0;
    for (const v1::MetricValue& metric : status_.metrics()) {
      if (metric.name() == prefix_ + name) sum += metric.value();
    }
    return sum;
  }
  double PerSecond(const std::string& name) const {
    double sum = 0;
    for (const v1::MetricValue& metric : status_.metrics()) {
      if (metric.name() == prefix_ + name) sum += metric.per_second();
    }
    return sum;
  }

  void AddRate(const std::string& name, const char* what) {
    const double rate = PerSecond(name);
    const bool is_small = rate > 0 && rate < 10;
    Add(absl::StrCat(is_small ? absl::StrFormat("%.1f", rate) : Whole(rate), " ", what));
  }
  void AddTotal(const std::string& name, const char* one) {
    Add(absl::StrCat(Whole(Value(name)), " ", one, Value(name) == 1 ? "" : "s"));
  }
  // What should not grow: yellow while it does.
  void AddLoss(const std::string& name, const char* what) {
    const std::string text = absl::StrCat(Whole(Value(name)), " ", what);
    Add(PerSecond(name) > 0 ? Paint(terminal_, kYellow, text) : text);
  }
  void AddLossIfAny(const std::string& name, const char* what) {
    if (Value(name) > 0) AddLoss(name, what);
  }
  void AddAlarm(int color, const std::string& text) { Add(Paint(terminal_, color, text)); }
  // How full the link to the next service is.
  void AddLink() {
    constexpr double kMiB = 1 << 20;
    Add(absl::StrFormat("link holds %.1f MiB, %.1f unsent", Value("link_held_bytes") / kMiB,
                        Value("link_unsent_bytes") / kMiB));
    AddAge("link_oldest_unsettled_seconds", "batch waits");
  }
  // Since when the oldest of a queue waits, if that is worth a word.
  void AddAge(const std::string& name, const char* what) {
    constexpr double kWorthAWord = 1;
    const double age_s = Value(name);
    if (age_s >= kWorthAWord)
      Add(absl::StrCat("the oldest ", what, absl::StrFormat(" %.0f s", age_s)));
  }
  void AddModels() {
    std::vector<std::string> models;
    for (const v1::MetricValue& metric : status_.metrics()) {
      if (metric.name() != prefix_ + "model_info" || metric.value() == 0) continue;
      const auto label = [&](const char* name) {
        const auto found = metric.labels().find(name);
        return found == metric.labels().end() ? std::string("?") : found->second;
      };
      models.push_back(absl::StrCat(label("model"), " ", label("version")));
    }
    if (!models.empty()) Add(absl::StrCat("models: ", absl::StrJoin(models, ", ")));
  }
  void AddCertificate(int64_t now_ns) {
    const double ends_s = Value("tls_certificate_end_timestamp_seconds");
    const double days = (ends_s - static_cast<double>(now_ns) / 1e9) / 86'400;
    if (ends_s == 0 || days > 14) return;
    AddAlarm(days > 0 ? kYellow : kRed,
             days > 0 ? absl::StrFormat("certificate ends in %.0f days", std::floor(days))
                      : "certificate has expired");
  }

  std::string Line() const { return absl::StrJoin(parts_, ", "); }

 private:
  static std::string Whole(double value) {
    return WithThousands(static_cast<uint64_t>(std::llround(std::max(value, 0.0))));
  }
  void Add(std::string part) { parts_.push_back(std::move(part)); }

  const v1::ServiceStatus& status_;
  const std::string prefix_;
  const Terminal& terminal_;
  std::vector<std::string> parts_;
};

void AddCapture(Figures* figures) {
  figures->AddRate("received_packets_total", "packets/s");
  figures->AddLoss("kernel_dropped_packets_total", "dropped by the kernel");
  figures->AddLossIfAny("interface_dropped_packets_total", "dropped by the interface");
  figures->AddLoss("shed_packets_total", "shed");
  if (const double rung = figures->Value("overload_rung"); rung > 0) {
    figures->AddAlarm(kYellow, absl::StrFormat("overload rung %.0f", rung));
  }
  figures->AddLink();
}

void AddFeature(Figures* figures) {
  figures->AddRate("windows_total", "windows/s");
  figures->AddTotal("subjects", "subject");
  figures->AddLossIfAny("partial_windows_total", "partial windows");
  figures->AddLossIfAny("evicted_subjects_total", "evicted subjects");
  figures->AddLink();
}

void AddClassify(Figures* figures) {
  figures->AddRate("verdicts_total", "verdicts/s");
  figures->AddModels();
}

void AddGateway(Figures* figures) {
  figures->AddRate("stored_verdicts_total", "verdicts/s stored");
  figures->AddTotal("watchers", "watcher");
  figures->AddAge("store_oldest_waiting_seconds", "batch waits");
  figures->AddAge("oldest_queued_job_seconds", "job waits");
  if (figures->Value("store_failing") > 0) {
    figures->AddAlarm(kRed, "the store cannot be written: verdicts wait");
  }
}

}  // namespace

std::string StatusFigures(const v1::ServiceStatus& status, int64_t now_ns,
                          const Terminal& terminal) {
  const std::string& service = status.service();
  const std::string short_name = service.substr(0, service.find('-'));
  Figures figures(status, absl::StrCat("silhouette_", short_name, "_"), terminal);
  if (short_name == "capture") AddCapture(&figures);
  if (short_name == "feature") AddFeature(&figures);
  if (short_name == "classify") AddClassify(&figures);
  if (short_name == "gateway") AddGateway(&figures);
  figures.AddCertificate(now_ns);
  return figures.Line();
}

}  // namespace silhouette
