#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/schema.h"
#include "silhouette/v1/verdict.pb.h"

// Verdict batches as classify-svc makes them, for tests.
namespace silhouette::test_verdicts {

inline constexpr int64_t kWindow = 500'000'000;

inline v1::ModelHead Head(const std::string& name = "presence", const std::string& version = "1") {
  v1::ModelHead head;
  head.set_name(name);
  head.set_version(version);
  head.add_classes("background");
  head.add_classes("person");
  head.set_schema("presence.v1");
  head.set_length_ns(kWindow);
  head.set_hop_ns(kWindow);
  return head;
}

// Windows of 5 s of devices; what is `scan` or `flood` is an incident.
inline constexpr int64_t kDeviceWindow = 5'000'000'000;

inline v1::ModelHead DeviceHead(const std::string& name = "devices",
                                const std::string& version = "1") {
  v1::ModelHead head;
  head.set_name(name);
  head.set_version(version);
  for (const char* each : {"benign", "scan", "flood"}) head.add_classes(each);
  head.set_schema("traffic.v1");
  head.set_length_ns(kDeviceWindow);
  head.set_hop_ns(kDeviceWindow);
  for (const auto& [kind, severity] :
       {std::pair{"scan", v1::SEVERITY_MEDIUM}, std::pair{"flood", v1::SEVERITY_HIGH}}) {
    v1::IncidentRule* rule = head.add_incidents();
    rule->set_class_(kind);
    rule->set_severity(severity);
    rule->set_quiet_ns(2 * kDeviceWindow);
    v1::TellingFeature* feature = rule->add_features();
    feature->set_name("peers");
    feature->set_high(40);
  }
  return head;
}

// A chain that stays where it is nine times of ten.
inline v1::TimelineModel Sticky() {
  v1::TimelineModel timeline;
  for (double p : {0.9, 0.1, 0.1, 0.9}) timeline.add_transition(p);
  for (double p : {0.5, 0.5}) timeline.add_prior(p);
  return timeline;
}

// Builds one batch; window numbers count from the epoch.
class BatchOf {
 public:
  explicit BatchOf(const std::string& run, const std::string& origin = "file:test") {
    batch_.mutable_header()->set_origin(origin);
    batch_.mutable_header()->set_run(run);
    batch_.mutable_header()->set_sequence(1);
    batch_.mutable_header()->set_first_packet_ns(42);
    *batch_.add_models() = Head();
  }
  BatchOf& Models(const std::vector<v1::ModelHead>& heads) {
    batch_.clear_models();
    for (const v1::ModelHead& head : heads) *batch_.add_models() = head;
    return *this;
  }
  BatchOf& Ended(uint64_t sequence = 1) {
    batch_.mutable_header()->set_end_of_run(true);
    batch_.mutable_header()->set_sequence(sequence);
    return *this;
  }
  BatchOf& Watermark(int64_t watermark_ns, uint64_t received) {
    batch_.mutable_header()->set_watermark_ns(watermark_ns);
    batch_.mutable_header()->mutable_accounting()->set_received(received);
    batch_.mutable_header()->mutable_accounting()->set_windowed(received);
    return *this;
  }
  BatchOf& Add(int64_t window, const std::string& subject, float person, uint32_t model = 0) {
    v1::ModelVerdict* verdict = batch_.add_verdicts();
    verdict->set_model(model);
    verdict->set_subject(subject);
    verdict->set_window_start_ns(window * kWindow);
    verdict->set_class_index(person > 0.5f ? 1 : 0);
    verdict->add_probabilities(1 - person);
    verdict->add_probabilities(person);
    // Two-way, 100 packets of 900 bytes.
    for (double value : {900., 1., 900., .005, .001, .005, 50., 50., 100.}) {
      verdict->add_features(value);
    }
    return *this;
  }
  // On a window of DeviceHead: its class is 0 to 2; so many peers, and 0 of all else.
  BatchOf& AddDevice(int64_t window, const std::string& subject, uint32_t class_index,
                     float probability = 0.9f, double peers = 412, uint32_t model = 0) {
    v1::ModelVerdict* verdict = batch_.add_verdicts();
    const int64_t length_ns = batch_.models(static_cast<int>(model)).length_ns();
    verdict->set_model(model);
    verdict->set_subject(subject);
    verdict->set_window_start_ns(window * length_ns);
    verdict->set_class_index(class_index);
    for (uint32_t i = 0; i < 3; ++i) {
      verdict->add_probabilities(i == class_index ? probability : (1 - probability) / 2);
    }
    for (const Feature& feature : (*FindSchema("traffic.v1"))->features) {
      verdict->add_features(feature.name == "peers" ? peers : 0);
    }
    return *this;
  }
  v1::VerdictBatch* operator->() { return &batch_; }
  operator const v1::VerdictBatch&() const { return batch_; }

 private:
  v1::VerdictBatch batch_;
};

}  // namespace silhouette::test_verdicts
