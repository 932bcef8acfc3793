#include "cli/text_report.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "cli/strip.h"
#include "common/accounting.h"

namespace silhouette {
namespace {

constexpr size_t kLabelColumns = 12;  // "  timeline  "
constexpr size_t kMaxStripColumns = 120;

std::string Count(size_t number, const std::string& what) {
  return absl::StrCat(WithThousands(number), " ", what, number == 1 ? "" : "s");
}

void WriteHeading(const Findings& findings, const std::string& source, const Terminal& terminal,
                  std::ostream* out) {
  const v1::Accounting& packets = findings.run.accounting();
  *out << Bold(terminal, source) << ": " << Count(packets.received(), "packet") << " from "
       << absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixNanos(findings.run.first_packet_ns()),
                           absl::UTCTimeZone())
       << " UTC, " << Count(findings.all.size(), "conversation") << "\n";
}

// Why what is shown is shown, and how to see the rest.
void WriteChoice(const Findings& findings, std::ostream* out) {
  if (!findings.chosen_as_calls) return;
  const size_t others = findings.all.size() - findings.shown.size();
  if (findings.shown.empty()) {
    *out << (others == 0 ? "Nothing to judge: no conversation carries packets that a model asks "
                           "for.\n"
                         : "No conversation looks like a call:\n");
    for (const ConversationShape& shape : findings.all) {
      *out << "  " << shape.subject << ": " << shape.why << "\n";
    }
    if (others > 0) *out << "--all judges them all the same.\n";
    return;
  }
  if (others > 0) {
    *out << Count(others, "other conversation") << (others == 1 ? " does" : " do")
         << " not look like a call; --all shows every one.\n";
  }
}

std::vector<StripPiece> Pieces(const SubjectFindings& subject) {
  std::vector<StripPiece> pieces;
  for (const v1::Segment& segment : subject.timeline.segments()) {
    pieces.push_back({segment.from_ns(), segment.to_ns(), segment.class_()});
  }
  return pieces;
}

std::vector<StripPiece> Pieces(const Truth& truth, int64_t zero_ns) {
  const int64_t offset = truth.absolute ? 0 : zero_ns;
  std::vector<StripPiece> pieces;
  for (const TruthInterval& interval : truth.intervals) {
    pieces.push_back({interval.start_ns + offset, interval.end_ns + offset, interval.label});
  }
  return pieces;
}

void WriteStrips(const SubjectFindings& subject, const Findings& findings,
                 const std::optional<Truth>& truth, const Terminal& terminal, std::ostream* out) {
  const auto& classes = subject.timeline.classes();
  const size_t columns = std::clamp<size_t>(terminal.width - kLabelColumns - 1, 20,
                                            kMaxStripColumns);
  const Strip strip(terminal, columns, subject.verdicts.front().window_start_ns(),
                    subject.verdicts.back().window_end_ns(), {classes.begin(), classes.end()});
  *out << "\n            " << strip.Axis(findings.zero_ns) << "\n";
  *out << "  timeline  " << strip.Draw(Pieces(subject)) << "\n";
  if (truth) {
    *out << (truth->simulated ? "  simulated " : "  truth     ")
         << strip.Draw(Pieces(*truth, findings.zero_ns)) << "\n";
  }
  *out << "            " << strip.Legend() << "\n";
}

void WriteSegments(const SubjectFindings& subject, int64_t zero_ns, const Terminal& terminal,
                   std::ostream* out) {
  *out << "\n  "
       << Bold(terminal, absl::StrFormat("%10s %10s  %-14s %s", "from", "to", "what", "how sure"))
       << "\n";
  for (const v1::Segment& segment : subject.timeline.segments()) {
    *out << absl::StrFormat("  %10s %10s  %-14s %.0f %%\n", ClockTime(segment.from_ns() - zero_ns),
                            ClockTime(segment.to_ns() - zero_ns), segment.class_(),
                            100 * segment.confidence());
  }
}

void WriteSubject(const SubjectFindings& subject, const Findings& findings,
                  const std::optional<Truth>& truth, const Terminal& terminal, std::ostream* out) {
  *out << "\n" << Bold(terminal, subject.subject)
       << (subject.shape.looks_like_call ? " looks like a call: " : " does not look like a call: ")
       << subject.shape.why << "\n";
  WriteStrips(subject, findings, truth, terminal, out);
  WriteSegments(subject, findings.zero_ns, terminal, out);
}

void WriteConfusion(const char* title, const Confusion& confusion, std::ostream* out) {
  std::set<std::string> labels, classes;
  for (const auto& [pair, windows] : confusion) {
    labels.insert(pair.first);
    classes.insert(pair.second);
  }
  *out << absl::StrFormat("  %-22s", title);
  for (const std::string& name : classes) *out << absl::StrFormat(" %18s", absl::StrCat("said ", name));
  *out << "\n";
  for (const std::string& label : labels) {
    *out << absl::StrFormat("  %-22s", absl::StrCat("  was ", label));
    for (const std::string& name : classes) {
      const auto at = confusion.find({label, name});
      *out << absl::StrFormat(" %18d", at == confusion.end() ? 0 : at->second);
    }
    *out << "\n";
  }
}

void WriteScore(const Findings& findings, std::ostream* out) {
  const Score& score = *findings.score;
  *out << "\n";
  WriteConfusion("each window alone", score.per_window, out);
  WriteConfusion("timeline", score.timeline, out);
  *out << absl::StrFormat("\n%s windows: %.1f %% right alone, %.1f %% in the timeline",
                          WithThousands(score.windows), 100 * Accuracy(score.per_window),
                          100 * Accuracy(score.timeline));
  *out << (findings.truth_is_simulated ? " (simulated traffic: no measure of real calls)\n"
                                       : "\n");
  if (score.outside > 0) {
    *out << Count(score.outside, "window") << " outside of the truth's intervals not scored\n";
  }
}

// Class shares of all that is shown, and where the packets went.
void WriteSummary(const Findings& findings, std::ostream* out) {
  const v1::Accounting& packets = findings.run.accounting();
  *out << "\n" << Count(findings.verdicts.size(), "window") << ". "
       << WithThousands(packets.received()) << " packets received = "
       << WithThousands(packets.windowed()) << " windowed + "
       << WithThousands(FilteredPackets(packets)) << " filtered + "
       << WithThousands(packets.malformed()) << " malformed + " << WithThousands(packets.late())
       << " late + " << WithThousands(packets.shed()) << " shed";
  if (packets.pending() > 0) *out << " + " << WithThousands(packets.pending()) << " pending";
  *out << "\n";
  std::string reasons;
  for (const v1::FilteredCount& count : packets.filtered()) {
    absl::StrAppend(&reasons, reasons.empty() ? "" : ", ", count.reason(), " ",
                    WithThousands(count.packets()));
  }
  if (!reasons.empty()) *out << "filtered: " << reasons << "\n";
}

}  // namespace

void WriteText(const Findings& findings, const std::string& source,
               const std::optional<Truth>& truth, const Terminal& terminal, std::ostream* out) {
  if (findings.run.accounting().received() == 0) return;
  WriteHeading(findings, source, terminal, out);
  WriteChoice(findings, out);
  for (const SubjectFindings& subject : findings.shown) {
    WriteSubject(subject, findings, truth, terminal, out);
  }
  if (findings.score) WriteScore(findings, out);
  WriteSummary(findings, out);
}

}  // namespace silhouette
