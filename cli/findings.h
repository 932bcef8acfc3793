#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/gateway_client.h"
#include "cli/score.h"
#include "learn/data/truth.h"

namespace silhouette {

// What a run says about one subject by one model.
struct SubjectFindings {
  std::string subject;
  std::string model;
  std::vector<v1::Verdict> verdicts;  // in window order
  v1::GetTimelineResponse timeline;
  v1::ConversationShape shape;
};

// What is shown of a run: the chosen subjects, and how all of them look.
struct Findings {
  v1::RunStatus run;
  int64_t zero_ns = 0;  // what times are counted from: the grid edge at or before the first packet
  std::vector<SubjectFindings> shown;  // sorted by subject, model
  // Every conversation that tells how it looks, by subject; and every other subject.
  std::map<std::string, v1::ConversationShape> all;
  std::set<std::string> others;
  std::vector<v1::Verdict> verdicts;    // of the shown ones, sorted by (start, subject, model)
  bool chosen_as_calls = false;         // false: everything is shown because it was asked for
  std::map<std::string, Score> scores;  // by model, given a truth
  bool truth_is_simulated = false;
  std::vector<v1::Incident> incidents;  // of all subjects, oldest first
  bool reports_incidents = false;       // a model would tell of some
};

struct FindingsRequest {
  std::string origin;  // empty: the newest run of all
  std::string run;
  bool all = false;                   // every subject, not only those that look like a call
  std::vector<std::string> subjects;  // exactly these, when any
  std::optional<Truth> truth;
  std::vector<v1::ModelManifest> models;  // that are loaded, as far as is known
};

// Reads a run from the gateway, picks the conversations that look like a call and scores them. What
// does not tell how it looks, as a device, is picked as well where no model judges conversations,
// unless its model reports incidents, which tell of it.
// Errors: the gateway's; NOT_FOUND for a named subject that is not in the run; INVALID_ARGUMENT
// when the truth has a label that no model says, or no window lies in its intervals.
absl::StatusOr<Findings> ReadFindings(GatewayClient* gateway, const FindingsRequest& request);

}  // namespace silhouette
