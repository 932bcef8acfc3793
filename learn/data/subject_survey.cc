#include "learn/data/subject_survey.h"

#include <algorithm>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/presence_v1.h"

namespace silhouette {
namespace {

constexpr size_t kMostListed = 5;

// A subject as messages list it.
struct Listed {
  double packets;
  std::string name;
  std::string note;
};

// "A (900 packets), B (20 packets: why) and 3 more", the largest first.
std::string List(std::vector<Listed> subjects) {
  std::stable_sort(subjects.begin(), subjects.end(),
                   [](const Listed& a, const Listed& b) { return a.packets > b.packets; });
  const size_t shown = std::min(kMostListed, subjects.size());
  std::vector<std::string> texts;
  for (size_t i = 0; i < shown; ++i) {
    texts.push_back(absl::StrFormat("%s (%.0f packets%s%s)", subjects[i].name, subjects[i].packets,
                                    subjects[i].note.empty() ? "" : ": ", subjects[i].note));
  }
  const std::string more =
      subjects.size() > shown ? absl::StrCat(" and ", subjects.size() - shown, " more") : "";
  return absl::StrCat(absl::StrJoin(texts, ", "), more);
}

absl::Status NoSubject() {
  return absl::NotFoundError(
      "no packet of it belongs to such a subject; check --subject, --protocol and --home");
}

}  // namespace

void SubjectSurvey::Add(int run, const v1::WindowTable& table) {
  constexpr size_t columns = presence_v1::kFeatures;
  for (int row = 0; row < table.start_ns_size(); ++row) {
    const std::span<const double> values(table.values().data() + static_cast<size_t>(row) * columns,
                                         columns);
    const std::string& subject = table.subjects(static_cast<int>(table.subject(row)));
    Entry& entry = subjects_.try_emplace(subject, Entry{run, ConversationMeter(), 0}).first->second;
    const int64_t start_ns = table.start_ns(row);
    if (entry.run == run) entry.meter.Add(start_ns, start_ns + table.spec().length_ns(), values);
    entry.packets += values[presence_v1::kTotalPackets];
  }
}

absl::StatusOr<std::set<std::string>> SubjectSurvey::Named(
    const std::vector<std::string>& names) const {
  if (subjects_.empty()) return NoSubject();
  std::set<std::string> found;
  for (const std::string& name : names) {
    if (subjects_.contains(name)) found.insert(name);
  }
  if (!found.empty()) return found;
  std::vector<Listed> all;
  for (const auto& [name, entry] : subjects_) all.push_back({entry.packets, name, ""});
  return absl::NotFoundError(
      absl::StrCat("no subject ", absl::StrJoin(names, " or "), "; its largest are ", List(all)));
}

absl::StatusOr<std::set<std::string>> SubjectSurvey::Call() const {
  if (subjects_.empty()) return NoSubject();
  std::vector<Listed> calls, others;
  for (const auto& [name, entry] : subjects_) {
    const v1::ConversationShape shape = entry.meter.Finish();
    (shape.looks_like_call() ? calls : others).push_back({entry.packets, name, shape.why()});
  }
  if (calls.size() == 1) return std::set{calls[0].name};
  if (!calls.empty()) {
    // With more than one, the truth may be about either.
    return absl::NotFoundError(absl::StrCat(calls.size(),
                                            " conversations look like a call: ", List(calls),
                                            "; say by --subject-name which the truth is about"));
  }
  return absl::NotFoundError(absl::StrCat("no conversation looks like a call: ", List(others),
                                          "; say by --subject-name which the truth is about"));
}

absl::StatusOr<std::set<std::string>> SubjectSurvey::Largest() const {
  if (subjects_.empty()) return NoSubject();
  const auto largest = std::max_element(
      subjects_.begin(), subjects_.end(),
      [](const auto& a, const auto& b) { return a.second.packets < b.second.packets; });
  return std::set{largest->first};
}

}  // namespace silhouette
