#include "gateway/job_results.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/proto_json.h"

namespace silhouette {
namespace {

constexpr size_t kPiece = 256 << 10;

// A field of a line of CSV (RFC 4180).
std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

// The shortest decimal that reads back as the same number.
template <typename Float>
std::string Shortest(Float value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

// Gathers text into pieces.
class Pieces {
 public:
  explicit Pieces(const std::function<bool(const std::string&)>& sink) : sink_(sink) {}
  // False once the sink wants no more.
  bool Add(const std::string& text) {
    piece_ += text;
    return piece_.size() < kPiece || Flush();
  }
  bool Flush() {
    if (!piece_.empty()) wanted_ = wanted_ && sink_(piece_);
    piece_.clear();
    return wanted_;
  }

 private:
  const std::function<bool(const std::string&)>& sink_;
  std::string piece_;
  bool wanted_ = true;
};

std::string CsvHeader(const std::vector<std::string>& classes) {
  std::string line = "origin,run,subject,model,version,start_ns,end_ns,class,probability";
  for (const std::string& name : classes) absl::StrAppend(&line, ",", Quoted("p_" + name));
  return line + ",partial\n";
}

// A verdict's probabilities are in the order of its own model's classes.
std::string CsvLine(const v1::Verdict& verdict, const std::vector<std::string>& own,
                    const std::vector<std::string>& classes) {
  std::string line = absl::StrCat(
      Quoted(verdict.origin()), ",", Quoted(verdict.run()), ",", Quoted(verdict.subject()), ",",
      Quoted(verdict.model()), ",", Quoted(verdict.version()), ",", verdict.window_start_ns(), ",",
      verdict.window_end_ns(), ",", Quoted(verdict.class_()), ",", Shortest(verdict.probability()));
  for (const std::string& name : classes) {
    const auto at = std::find(own.begin(), own.end(), name) - own.begin();
    line += ",";
    if (at < verdict.probabilities_size()) {
      line += Shortest(verdict.probabilities(static_cast<int>(at)));
    }
  }
  return absl::StrCat(line, ",", verdict.partial() ? "true" : "false", "\n");
}

// Calls `take` with each verdict of a run in order, until it returns false.
absl::Status ForEachVerdict(VerdictStore* store, int64_t run_id,
                            const std::function<bool(const v1::Verdict&)>& take) {
  VerdictQuery query;
  query.run_id = run_id;
  while (true) {
    auto verdicts = store->ListVerdicts(query);
    if (!verdicts.ok()) return verdicts.status();
    for (const v1::Verdict& verdict : *verdicts) {
      if (!take(verdict)) return absl::OkStatus();
    }
    if (verdicts->size() < query.limit) return absl::OkStatus();
    const v1::Verdict& last = verdicts->back();
    query.after = {last.window_start_ns(), last.subject(), last.model(), last.version()};
  }
}

absl::Status WriteVerdicts(GatewayEngine* engine, const StoredRun& run, ResultFormat format,
                           Pieces* pieces) {
  if (format == ResultFormat::kJsonLines) {
    return ForEachVerdict(engine->store(), run.id, [&](const v1::Verdict& verdict) {
      return pieces->Add(ToJson(verdict) + "\n");
    });
  }
  auto models = engine->store()->ListModelHeads();
  if (!models.ok()) return models.status();
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> classes_of;
  std::set<std::string> names;
  for (const v1::ModelHead& model : *models) {
    auto& classes = classes_of[{model.name(), model.version()}];
    classes.assign(model.classes().begin(), model.classes().end());
    names.insert(classes.begin(), classes.end());
  }
  const std::vector<std::string> classes(names.begin(), names.end());
  pieces->Add(CsvHeader(classes));
  return ForEachVerdict(engine->store(), run.id, [&](const v1::Verdict& verdict) {
    return pieces->Add(CsvLine(verdict, classes_of[{verdict.model(), verdict.version()}], classes));
  });
}

absl::Status WriteSegments(GatewayEngine* engine, const StoredRun& run, Pieces* pieces) {
  auto subjects = engine->store()->ListSubjects(run.id);
  if (!subjects.ok()) return subjects.status();
  pieces->Add("subject,model,from_ns,to_ns,class,confidence,windows\n");
  for (const StoredSubject& subject : *subjects) {
    TimelineQuery query;
    query.subject = subject.subject;
    query.model = subject.model.name();
    query.max_points = 0;
    auto timeline = engine->Timeline(run, query);
    if (absl::IsNotFound(timeline.status())) continue;  // its verdicts are deleted by now
    if (!timeline.ok()) return timeline.status();
    for (const v1::Segment& segment : timeline->segments) {
      if (!pieces->Add(absl::StrCat(Quoted(subject.subject), ",", Quoted(subject.model.name()), ",",
                                    segment.from_ns(), ",", segment.to_ns(), ",",
                                    Quoted(segment.class_()), ",", Shortest(segment.confidence()),
                                    ",", segment.windows(), "\n"))) {
        return absl::OkStatus();
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteResults(GatewayEngine* engine, const StoredRun& run, ResultFormat format,
                          const std::function<bool(const std::string&)>& sink) {
  Pieces pieces(sink);
  absl::Status status = format == ResultFormat::kSegments
                            ? WriteSegments(engine, run, &pieces)
                            : WriteVerdicts(engine, run, format, &pieces);
  pieces.Flush();
  return status;
}

}  // namespace silhouette
