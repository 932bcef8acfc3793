#include "cli/text_report.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "cli/incident_lines.h"
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
       << " UTC";
  const size_t others = findings.others.size();
  if (!findings.all.empty() || others == 0) {
    *out << ", " << Count(findings.all.size(), "conversation");
  }
  if (others > 0) *out << ", " << Count(others, findings.all.empty() ? "subject" : "other subject");
  *out << "\n";
}

// Why what is shown is shown, and how to see the rest.
void WriteChoice(const Findings& findings, std::ostream* out) {
  if (!findings.chosen_as_calls) return;
  std::set<std::string> shown;
  for (const SubjectFindings& subject : findings.shown) {
    if (findings.all.contains(subject.subject)) shown.insert(subject.subject);
  }
  const size_t others = findings.all.size() - shown.size();
  if (findings.shown.empty()) {
    const bool any = others > 0 || !findings.others.empty();
    *out << (others > 0 ? "No conversation looks like a call:\n"
             : any      ? "There is no conversation that could be a call.\n"
                        : "Nothing to judge: no conversation carries packets that a model asks "
                          "for.\n");
    constexpr size_t kMostSaid = 20;  // a flood or a scan has thousands
    size_t said = 0;
    for (const auto& [subject, shape] : findings.all) {
      if (++said > kMostSaid) break;
      *out << "  " << subject << ": " << shape.why() << "\n";
    }
    if (others > kMostSaid) *out << "  and " << WithThousands(others - kMostSaid) << " more\n";
    if (any) *out << "--all judges them all the same.\n";
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
  const size_t columns =
      std::clamp<size_t>(terminal.width - kLabelColumns - 1, 20, kMaxStripColumns);
  const Strip strip(terminal, columns, subject.verdicts.front().window_start_ns(),
                    subject.verdicts.back().window_end_ns(), {classes.begin(), classes.end()});
  *out << "\n            " << strip.Axis(findings.zero_ns) << "\n";
  *out << "  timeline  " << strip.Draw(Pieces(subject)) << "\n";
  if (truth) {
    *out << "  truth     " << strip.Draw(Pieces(*truth, findings.zero_ns)) << "\n";
  }
  *out << "            " << strip.Legend() << "\n";
}

// Never 100 %: that would be a claim no model can make.
std::string HowSure(double confidence) {
  return confidence > 0.99 ? "> 99 %" : absl::StrFormat("%.0f %%", 100 * confidence);
}

// "person 59 % of the time, background 41 %".
std::string ClassShares(const SubjectFindings& subject) {
  std::map<std::string, uint64_t> windows;
  uint64_t all = 0;
  for (const v1::Segment& segment : subject.timeline.segments()) {
    windows[segment.class_()] += segment.windows();
    all += segment.windows();
  }
  std::string text;
  for (auto at = windows.rbegin(); at != windows.rend(); ++at) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", at->first, " ",
                    absl::StrFormat("%.0f %%", 100.0 * static_cast<double>(at->second) /
                                                   static_cast<double>(all)),
                    text.empty() ? " of the time" : "");
  }
  return text;
}

void WriteSegments(const SubjectFindings& subject, int64_t zero_ns, const Terminal& terminal,
                   std::ostream* out) {
  *out << "\n  "
       << Bold(terminal, absl::StrFormat("%10s %10s  %-14s %8s", "from", "to", "what", "how sure"))
       << "\n";
  for (const v1::Segment& segment : subject.timeline.segments()) {
    *out << absl::StrFormat("  %10s %10s  %-14s %8s\n", ClockTime(segment.from_ns() - zero_ns),
                            ClockTime(segment.to_ns() - zero_ns), segment.class_(),
                            HowSure(segment.confidence()));
  }
}

// `names_model`: others speak of it, too.
void WriteSubject(const SubjectFindings& subject, bool names_model, const Findings& findings,
                  const std::optional<Truth>& truth, const Terminal& terminal, std::ostream* out) {
  *out << "\n"
       << Bold(terminal, subject.subject) << (names_model ? ", by " + subject.model : "") << "\n";
  if (!subject.shape.why().empty()) {
    *out << (subject.shape.looks_like_call() ? "  looks like a call: "
                                             : "  does not look like a call: ")
         << subject.shape.why() << "\n";
  }
  WriteStrips(subject, findings, truth, terminal, out);
  WriteSegments(subject, findings.zero_ns, terminal, out);
  *out << "  " << ClassShares(subject) << " (" << Count(subject.verdicts.size(), "window") << ")\n";
}

void WriteConfusion(const char* title, const Confusion& confusion, std::ostream* out) {
  std::set<std::string> labels, classes;
  for (const auto& [pair, windows] : confusion) {
    labels.insert(pair.first);
    classes.insert(pair.second);
  }
  *out << absl::StrFormat("  %-22s", title);
  for (const std::string& name : classes)
    *out << absl::StrFormat(" %18s", absl::StrCat("said ", name));
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

void WriteScore(const std::string& model, const Score& score, bool simulated, std::ostream* out) {
  *out << "\nModel " << model << ":\n";
  WriteConfusion("each window alone", score.per_window, out);
  WriteConfusion("timeline", score.timeline, out);
  *out << absl::StrFormat("\nRight: %.1f %% of %s alone, %.1f %% in the timeline.\n",
                          100 * Accuracy(score.per_window), Count(score.windows, "window"),
                          100 * Accuracy(score.timeline));
  if (simulated) *out << "Simulated traffic: no measure of real calls.\n";
  if (score.outside > 0) {
    *out << Count(score.outside, "window") << " outside of the truth's intervals not scored\n";
  }
}

// Of all subjects; nothing where no model would tell of any.
void WriteIncidents(const Findings& findings, const Terminal& terminal, std::ostream* out) {
  if (!findings.reports_incidents) return;
  if (findings.incidents.empty()) {
    *out << "\nNo incidents.\n";
    return;
  }
  // A window may begin before the first packet.
  const auto time = [&](int64_t time_ns) {
    return ClockTime(std::max<int64_t>(time_ns - findings.zero_ns, 0));
  };
  IncidentLines lines(terminal, time, "");
  lines.Fit(findings.incidents);
  *out << "\n" << Bold(terminal, Count(findings.incidents.size(), "incident")) << "\n";
  *out << "  " << lines.Heading() << "\n";
  for (const v1::Incident& incident : findings.incidents) {
    *out << "  " << lines.LineOf(incident) << "\n";
  }
}

void WritePackets(const Findings& findings, std::ostream* out) {
  const v1::Accounting& packets = findings.run.accounting();
  if (!findings.run.incomplete().empty()) {
    *out << "\nIncomplete: " << findings.run.incomplete() << "\n";
  }
  if (packets.late() * 100 > packets.received()) {
    *out << absl::StrFormat(
        "\n%.0f %% of the packets came late and were left out: their times lie behind that of an "
        "earlier packet.\nOne wrong time stamp does that; --lateness widens the bound.\n",
        100.0 * static_cast<double>(packets.late()) / static_cast<double>(packets.received()));
  }
  *out << "\nPackets: " << WithThousands(packets.received())
       << " received = " << WithThousands(packets.windowed()) << " windowed + "
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
  if (!reasons.empty()) *out << "Filtered: " << reasons << "\n";
}

}  // namespace

void WriteText(const Findings& findings, const std::string& source,
               const std::optional<Truth>& truth, const Terminal& terminal, std::ostream* out) {
  if (findings.run.accounting().received() == 0) {
    *out << source << ": no packets\n";
    return;
  }
  WriteHeading(findings, source, terminal, out);
  WriteChoice(findings, out);
  std::map<std::string, int> models;  // by subject: how many speak of it
  for (const SubjectFindings& subject : findings.shown) ++models[subject.subject];
  for (const SubjectFindings& subject : findings.shown) {
    WriteSubject(subject, models[subject.subject] > 1, findings, truth, terminal, out);
  }
  WriteIncidents(findings, terminal, out);
  for (const auto& [model, score] : findings.scores) {
    WriteScore(model, score, findings.truth_is_simulated, out);
  }
  WritePackets(findings, out);
}

}  // namespace silhouette
