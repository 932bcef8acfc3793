// VerdictStore's reading by subject.

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/grid.h"
#include "common/schema.h"
#include "gateway/store.h"

namespace silhouette {
namespace {

constexpr char kSubjects[] =
    "SELECT subject.name, seen.series_id, seen.windows, first_start_ns, last_start_ns, shape, "
    "class_index, probabilities, newest.model_id, seen.subject_id "
    "FROM seen JOIN subject ON subject.id = seen.subject_id "
    "JOIN model ON model.id = seen.series_id "
    "LEFT JOIN verdict AS newest ON newest.run_id = seen.run_id "
    "AND newest.subject_id = seen.subject_id AND newest.series_id = seen.series_id "
    "AND newest.window_start_ns = last_start_ns "
    "WHERE seen.run_id = ?1 AND (subject.name, model.name) > (?2, ?3) "
    "ORDER BY subject.name, model.name LIMIT ?4";

constexpr char kFeatures[] =
    "SELECT window_start_ns, vector FROM verdict JOIN feature ON feature.number = verdict.number "
    "WHERE run_id = ? AND subject_id = ? AND series_id = ? ORDER BY window_start_ns";

// By the primary key, so in the order of windows.
constexpr char kScores[] =
    "SELECT each_row(?6, window_start_ns, probabilities) FROM verdict "
    "WHERE run_id = ?1 AND series_id = ?2 AND subject_id = (SELECT id FROM subject WHERE name = "
    "?3) "
    "AND window_start_ns >= ?4 AND window_start_ns < ?5";
constexpr char kUpToNumber[] = " AND number <= ?7";  // asked only where needed: it costs a fifth

// From the newest window back to the first that fits.
constexpr char kNewestStart[] =
    "SELECT window_start_ns FROM verdict WHERE run_id = ? AND series_id = ? "
    "AND subject_id = (SELECT id FROM subject WHERE name = ?) AND number <= ? "
    "ORDER BY window_start_ns DESC LIMIT 1";

template <typename Value>
std::vector<Value> FromBytes(std::string_view bytes) {
  std::vector<Value> values(bytes.size() / sizeof(Value));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
  return values;
}

// What the store knows of models.
struct Models {
  std::map<int64_t, v1::ModelHead> versions;  // by row
  std::map<int64_t, v1::ModelHead> newest;    // of each series, by the row of its first version
};

absl::StatusOr<Models> ReadModels(SqliteDatabase* database) {
  auto select = database->Prepare("SELECT id, COALESCE(series_id, id), head FROM model");
  if (!select.ok()) return select.status();
  Models models;
  const auto number = [](const v1::ModelHead& model) {
    int64_t version = 0;
    return absl::SimpleAtoi(model.version(), &version) ? version : 0;
  };
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return models;
    v1::ModelHead& head = models.versions[select->Int(0)];
    head.ParseFromString(select->Text(2));
    v1::ModelHead& newest = models.newest[select->Int(1)];
    if (newest.name().empty() || number(head) > number(newest)) newest = head;
  }
}

// How a conversation looks by what is stored of it, for those that were not measured in order.
absl::StatusOr<std::optional<v1::ConversationShape>> MeasureAgain(const v1::ModelHead& model,
                                                                  int64_t run, int64_t subject,
                                                                  int64_t series,
                                                                  SqliteDatabase* database) {
  auto select = database->Prepare(kFeatures);
  if (!select.ok()) return select.status();
  select->Bind(1, run).Bind(2, subject).Bind(3, series);
  ConversationMeter meter(model.schema());
  std::optional<v1::ConversationShape> shape;
  bool any = false;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    const auto floats = FromBytes<float>(select->Blob(1));
    const auto schema = FindSchema(model.schema());
    if (!schema.ok() || floats.size() != (*schema)->features.size()) continue;  // another version's
    const std::vector<double> features(floats.begin(), floats.end());
    meter.Add(select->Int(0), select->Int(0) + model.length_ns(), features);
    any = true;
  }
  if (any) shape = meter.Finish();
  return shape;
}

// A bound, moved, but for those that are none.
int64_t Limited(int64_t bound_ns, int64_t by_ns) {
  return IsPlausibleTime(bound_ns) ? bound_ns + by_ns : bound_ns;
}

// Collects what a model of so many classes said.
class ScoreSink : public RowSink {
 public:
  explicit ScoreSink(StoredScores* scores)
      : scores_(*scores), classes_(static_cast<size_t>(scores->model.classes_size())) {}

  void Add(int64_t start_ns, std::string_view probabilities) override {
    if (probabilities.size() != classes_ * sizeof(float)) return;  // another version's
    is_sorted_ = is_sorted_ && (scores_.start_ns.empty() || scores_.start_ns.back() < start_ns);
    scores_.start_ns.push_back(start_ns);
    const size_t before = scores_.probabilities.size();
    scores_.probabilities.resize(before + classes_);
    std::memcpy(&scores_.probabilities[before], probabilities.data(), probabilities.size());
  }

  bool is_sorted() const { return is_sorted_; }

 private:
  StoredScores& scores_;
  const size_t classes_;
  bool is_sorted_ = true;
};

// Room for the windows of a time, as far as it is a few days.
void Reserve(int64_t from_ns, int64_t to_ns, StoredScores* scores) {
  constexpr int64_t kMost = 1'000'000;
  if (from_ns < -kLastPlausibleNs || to_ns > kLastPlausibleNs || scores->model.hop_ns() <= 0)
    return;
  const int64_t windows = std::clamp<int64_t>((to_ns - from_ns) / scores->model.hop_ns(), 0, kMost);
  scores->start_ns.reserve(static_cast<size_t>(windows));
  scores->probabilities.reserve(static_cast<size_t>(windows * scores->model.classes_size()));
}

// What the newest window of a row of kSubjects said.
void FillNewest(const SqliteStatement& row, const Models& models, StoredSubject* subject) {
  const auto version = models.versions.find(row.Int(8));
  const auto class_index = static_cast<size_t>(row.Int(6));
  const auto probabilities = FromBytes<float>(row.Blob(7));
  if (version == models.versions.end() || class_index >= probabilities.size()) return;
  subject->last_class = version->second.classes(static_cast<int>(class_index));
  subject->last_probability = probabilities[class_index];
}

}  // namespace

absl::StatusOr<std::vector<StoredSubject>> VerdictStore::ListSubjects(
    int64_t run_id, const std::optional<SubjectCursor>& after, size_t limit) {
  const auto lease = Read();
  auto models = ReadModels(lease.database);
  if (!models.ok()) return models.status();
  auto select = lease.database->Prepare(kSubjects);
  if (!select.ok()) return select.status();
  const SubjectCursor behind = after.value_or(SubjectCursor());
  select->Bind(1, run_id).Bind(2, std::string_view(behind.subject));
  select->Bind(3, std::string_view(behind.model)).Bind(4, static_cast<int64_t>(limit));
  std::vector<StoredSubject> subjects;
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return subjects;
    StoredSubject& subject = subjects.emplace_back();
    subject.subject = select->Text(0);
    subject.model = models->newest[select->Int(1)];
    subject.windows = static_cast<uint64_t>(select->Int(2));
    subject.first_start_ns = select->Int(3);
    subject.last_start_ns = select->Int(4);
    FillNewest(*select, *models, &subject);
    const std::string& schema = subject.model.schema();
    // A device looks like a call where it makes one.
    const bool is_device = subject.subject.starts_with("device");
    if (is_device || !ConversationMeter::Measures(schema)) continue;
    if (auto meter = ConversationMeter::Load(schema, select->Blob(5))) {
      subject.shape = meter->Finish();
      continue;
    }
    auto shape =
        MeasureAgain(subject.model, run_id, select->Int(9), select->Int(1), lease.database);
    if (!shape.ok()) return shape.status();
    subject.shape = *shape;
  }
}

absl::StatusOr<std::vector<v1::ModelHead>> VerdictStore::ListModelHeads() {
  const auto lease = Read();
  auto models = ReadModels(lease.database);
  if (!models.ok()) return models.status();
  std::vector<v1::ModelHead> heads;
  for (const auto& [row, head] : models->versions) heads.push_back(head);
  return heads;
}

absl::StatusOr<uint64_t> VerdictStore::CountWindows(int64_t run_id) {
  const auto lease = Read();
  auto select =
      lease.database->Prepare("SELECT COALESCE(SUM(windows), 0) FROM seen WHERE run_id = ?");
  if (!select.ok()) return select.status();
  select->Bind(1, run_id);
  auto count = ReadNumber(&*select);
  if (!count.ok()) return count.status();
  return static_cast<uint64_t>(*count);
}

absl::StatusOr<std::vector<StoredScores>> VerdictStore::ReadScores(int64_t run_id,
                                                                   const std::string& subject,
                                                                   const std::string& model,
                                                                   const WindowRange& range) {
  const auto lease = Read();
  auto models = ReadModels(lease.database);
  if (!models.ok()) return models.status();
  auto select =
      lease.database->Prepare(range.number ? absl::StrCat(kScores, kUpToNumber) : kScores);
  if (!select.ok()) return select.status();
  std::vector<StoredScores> all;
  for (const auto& [series, head] : models->newest) {
    if (!model.empty() && head.name() != model) continue;
    StoredScores scores{head, {}, {}};
    const int64_t margin_ns = range.margin * head.hop_ns();
    const int64_t from_ns = Limited(range.from_ns, -margin_ns);
    const int64_t to_ns = Limited(range.to_ns, margin_ns);
    Reserve(from_ns, to_ns, &scores);
    ScoreSink sink(&scores);
    select->Bind(1, run_id).Bind(2, series).Bind(3, std::string_view(subject));
    select->Bind(4, from_ns).Bind(5, to_ns).BindSink(6, &sink);
    if (range.number) select->Bind(7, *range.number);
    if (absl::Status status = select->Run(); !status.ok()) return status;
    select->Reset();
    if (!sink.is_sorted()) return absl::InternalError("store: windows out of their order");
    if (!scores.start_ns.empty()) all.push_back(std::move(scores));
  }
  std::sort(all.begin(), all.end(), [](const StoredScores& a, const StoredScores& b) {
    return a.model.name() < b.model.name();
  });
  return all;
}

absl::StatusOr<std::optional<int64_t>> VerdictStore::NewestStart(int64_t run_id,
                                                                 const std::string& subject,
                                                                 const std::string& model,
                                                                 int64_t number) {
  const auto lease = Read();
  auto models = ReadModels(lease.database);
  if (!models.ok()) return models.status();
  auto select = lease.database->Prepare(kNewestStart);
  if (!select.ok()) return select.status();
  std::optional<int64_t> newest;
  for (const auto& [series, head] : models->newest) {
    if (!model.empty() && head.name() != model) continue;
    select->Bind(1, run_id).Bind(2, series).Bind(3, std::string_view(subject)).Bind(4, number);
    while (true) {
      auto row = select->Step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      newest = std::max(newest, std::optional<int64_t>(select->Int(0)));
    }
  }
  return newest;
}

}  // namespace silhouette
