#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/capture_cutter.h"
#include "gateway/job_table.h"
#include "gateway/spool.h"
#include "silhouette/v1/batch.pb.h"

namespace silhouette {

struct JobOptions {
  std::string spool;  // folder of the captures of jobs that have not ended; made if missing
  uint64_t spool_bytes = uint64_t{8} << 30;         // at most, of all jobs
  absl::Duration keep = absl::Hours(24 * 30);       // jobs and their runs, once they have ended
  absl::Duration upload_patience = absl::Hours(1);  // for bytes that do not come
  size_t most_jobs = 10'000;                        // that are remembered
  size_t most_uploads = 64;                         // at a time
  uint64_t truth_bytes = 64 << 20;                  // of all jobs
};

// The jobs of a gateway: takes their captures, hands them to whoever runs them, and tells how far
// they are. What it must not forget is in the store and the spool. Thread-safe.
class JobManager {
 public:
  // Knows the jobs of the store again: what was running is queued, and what was uploading waits for
  // its bytes from the beginning. `store` must outlive it. Errors: the store's and the folder's.
  static absl::StatusOr<std::unique_ptr<JobManager>> Open(VerdictStore* store, JobOptions options);
  ~JobManager();

  // A job is what goes by its id and its run: a deleted one leaves its id to others, and whoever
  // still works for it must not touch those.

  // ---- Uploads. One stream at a time brings a job's bytes.
  // Begins a job, or goes on with one. Returns it as it is: bytes before received_bytes are to be
  // skipped. A job that begins belongs to `trace`, or a new one. Errors: see
  // GatewayService.SubmitPcap.
  absl::StatusOr<v1::Job> BeginUpload(const std::string& id, const std::string& name,
                                      uint64_t offset, uint64_t total_bytes,
                                      const std::string& truth_csv,
                                      const v1::TraceContext& trace = {});
  // The next bytes. Errors: what ended the job.
  absl::Status Write(const v1::Job& job, std::string_view bytes);
  // The stream has ended in order: the job is queued, or waits for more if there is more.
  // Errors: what ended the job.
  absl::StatusOr<v1::Job> EndUpload(const v1::Job& job);
  // The stream broke; another may go on.
  void LeaveUpload(const v1::Job& job);

  // ---- Jobs.
  // With its truth, which the others leave out.
  absl::StatusOr<v1::Job> Get(const std::string& id);
  // Newest first, behind the job with this number (0: from the newest on); fills the last number.
  std::vector<v1::Job> List(size_t limit, int64_t* behind);
  absl::StatusOr<v1::Job> Cancel(const std::string& id);
  // With its run. Errors: FAILED_PRECONDITION (it goes on), ABORTED (somebody else does that),
  // UNAVAILABLE (the gateway ends).
  absl::Status Delete(const std::string& id);
  // Jobs, or the one of them, that changed since a version, and the ids of those that are gone;
  // waits up to `patience` for a change. Version 0 gives all that are open and the newest.
  struct Changes {
    int64_t version = 0;
    std::vector<v1::Job> jobs;
    std::vector<std::string> deleted;
  };
  Changes Watch(int64_t version, const std::string& only, std::chrono::milliseconds patience);

  // ---- For whoever runs them.
  struct Work {
    v1::Job job;
    std::string path;  // of its capture
  };
  // The oldest queued job, which is running from here on; waits up to `patience` for one.
  std::optional<Work> Take(std::chrono::milliseconds patience);
  // False once the job is to be given up.
  bool Progress(const v1::Job& job, uint64_t sent_bytes);
  void Done(const v1::Job& job);
  void Fail(const v1::Job& job, const std::string& error);
  // Queued again, for this reason.
  void PutBack(const v1::Job& job, const std::string& waiting);

  // Gives up uploads that nobody goes on with, forgets the oldest jobs, and writes down what could
  // not be. Now and then.
  void Tidy();
  // Nothing waits any more.
  void Stop();

  struct Totals {
    std::map<v1::JobState, uint64_t> jobs;
    uint64_t spooled_bytes = 0;
    uint64_t spool_limit_bytes = 0;
    // Of the job that has been queued longest and no capture-svc has taken a byte of.
    absl::Duration longest_wait;
  };
  Totals totals();

 private:
  struct Entry {
    v1::Job job;               // without its truth
    uint64_t truth_bytes = 0;  // in the store
    int64_t number = 0;        // in the order in which they came
    int64_t version = 0;       // of the last change
    bool resumable = true;     // the client knows its id
    bool is_attached = false;  // a stream brings bytes
    bool is_deleting = false;
    bool is_unsaved = false;  // its end could not be written down
    absl::Time touched = absl::InfinitePast();
    absl::Time queued = absl::InfiniteFuture();  // for the first time
    absl::Time ready = absl::InfinitePast();     // not taken before
    int attempts = 0;
    std::shared_ptr<Spool::Share> spool;
    std::shared_ptr<CaptureCutter> cutter;
  };
  // Of a job that was cancelled and deleted: its last batches may still be on their way.
  struct DeletedRun {
    std::string origin;
    std::string run;
    absl::Time deleted;
  };
  JobManager(VerdictStore* store, JobOptions options, std::unique_ptr<Spool> spool)
      : store_(store), options_(std::move(options)), table_(store), spool_(std::move(spool)) {}

  absl::Status Load();
  // Name of its file in the spool.
  static std::string FileOf(const v1::Job& job) { return absl::StrCat(job.id(), "~", job.run()); }
  // With what is known of its run. Asks the store, so not under mutex_.
  v1::Job Describe(v1::Job job);
  // For one more job of this id: deletes the oldest that has ended, if need be.
  absl::Status MakeRoom(const std::string& id);
  // Deletes what came late of the runs of deleted jobs.
  void Sweep();

  // All below are called under mutex_.
  absl::StatusOr<Entry*> Find(const std::string& id);
  // Of this run. Errors: NOT_FOUND.
  absl::StatusOr<Entry*> Find(const v1::Job& job);
  // If it is running.
  Entry* FindRunning(const v1::Job& job);
  // Why it takes no bytes.
  absl::Status WhyClosed(const v1::Job& job) const;
  absl::Status CheckRoom(uint64_t truth_bytes) const;
  absl::StatusOr<Entry*> AddJob(const std::string& id, const std::string& name,
                                const std::string& truth_csv, const v1::TraceContext& trace);
  void StartCutter(Entry* entry);
  absl::Status CheckUpload(const Entry& entry, uint64_t offset) const;
  void Touch(Entry* entry);
  // Writes it down. A store that cannot be written only matters after a restart.
  absl::Status Save(const Entry& entry) { return table_.Put(entry.job); }
  void End(Entry* entry, v1::JobState state, const std::string& error);
  void Forget(const std::string& id);

  VerdictStore* const store_;
  const JobOptions options_;
  JobTable table_;
  const std::unique_ptr<Spool> spool_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> jobs_;     // guarded by mutex_
  std::map<int64_t, std::string> order_;  // by number; guarded by mutex_
  std::map<int64_t, std::string> gone_;   // by version; guarded by mutex_
  std::vector<DeletedRun> swept_;         // guarded by mutex_
  int64_t next_number_ = 1;               // guarded by mutex_
  int64_t version_ = 1;                   // guarded by mutex_
  std::atomic<bool> stopped_ = false;     // set under mutex_
};

}  // namespace silhouette
