#include "tests/bench/stored_verdicts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace silhouette::bench {
namespace {

constexpr int kBatch = 1000;

void FillHead(v1::ModelHead* head) {
  head->set_name("presence");
  head->set_version("1");
  head->add_classes("background");
  head->add_classes("person");
  head->set_schema("presence.v1");
  head->set_length_ns(StoredVerdicts::kWindowNs);
  head->set_hop_ns(StoredVerdicts::kWindowNs);
  for (double p : {0.99, 0.01, 0.01, 0.99}) head->mutable_timeline()->add_transition(p);
  for (double p : {0.5, 0.5}) head->mutable_timeline()->add_prior(p);
  head->mutable_timeline()->set_evidence_weight(0.3);
}

}  // namespace

std::string StoredVerdicts::Subject(int number) {
  return absl::StrCat("conversation:192.168.", number / 250, ".", 1 + number % 250,
                      "-203.0.113.7/udp");
}

const v1::VerdictBatch& StoredVerdicts::Next() {
  if (batch_.models_size() == 0) {
    batch_.mutable_header()->set_origin("bench");
    batch_.mutable_header()->set_run("1");
    batch_.mutable_header()->set_first_packet_ns(kStartNs);
    batch_.mutable_header()->set_grid_start_ns(kStartNs);
    FillHead(batch_.add_models());
  }
  batch_.mutable_header()->set_sequence(batch_.header().sequence() + 1);
  batch_.clear_verdicts();
  const int windows = std::max(1, kBatch / subjects_);
  for (int w = 0; w < windows; ++w, ++window_) {
    for (int subject = 0; subject < subjects_; ++subject) {
      v1::ModelVerdict* const verdict = batch_.add_verdicts();
      verdict->set_subject(Subject(subject));
      verdict->set_window_start_ns(kStartNs + window_ * kWindowNs);
      // A minute of this, a minute of that, not quite sure.
      const bool person = (window_ / 120 + subject) % 2 == 1;
      const float p = 0.6f + 0.3f * static_cast<float>((window_ * 7 + subject) % 10) / 10;
      verdict->set_class_index(person ? 1 : 0);
      verdict->add_probabilities(person ? 1 - p : p);
      verdict->add_probabilities(person ? p : 1 - p);
      for (double value : {900., 1., 900., .005, .001, .005, 50., 50., 100.}) {
        verdict->add_features(value + static_cast<double>(window_ % 17));
      }
    }
  }
  batch_.mutable_header()->set_watermark_ns(next_start_ns());
  return batch_;
}

}  // namespace silhouette::bench
