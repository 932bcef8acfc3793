// VerdictStore's reading by subject. Both queries walk the primary key.

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <tuple>

#include "absl/strings/numbers.h"
#include "gateway/store.h"

namespace silhouette {
namespace {

constexpr char kScan[] =
    "SELECT subject.name, series_id, window_start_ns, features FROM verdict "
    "JOIN subject ON subject.id = subject_id WHERE run_id = ? "
    "ORDER BY subject_id, series_id, window_start_ns";

constexpr char kScores[] =
    "SELECT window_start_ns, probabilities FROM verdict WHERE run_id = ? AND series_id = ? AND "
    "subject_id = (SELECT id FROM subject WHERE name = ?) ORDER BY window_start_ns";

template <typename Value>
std::vector<Value> FromBytes(std::string_view bytes) {
  std::vector<Value> values(bytes.size() / sizeof(Value));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
  return values;
}

// The newest version of each model: its series and head.
absl::StatusOr<std::map<int64_t, v1::ModelHead>> NewestModels(SqliteDatabase* database) {
  auto select = database->Prepare("SELECT COALESCE(series_id, id), head FROM model");
  if (!select.ok()) return select.status();
  std::map<int64_t, v1::ModelHead> models;
  const auto number = [](const v1::ModelHead& model) {
    int64_t version = 0;
    return absl::SimpleAtoi(model.version(), &version) ? version : 0;
  };
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return models;
    v1::ModelHead head;
    head.ParseFromString(select->Text(1));
    v1::ModelHead& newest = models[select->Int(0)];
    if (newest.name().empty() || number(head) > number(newest)) newest = head;
  }
}

}  // namespace

absl::StatusOr<std::vector<StoredSubject>> VerdictStore::ListSubjects(int64_t run_id) {
  std::lock_guard lock(mutex_);
  auto models = NewestModels(&database_);
  if (!models.ok()) return models.status();
  auto select = database_.Prepare(kScan);
  if (!select.ok()) return select.status();
  select->Bind(1, run_id);
  std::vector<StoredSubject> subjects;
  ConversationMeter meter;
  int64_t series = 0;
  const auto finish = [&] {
    if (subjects.empty()) return;
    if (!ConversationMeter::Measures(subjects.back().model.schema())) return;
    subjects.back().shape = meter.Finish();
  };
  while (true) {
    auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    if (subjects.empty() || subjects.back().subject != select->Text(0) ||
        series != select->Int(1)) {
      finish();
      series = select->Int(1);
      subjects.push_back({select->Text(0), (*models)[series], 0, select->Int(2), 0, {}});
      meter = ConversationMeter(subjects.back().model.schema());
    }
    StoredSubject& subject = subjects.back();
    ++subject.windows;
    subject.last_start_ns = select->Int(2);
    if (!ConversationMeter::Measures(subject.model.schema())) continue;
    const auto features = FromBytes<double>(select->Blob(3));
    meter.Add(subject.last_start_ns, subject.last_start_ns + subject.model.length_ns(), features);
  }
  finish();
  std::sort(subjects.begin(), subjects.end(), [](const StoredSubject& a, const StoredSubject& b) {
    return std::forward_as_tuple(a.subject, a.model.name()) <
           std::forward_as_tuple(b.subject, b.model.name());
  });
  return subjects;
}

absl::StatusOr<std::vector<StoredScores>> VerdictStore::ReadScores(int64_t run_id,
                                                                   const std::string& subject,
                                                                   const std::string& model) {
  std::lock_guard lock(mutex_);
  auto models = NewestModels(&database_);
  if (!models.ok()) return models.status();
  auto select = database_.Prepare(kScores);
  if (!select.ok()) return select.status();
  std::vector<StoredScores> all;
  for (const auto& [series, head] : *models) {
    if (!model.empty() && head.name() != model) continue;
    StoredScores scores{head, {}, {}};
    select->Bind(1, run_id).Bind(2, series).Bind(3, std::string_view(subject));
    while (true) {
      auto row = select->Step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      const auto probabilities = FromBytes<float>(select->Blob(1));
      if (probabilities.size() != static_cast<size_t>(head.classes_size())) continue;
      scores.start_ns.push_back(select->Int(0));
      scores.probabilities.insert(scores.probabilities.end(), probabilities.begin(),
                                  probabilities.end());
    }
    if (!scores.start_ns.empty()) all.push_back(std::move(scores));
  }
  std::sort(all.begin(), all.end(), [](const StoredScores& a, const StoredScores& b) {
    return a.model.name() < b.model.name();
  });
  return all;
}

}  // namespace silhouette
