#include "cli/status_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/str_split.h"
#include "cli/status_figures.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'700'000'000 * kSecond;
const Terminal kColors{true, true, 80};

class StatusLines : public ::testing::Test {
 protected:
  v1::ServiceStatus* Add(const std::string& service, const std::string& address,
                         bool serving = true) {
    v1::ServiceStatus* status = response_.add_services();
    status->set_service(service);
    status->set_address(address);
    status->set_version("0.1.0");
    status->set_serving(serving);
    status->set_started_ns(kNow - 90 * kSecond);
    return status;
  }
  void AddGone(const std::string& service, const std::string& address, const std::string& why) {
    v1::ServiceStatus* status = response_.add_services();
    status->set_service(service);
    status->set_address(address);
    status->set_unavailable(why);
  }
  static v1::MetricValue* Metric(v1::ServiceStatus* status, const std::string& name, double value) {
    v1::MetricValue* metric = status->add_metrics();
    metric->set_name(name);
    metric->set_value(value);
    return metric;
  }
  static void Counter(v1::ServiceStatus* status, const std::string& name, double value,
                      double per_second) {
    Metric(status, name, value)->set_per_second(per_second);
  }
  std::vector<std::string> Table(const Terminal& terminal = {}) const {
    const std::string table = StatusTable(response_, "127.0.0.1:7100", kNow, terminal);
    return absl::StrSplit(table, '\n', absl::SkipEmpty());
  }
  static std::string Figures(const v1::ServiceStatus& status, const Terminal& terminal = {}) {
    return StatusFigures(status, kNow, terminal);
  }

  v1::GetStatusResponse response_;
};

TEST_F(StatusLines, AreAlignedOneAProcess) {
  Add("capture-svc", "[2001:db8::1]:7101");
  AddGone("feature-svc", "127.0.0.1:7102", "nothing listens there; start it");
  Add("gateway", "", /*serving=*/false);
  EXPECT_THAT(
      Table(),
      ElementsAre(
          "SERVICE      ADDRESS             STATE        VERSION  UP FOR",
          "capture-svc  [2001:db8::1]:7101  serving      0.1.0    1 min   0 packets/s, 0 dropped "
          "by "
          "the kernel, 0 shed, link holds 0.0 MiB, 0.0 unsent",
          "feature-svc  127.0.0.1:7102      unavailable                   nothing listens there; "
          "start it",
          "gateway      127.0.0.1:7100      not serving  0.1.0    1 min   0 verdicts/s stored, 0 "
          "watchers"));
}

TEST_F(StatusLines, ArePaintedByTheStateWhichLeavesThemAligned) {
  Add("capture-svc", "127.0.0.1:7101");
  AddGone("feature-svc", "127.0.0.1:7102", "gone");
  Add("gateway", "", /*serving=*/false);
  const auto lines = Table(kColors);
  EXPECT_THAT(lines[1], HasSubstr("\033[32mserving\033[0m      0.1.0"));
  EXPECT_THAT(lines[2], HasSubstr("\033[31munavailable\033[0m  "));
  EXPECT_THAT(lines[2], HasSubstr("\033[31mgone\033[0m"));
  EXPECT_THAT(lines[3], HasSubstr("\033[33mnot serving\033[0m  0.1.0"));
}

TEST_F(StatusLines, AllServeOnlyIfEachAnswersAndServes) {
  Add("capture-svc", "127.0.0.1:7101");
  EXPECT_TRUE(AllServe(response_));
  Add("gateway", "", /*serving=*/false);
  EXPECT_FALSE(AllServe(response_));
  response_.mutable_services(1)->set_serving(true);
  EXPECT_TRUE(AllServe(response_));
  AddGone("feature-svc", "127.0.0.1:7102", "gone");
  EXPECT_FALSE(AllServe(response_));
}

TEST_F(StatusLines, OfCaptureTellWhatComesAndWhatIsLost) {
  v1::ServiceStatus* capture = Add("capture-svc", "127.0.0.1:7101");
  Counter(capture, "silhouette_capture_received_packets_total", 1e6, 12'345.4);
  Counter(capture, "silhouette_capture_kernel_dropped_packets_total", 1234, 0);
  Counter(capture, "silhouette_capture_interface_dropped_packets_total", 2, 0);
  Counter(capture, "silhouette_capture_shed_packets_total", 5, 0.5);
  Metric(capture, "silhouette_capture_overload_rung", 2);
  Metric(capture, "silhouette_capture_link_held_bytes", 3 << 20);
  Metric(capture, "silhouette_capture_link_unsent_bytes", 1 << 19);
  EXPECT_EQ(Figures(*capture),
            "12,345 packets/s, 1,234 dropped by the kernel, 2 dropped by the interface, 5 shed, "
            "overload rung 2, link holds 3.0 MiB, 0.5 unsent");
  Metric(capture, "silhouette_capture_link_oldest_unsettled_seconds", 12.4);
  EXPECT_THAT(Figures(*capture), EndsWith("0.5 unsent, the oldest batch waits 12 s"));
  // Only what is being lost now calls for somebody.
  EXPECT_THAT(Figures(*capture, kColors), HasSubstr("\033[33m5 shed\033[0m"));
  EXPECT_THAT(Figures(*capture, kColors), HasSubstr(", 1,234 dropped by the kernel,"));
}

TEST_F(StatusLines, OfTheOthersTellWhatGoesThroughThem) {
  v1::ServiceStatus* feature = Add("feature-svc", "127.0.0.1:7102");
  Counter(feature, "silhouette_feature_windows_total", 70, 7);
  Counter(feature, "silhouette_feature_partial_windows_total", 3, 0);
  Metric(feature, "silhouette_feature_subjects", 12);
  EXPECT_EQ(Figures(*feature),
            "7.0 windows/s, 12 subjects, 3 partial windows, link holds 0.0 MiB, 0.0 unsent");
  v1::ServiceStatus* classify = Add("classify-svc", "127.0.0.1:7103");
  for (const char* name : {"person", "background"}) {
    Counter(classify, "silhouette_classify_verdicts_total", 70, 50);
    (*classify->mutable_metrics()->rbegin()->mutable_labels())["class"] = name;
  }
  v1::MetricValue* model = Metric(classify, "silhouette_classify_model_info", 1);
  (*model->mutable_labels())["model"] = "presence";
  (*model->mutable_labels())["version"] = "3";
  EXPECT_EQ(Figures(*classify), "100 verdicts/s, models: presence 3");
  v1::ServiceStatus* gateway = Add("gateway", "");
  Counter(gateway, "silhouette_gateway_stored_verdicts_total", 70, 0.25);
  Metric(gateway, "silhouette_gateway_watchers", 1);
  Metric(gateway, "silhouette_gateway_store_oldest_waiting_seconds", 0.9);
  EXPECT_EQ(Figures(*gateway), "0.2 verdicts/s stored, 1 watcher");
  Metric(gateway, "silhouette_gateway_oldest_queued_job_seconds", 61);
  EXPECT_EQ(Figures(*gateway), "0.2 verdicts/s stored, 1 watcher, the oldest job waits 61 s");
  Metric(gateway, "silhouette_gateway_store_failing", 1);
  EXPECT_THAT(Figures(*gateway, kColors), HasSubstr("\033[31mthe store cannot be written"));
}

TEST_F(StatusLines, TellWhenACertificateEndsSoon) {
  v1::ServiceStatus* gateway = Add("gateway", "");
  v1::MetricValue* ends = Metric(
      gateway, "silhouette_gateway_tls_certificate_end_timestamp_seconds", 1.7e9 + 15 * 86'400);
  EXPECT_THAT(Figures(*gateway), Not(HasSubstr("certificate")));
  ends->set_value(1.7e9 + 3.5 * 86'400);
  EXPECT_THAT(Figures(*gateway), HasSubstr("certificate ends in 3 days"));
  ends->set_value(1.7e9 - 1);
  EXPECT_THAT(Figures(*gateway), HasSubstr("certificate has expired"));
}

TEST(TimeSince, IsInTheUnitsThatFit) {
  const auto since = [](int64_t seconds) { return TimeSince(kNow - seconds * kSecond, kNow); };
  EXPECT_EQ(since(-5), "0 s");  // another machine's clock
  EXPECT_EQ(since(59), "59 s");
  EXPECT_EQ(since(3599), "59 min");
  EXPECT_EQ(since(3600), "1 h 00 min");
  EXPECT_EQ(since(86'399), "23 h 59 min");
  EXPECT_EQ(since(100 * 3600), "4 d 4 h");
}

}  // namespace
}  // namespace silhouette
