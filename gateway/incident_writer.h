#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/sqlite.h"
#include "silhouette/v1/verdict.pb.h"

namespace silhouette {

// An incident that was found, or that became as bad as this.
struct IncidentNews {
  std::string kind;
  v1::Severity severity;
};

// Makes incidents of the windows of one batch, within a transaction of the caller's. A window whose
// class has no rule costs nothing but the look.
class IncidentWriter {
 public:
  // `database` and `batch`, which is checked already, must outlive it.
  IncidentWriter(SqliteDatabase* database, const v1::VerdictBatch& batch);

  // A verdict of the batch that was new, on a subject by a model version; both are rows of theirs.
  void Add(const v1::ModelVerdict& verdict, int64_t subject, int64_t model) {
    if (rules_.empty()) return;
    const auto& rules = rules_[verdict.model()];
    if (rules.empty() || rules[verdict.class_index()] == nullptr) return;
    Keep(verdict, *rules[verdict.class_index()], subject, model);
  }

  // Puts what was added into the store, as part of a run. Errors: as SqliteDatabase.
  absl::Status Put(int64_t run);

  const std::vector<IncidentNews>& news() const { return news_; }
  // Of the last find or change of the store; 0 where Put had nothing to do.
  int64_t newest_change() const { return change_; }

 private:
  // Windows that belong together, of one subject and kind.
  struct Span {
    int64_t from_ns;
    int64_t to_ns;
    int64_t quiet_ns;
    int64_t windows;
    int64_t least;  // windows that make an incident
    v1::Severity severity;
    // Of the first window of the greatest probability.
    float probability;
    int64_t model;
    const v1::ModelVerdict* best;
    const v1::IncidentRule* rule;
  };
  // A row of the table.
  struct Row {
    int64_t number = 0;  // 0: none yet
    int64_t severity = 0;
    int64_t from_ns = std::numeric_limits<int64_t>::max();
    int64_t to_ns = std::numeric_limits<int64_t>::min();
    int64_t windows = 0;
    double probability = -1;
    int64_t model = 0;
    std::string evidence;
    int64_t revision = 0;
    int64_t least = std::numeric_limits<int64_t>::max();

    bool is_incident() const { return windows >= least; }
  };
  using Key = std::pair<int64_t, std::string>;  // subject, kind

  void Keep(const v1::ModelVerdict& verdict, const v1::IncidentRule& rule, int64_t subject,
            int64_t model);
  absl::Status Prepare();
  absl::Status PutSpan(int64_t run, const Key& key, const Span& span);
  // What the store has of the key within the span's quiet time, as one; others than the first are
  // deleted.
  absl::StatusOr<Row> TakeNear(int64_t run, const Key& key, const Span& span);
  absl::Status PutRow(int64_t run, const Key& key, int64_t change, const Row& row);
  static std::vector<Span> Join(std::vector<Span> spans);
  static void TakeIn(const Row& other, Row* row);
  void TakeIn(const Span& span, Row* row) const;

  SqliteDatabase* const database_;
  const v1::VerdictBatch& batch_;
  // By model, by class; null for classes without a rule. Empty where no model has any.
  std::vector<std::vector<const v1::IncidentRule*>> rules_;
  std::map<Key, std::vector<Span>> spans_;
  std::optional<SqliteStatement> select_near_, remove_, put_;
  int64_t found_ = 0;   // numbers that are given by now
  int64_t change_ = 0;  // as well
  std::vector<IncidentNews> news_;
};

}  // namespace silhouette
