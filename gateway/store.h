#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/call_picker.h"
#include "gateway/incident_writer.h"
#include "gateway/sqlite.h"
#include "gateway/store_log.h"
#include "gateway/store_readers.h"
#include "silhouette/v1/accounting.pb.h"
#include "silhouette/v1/incident.pb.h"
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
  v1::ModelHead model;   // of the newest version
  uint64_t windows = 0;  // with those that are deleted by now
  int64_t first_start_ns = 0;
  int64_t last_start_ns = 0;
  std::optional<v1::ConversationShape> shape;  // for schemas that tell
  // The class that the newest window said; empty where that is deleted by now.
  std::string last_class;
  float last_probability = 0;
};

// A place in the list of subjects: behind this one, by this model.
struct SubjectCursor {
  std::string subject;
  std::string model;
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

// Windows that start in [from_ns, to_ns), and so many hops of their model on either side, of those
// that were stored up to a number.
struct WindowRange {
  int64_t from_ns = std::numeric_limits<int64_t>::min();
  int64_t to_ns = std::numeric_limits<int64_t>::max();
  int64_t margin = 0;
  std::optional<int64_t> number = std::nullopt;  // none: all
};

// How often each class was said in an hour.
inline constexpr int64_t kHourNs = 3'600'000'000'000;

struct StoredHour {
  std::string model;
  int64_t from_ns;  // start of the hour
  std::string class_name;
  uint64_t windows;
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
  // Incidents that were found in them, or became worse.
  std::vector<IncidentNews> incident_news;
  std::optional<StorePosition> incidents;  // behind those found or changed; none: nothing was
};

struct NumberedVerdict {
  int64_t number;
  v1::Verdict verdict;
};

// Which incidents; what is empty or unset excludes none.
struct IncidentFilter {
  std::string origin = {};
  std::string run = {};
  std::vector<std::string> subjects = {};
  std::string kind = {};
  v1::Severity min_severity = v1::SEVERITY_UNSPECIFIED;
};

// A place in the list of incidents: behind the one of this start and number.
struct IncidentCursor {
  int64_t from_ns;
  int64_t number;
};

struct IncidentQuery {
  IncidentFilter filter = {};
  // Incidents that overlap [from_ns, to_ns); unset: no bound.
  std::optional<int64_t> from_ns = std::nullopt;
  std::optional<int64_t> to_ns = std::nullopt;
  std::optional<IncidentCursor> after = std::nullopt;
  size_t limit = 100;
};

// Incidents in the order in which they were found or changed.
struct IncidentChanges {
  std::vector<v1::Incident> incidents;
  StorePosition position;  // behind them, and behind those that were left out as they do not fit
};

// The verdicts in SQLite. The key (origin, run, subject, model, window start) makes repeats
// harmless: the first write wins. Thread-safe.
class VerdictStore {
 public:
  using Clock = std::function<absl::Time()>;

  // An empty path gives a store that goes with the process. `now` says when verdicts are stored.
  // Errors: as SqliteDatabase.
  static absl::StatusOr<std::unique_ptr<VerdictStore>> Open(const std::string& path,
                                                            Clock now = absl::Now);

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

  // Runs `change` in a transaction, which is taken back if it fails. Errors: those of `change`,
  // and as Add.
  absl::Status Write(const std::function<absl::Status(SqliteDatabase*)>& change);
  // A connection to read from; other reading and writing goes on meanwhile where the store has a
  // file.
  StoreReaders::Lease Read();

  absl::Time Now() const { return now_(); }

  struct StoreUsage {
    uint64_t bytes = 0;       // of the database, without its log
    uint64_t free_bytes = 0;  // of those, for what comes
    uint64_t verdicts = 0;    // about
    uint64_t runs = 0;
  };
  absl::StatusOr<StoreUsage> Usage();

  // Behind what was stored last.
  absl::StatusOr<StorePosition> Newest();
  // What follows a number, in the order of numbers; those of deleted verdicts are missing.
  absl::StatusOr<std::vector<NumberedVerdict>> ReadBehind(int64_t number, size_t limit);

  // Newest first.
  absl::StatusOr<std::vector<StoredRun>> ListRuns();
  // An empty origin means the newest run of all; an empty run, the origin's newest.
  // Errors: NOT_FOUND naming what was asked for.
  absl::StatusOr<StoredRun> FindRun(const std::string& origin, const std::string& run);
  // All versions of all models.
  absl::StatusOr<std::vector<v1::ModelHead>> ListModelHeads();
  // Windows that were seen in a run, those that are deleted by now among them.
  absl::StatusOr<uint64_t> CountWindows(int64_t run_id);
  // Sorted by subject, then model; at most `limit`, behind `after`.
  absl::StatusOr<std::vector<StoredSubject>> ListSubjects(
      int64_t run_id, const std::optional<SubjectCursor>& after = std::nullopt,
      size_t limit = std::numeric_limits<int>::max());
  // By each model, or the one named, that speaks of the subject there; sorted by model. Verdicts of
  // an older version with another number of classes are left out.
  absl::StatusOr<std::vector<StoredScores>> ReadScores(int64_t run_id, const std::string& subject,
                                                       const std::string& model,
                                                       const WindowRange& range = {});
  // Where the newest window of a subject starts that was stored with a number up to this, by any
  // model or the one named; none if there is none. Errors: the store's.
  absl::StatusOr<std::optional<int64_t>> NewestStart(int64_t run_id, const std::string& subject,
                                                     const std::string& model, int64_t number);
  // Of hours that begin in [from_ns, to_ns), of a run, or of all (0), by each model or the one
  // named; sorted by model, hour, class.
  absl::StatusOr<std::vector<StoredHour>> ReadHours(int64_t run_id, const std::string& subject,
                                                    const std::string& model, int64_t from_ns,
                                                    int64_t to_ns);
  // Sorted by (window start, subject, model).
  absl::StatusOr<std::vector<v1::Verdict>> ListVerdicts(const VerdictQuery& query);
  // The newest (by start) first.
  absl::StatusOr<std::vector<v1::Incident>> ListIncidents(const IncidentQuery& query);
  // As they are now, those that were found or changed behind a change of that number.
  absl::StatusOr<IncidentChanges> ReadIncidentsBehind(int64_t change, const IncidentFilter& filter,
                                                      size_t limit);
  // Behind the last find or change.
  absl::StatusOr<StorePosition> NewestIncident();

 private:
  VerdictStore(std::string path, Clock now, SqliteDatabase database)
      : path_(std::move(path)),
        now_(std::move(now)),
        database_(std::move(database)),
        log_(StoreLog::Of(path_)) {}
  bool has_file() const { return !path_.empty() && path_ != kInMemory; }
  const std::string path_;
  const Clock now_;
  std::mutex mutex_;
  SqliteDatabase database_;  // which writes; guarded by mutex_
  StoreLog log_;             // of the database; guarded by mutex_
  std::mutex readers_mutex_;
  std::shared_ptr<StoreReaders> readers_;  // none without a file; guarded by readers_mutex_
};

}  // namespace silhouette
