#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/call_picker.h"
#include "gateway/incident_writer.h"
#include "gateway/sqlite.h"
#include "silhouette/v1/verdict.pb.h"

namespace silhouette {

// Puts a batch of verdicts, what is counted of them and the incidents that they are, into the
// tables of a store. For one batch, within a transaction of the caller's.
class VerdictWriter {
 public:
  // `database` and `batch`, which is checked already, must outlive it. `minute` is the wall
  // clock's, since the Unix epoch; `newest` the number of the verdict that was stored last.
  VerdictWriter(SqliteDatabase* database, const v1::VerdictBatch& batch, int64_t minute,
                int64_t newest)
      : database_(database),
        batch_(batch),
        minute_(minute),
        newest_(newest),
        incidents_(database, batch) {}

  // Returns the number of the verdict that was stored last, which is `newest` if none of it was
  // new. Errors: FAILED_PRECONDITION (a model that was another under this version), or as
  // SqliteDatabase.
  absl::StatusOr<int64_t> Put();

  // What Put did to incidents.
  const IncidentWriter& incidents() const { return incidents_; }

 private:
  // Row of the model version, and of the first version of that name.
  struct ModelIds {
    int64_t model;
    int64_t series;
  };
  // What a run has seen of a subject by a model.
  struct Seen {
    int64_t windows = 0;
    int64_t first_start_ns = 0;
    int64_t last_start_ns = 0;
    int64_t last_number = 0;
    std::string schema;                      // of the meter
    std::optional<ConversationMeter> meter;  // none: the verdicts must tell, or nothing does
  };
  using SeenKey = std::pair<int64_t, int64_t>;  // subject, series
  struct HourKey {
    SeenKey subject;
    int64_t hour;
    int64_t model;
    int64_t class_index;
    auto operator<=>(const HourKey&) const = default;
  };

  absl::StatusOr<int64_t> PutRun(const v1::BatchHeader& header);
  absl::StatusOr<ModelIds> PutModel(const v1::ModelHead& model);
  absl::StatusOr<int64_t> PutSubject(const std::string& name);
  absl::Status PutVerdicts(const std::vector<ModelIds>& models);
  absl::Status Count(const v1::ModelVerdict& verdict, const v1::ModelHead& head,
                     const ModelIds& model, int64_t subject);
  absl::StatusOr<Seen*> FindSeen(const SeenKey& key, const std::string& schema);
  absl::Status PutSeen();
  absl::Status PutHours();
  absl::Status PutNewest();

  SqliteDatabase* const database_;
  const v1::VerdictBatch& batch_;
  const int64_t minute_;
  int64_t newest_;
  int64_t run_ = 0;
  std::map<SeenKey, Seen> seen_;
  std::map<HourKey, int64_t> hours_;  // windows
  IncidentWriter incidents_;
};

}  // namespace silhouette
