#include "cli/job_lines.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/job_state.h"

namespace silhouette {
namespace {

constexpr int kRed = 1, kGreen = 2, kYellow = 3;

int ColorOf(v1::JobState state) {
  if (state == v1::JOB_STATE_DONE) return kGreen;
  return state == v1::JOB_STATE_FAILED ? kRed : kYellow;
}

// What others chose goes to the terminal without its control characters.
std::string Printable(std::string text) {
  for (char& c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  return text;
}

std::string Counts(const v1::Job& job) {
  return absl::StrCat(WithThousands(job.accounting().received()), " packets, ",
                      WithThousands(job.windows()), " windows");
}

int64_t Milliseconds() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string JobProgress(const v1::Job& job) {
  const std::string state = JobStateName(job.state());
  switch (job.state()) {
    case v1::JOB_STATE_UPLOADING:
      return absl::StrCat(state, ", ", WithThousands(job.received_bytes()), " bytes");
    case v1::JOB_STATE_QUEUED:
      return job.waiting().empty() ? state : absl::StrCat(state, ": ", Printable(job.waiting()));
    case v1::JOB_STATE_RUNNING: {
      const double share = job.spooled_bytes() == 0 ? 0
                                                    : static_cast<double>(job.sent_bytes()) /
                                                          static_cast<double>(job.spooled_bytes());
      return absl::StrFormat("%s %.0f %%, %s", state, 100 * share, Counts(job));
    }
    case v1::JOB_STATE_FAILED:
      return absl::StrCat(state, ": ", Printable(job.error()));
    default:
      break;
  }
  std::string words = absl::StrCat(state, ", ", Counts(job));
  if (!job.incomplete().empty()) absl::StrAppend(&words, "; ", Printable(job.incomplete()));
  return words;
}

std::string JobTable(const std::vector<v1::Job>& jobs, const Terminal& terminal) {
  if (jobs.empty()) return "no jobs; hand a capture in with: silhouette submit call.pcap\n";
  size_t id_width = 3, name_width = 4;
  for (const v1::Job& job : jobs) {
    id_width = std::max(id_width, job.id().size());
    name_width = std::max(name_width, std::min<size_t>(job.name().size(), 40));
  }
  std::string table = Bold(terminal, absl::StrFormat("%-*s  %-*s  %-16s  %s\n", id_width, "job",
                                                     name_width, "name", "created (UTC)", "state"));
  for (const v1::Job& job : jobs) {
    const std::string created = absl::FormatTime(
        "%Y-%m-%d %H:%M", absl::FromUnixNanos(job.created_ns()), absl::UTCTimeZone());
    absl::StrAppend(&table,
                    absl::StrFormat("%-*s  %-*s  %-16s  ", id_width, job.id(), name_width,
                                    Printable(job.name()).substr(0, 40), created),
                    Paint(terminal, ColorOf(job.state()), JobProgress(job)), "\n");
  }
  return table;
}

std::string Bar(double share, size_t columns) {
  const double cells = std::clamp(share, 0.0, 1.0) * static_cast<double>(columns);
  const auto filled = static_cast<size_t>(std::lround(cells));
  return absl::StrCat("[", std::string(filled, '#'), std::string(columns - filled, '.'), "]");
}

FileLines::FileLines(std::vector<std::string> files)
    : terminal_(DescribeTerminal(STDERR_FILENO)),
      files_(std::move(files)),
      lines_(files_.size()),
      told_(files_.size()) {}

FileLines::~FileLines() {
  if (terminal_.is_terminal) Draw(true);
}

void FileLines::Set(size_t file, const std::string& words, double share, bool is_news) {
  constexpr size_t kBar = 20;
  const std::string name = Printable(files_[file]);
  lines_[file] = share < 0 ? absl::StrCat(name, "  ", words)
                           : absl::StrCat(name, "  ", Bar(share, kBar), " ", words);
  if (terminal_.is_terminal) return Draw(is_news);
  if (!is_news || told_[file] == words) return;
  told_[file] = words;
  std::cerr << name << ": " << words << std::endl;
}

void FileLines::Draw(bool again) {
  constexpr int64_t kInterval = 100;
  if (!again && Milliseconds() - drawn_ms_ < kInterval) return;
  drawn_ms_ = Milliseconds();
  // Over what was drawn before; a line that is too long would break and shift the others.
  std::string screen = drawn_ ? absl::StrCat("\033[", lines_.size(), "A") : "";
  for (const std::string& line : lines_) {
    absl::StrAppend(&screen, "\r", line.substr(0, terminal_.width - 1), "\033[K\n");
  }
  drawn_ = true;
  std::cerr << screen << std::flush;
}

}  // namespace silhouette
