#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/call_picker.h"
#include "gateway/sqlite.h"
#include "gateway/store_log.h"
#include "silhouette/v1/accounting.pb.h"
#include "silhouette/v1/verdict.pb.h"

namespace silhouette {

// A run as the store knows it.
struct StoredRun {
  int64_t id = 0;
  std::string origin;
  std::string run;
  int64_t first_packet_ns = 0;
  int64_t grid_start_ns = 0;
  int64_t watermark_ns = 0;
  bool ended = false;
  v1::Accounting accounting;
  std::string incomplete;  // why it ended before its source did; empty when it did not
};

// What was seen of a subject by a model in a run.
struct StoredSubject {
  std::string subject;
  v1::ModelHead model;  // of the newest version
  uint64_t windows = 0;
  int64_t first_start_ns = 0;
  int64_t last_start_ns = 0;
  std::optional<v1::ConversationShape> shape;  // for schemas that tell
};

// One model's verdicts on one subject, in window order.
struct StoredScores {
  v1::ModelHead model;  // of the newest version
  std::vector<int64_t> start_ns;
  std::vector<float> probabilities;  // row-major, windows x classes
};

// Where a page of verdicts begins: behind this window of this subject by this model.
struct VerdictCursor {
  int64_t window_start_ns;
  std::string subject;
  std::string model;
  std::string version;
};

struct VerdictQuery {
  int64_t run_id = 0;
  std::vector<std::string> subjects;  // empty: all
  std::string model;                  // empty: all
  std::string class_name;             // empty: all
  // Windows that start there; unset: no bound.
  std::optional<int64_t> from_ns;
  std::optional<int64_t> to_ns;  // exclusive
  std::optional<VerdictCursor> after;
  size_t limit = 1000;
};

// A place in the order in which verdicts were stored.
struct StorePosition {
  int64_t store_id = 0;  // of the database; another one has another
  int64_t number = 0;    // of the verdict before, from 1
  bool operator==(const StorePosition&) const = default;
};

struct AddedVerdicts {
  uint64_t count = 0;      // that were new
  StorePosition position;  // behind them
};

struct NumberedVerdict {
  int64_t number;
  v1::Verdict verdict;
};

// The verdicts in SQLite. The key (origin, run, subject, model, window start) makes repeats
// harmless: the first write wins. Thread-safe.
class VerdictStore {
 public:
  // An empty path gives a store that goes with the process. Errors: as SqliteDatabase.
  static absl::StatusOr<std::unique_ptr<VerdictStore>> Open(const std::string& path);

  // Opens its file again, which may have been mended, moved away or replaced; see StoreLog for
  // what is left of the old one. A store without a file stays as it is. Errors: as Open; what can
  // still be read is read from what it had.
  absl::Status Reopen();

  const std::string& path() const { return path_; }

  // Stores a batch in one transaction.
  // Errors: INVALID_ARGUMENT (an index outside its list, features that are not the schema's, a
  // window outside of time), FAILED_PRECONDITION (a model that was another under this version),
  // UNAVAILABLE (the file is not there any more; Reopen), or as SqliteDatabase.
  absl::StatusOr<AddedVerdicts> Add(const v1::VerdictBatch& batch);

  // Behind what was stored last.
  absl::StatusOr<StorePosition> Newest();
  // What follows a number, in the order of numbers; those of deleted verdicts are missing.
  absl::StatusOr<std::vector<NumberedVerdict>> ReadBehind(int64_t number, size_t limit);

  // Newest first.
  absl::StatusOr<std::vector<StoredRun>> ListRuns();
  // An empty origin means the newest run of all; an empty run, the origin's newest.
  // Errors: NOT_FOUND naming what was asked for.
  absl::StatusOr<StoredRun> FindRun(const std::string& origin, const std::string& run);
  // Sorted by subject, then model.
  absl::StatusOr<std::vector<StoredSubject>> ListSubjects(int64_t run_id);
  // By each model, or the one named, that speaks of the subject; sorted by model. Verdicts of an
  // older version with another number of classes are left out.
  absl::StatusOr<std::vector<StoredScores>> ReadScores(int64_t run_id, const std::string& subject,
                                                       const std::string& model);
  // Sorted by (window start, subject, model).
  absl::StatusOr<std::vector<v1::Verdict>> ListVerdicts(const VerdictQuery& query);

 private:
  VerdictStore(std::string path, SqliteDatabase database)
      : path_(std::move(path)), database_(std::move(database)), log_(StoreLog::Of(path_)) {}
  absl::StatusOr<int64_t> PutRun(const v1::BatchHeader& header);
  // Row of the model version, and of the first version of that name.
  struct ModelIds {
    int64_t model;
    int64_t series;
  };
  absl::StatusOr<ModelIds> PutModel(const v1::ModelHead& model);
  absl::StatusOr<int64_t> PutSubject(const std::string& name);
  absl::StatusOr<AddedVerdicts> PutVerdicts(const v1::VerdictBatch& batch);
  absl::StatusOr<StorePosition> ReadNewest();  // under mutex_

  const std::string path_;
  std::mutex mutex_;
  SqliteDatabase database_;  // guarded by mutex_
  StoreLog log_;             // of the database; guarded by mutex_
};

}  // namespace silhouette
