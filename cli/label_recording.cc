#include "cli/label_recording.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "cli/keyboard.h"
#include "cli/terminal.h"
#include "common/duration.h"
#include "common/files.h"
#include "common/options.h"
#include "learn/data/truth.h"
#include "learn/data/truth_recorder.h"

namespace silhouette {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kRedrawEvery(100);
constexpr std::chrono::seconds kSaveEvery(1);

std::string TimeOfDay(int64_t time_ns) {
  return absl::FormatTime("%H:%M:%E3S", absl::FromUnixNanos(time_ns), absl::UTCTimeZone());
}

// "background 0:45.4, person 1:08.8".
std::string Totals(const std::vector<TruthInterval>& intervals) {
  std::map<std::string, int64_t> lengths;
  for (const TruthInterval& interval : intervals) {
    lengths[interval.label] += interval.end_ns - interval.start_ns;
  }
  return absl::StrJoin(lengths, ", ", [](std::string* text, const auto& length) {
    absl::StrAppend(text, length.first, " ", ClockTime(length.second));
  });
}

// Lines on stderr that stay and, on a terminal, one below them that runs.
class Screen {
 public:
  void Say(const std::string& line) const {
    Clear();
    std::cerr << line << "\n" << std::flush;
  }
  // `state` and what there is to say of it.
  void ShowRunning(const std::string& state, const std::string& rest) const {
    if (!is_terminal()) return;
    const Terminal terminal = DescribeTerminal(STDERR_FILENO);  // its width may change
    const size_t space = terminal.width - 1;
    std::cerr << "\r\033[K" << Bold(terminal, state.substr(0, space))
              << rest.substr(0, space - std::min(space, state.size())) << std::flush;
  }
  void Clear() const {
    if (is_terminal()) std::cerr << "\r\033[K" << std::flush;
  }
  bool is_terminal() const { return is_terminal_; }

 private:
  const bool is_terminal_ = DescribeTerminal(STDERR_FILENO).is_terminal;
};

class Recording {
 public:
  Recording(std::string out, const LabelKeys& keys)
      : out_(std::move(out)), keys_(keys), recorder_(keys.classes()) {
    screen_.Say(absl::StrCat("Recording to ", out_,
                             "; times are UTC. Press the key of what is so now:\n",
                             keys_.Legend()));
  }

  // False: the end.
  bool Take(char key);
  // Now and then.
  void Tick();
  absl::Status Finish();

 private:
  void ReadClock();
  Truth Recorded() const;
  void Save();
  void Change(TruthRecorder::State state);
  void Undo();
  std::string StateName() const {
    return recorder_.state() ? keys_.classes()[*recorder_.state()] : "pause";
  }
  std::string Lasted() const { return ClockTime(recorder_.now_ns() - recorder_.since_ns()); }

  const std::string out_;
  const LabelKeys& keys_;
  const Screen screen_;
  TruthRecorder recorder_;
  absl::Status saved_;     // how the last writing went
  bool has_file_ = false;  // `out_` is what was recorded
  SteadyClock::time_point save_at_;
};

bool Recording::Take(char key) {
  ReadClock();
  const LabelAction action = keys_.ActionOf(key);
  switch (action.kind) {
    case LabelAction::kClass:
      Change(action.class_number);
      break;
    case LabelAction::kPause:
      Change(std::nullopt);
      break;
    case LabelAction::kUndo:
      Undo();
      break;
    case LabelAction::kEnd:
      return false;
    case LabelAction::kNothing:
      break;
    case LabelAction::kUnknown:
      if (absl::ascii_isgraph(key)) screen_.Say(absl::StrCat(std::string(1, key), " is no key"));
      break;
  }
  return true;
}

void Recording::Tick() {
  ReadClock();
  const bool grows = recorder_.state().has_value();
  if ((grows || !saved_.ok()) && SteadyClock::now() >= save_at_) Save();
  if (recorder_.empty()) {
    screen_.ShowRunning("nothing recorded yet", "");
    return;
  }
  const std::string totals = Totals(recorder_.Intervals());
  screen_.ShowRunning(StateName(), absl::StrCat("  ", Lasted(), saved_.ok() ? "" : "   NOT SAVED",
                                                totals.empty() ? "" : "   in all: ", totals));
}

void Recording::ReadClock() {
  // The clock that captures are stamped by.
  const int64_t back_ns =
      recorder_.Advance(absl::ToUnixNanos(absl::FromChrono(std::chrono::system_clock::now())));
  if (back_ns == 0) return;
  constexpr int64_t kMilli = 1'000'000;
  const int64_t rounded_ns = std::max(kMilli, (back_ns + kMilli / 2) / kMilli * kMilli);
  const std::string until = TimeOfDay(recorder_.now_ns());
  screen_.Say(absl::StrCat("the clock went back by ", FormatDurationNs(rounded_ns),
                           ": until it is ", until, " again, every key counts as pressed at ",
                           until, "; if that is long, end here and record another file"));
}

void Recording::Change(TruthRecorder::State state) {
  const std::string before =
      recorder_.empty() ? "" : absl::StrCat("   after ", Lasted(), " of ", StateName());
  if (!recorder_.Change(state)) return;
  screen_.Say(absl::StrCat(TimeOfDay(recorder_.now_ns()), "  ", StateName(), before));
  Save();
}

void Recording::Undo() {
  const std::string undone = StateName();
  if (!recorder_.Undo()) {
    screen_.Say("nothing to undo");
    return;
  }
  const std::string since =
      recorder_.empty() ? "nothing is recorded"
                        : absl::StrCat(StateName(), " since ", TimeOfDay(recorder_.since_ns()));
  screen_.Say(absl::StrCat(TimeOfDay(recorder_.now_ns()), "  undone: ", undone, "; ", since));
  Save();
}

Truth Recording::Recorded() const {
  Truth truth;
  truth.intervals = recorder_.Intervals();
  truth.absolute = true;
  truth.comments = {absl::StrCat("# recorded by silhouette label ", Version())};
  return truth;
}

// What was recorded replaces the file. A truth without intervals is none, so then there is no file.
void Recording::Save() {
  ReadClock();
  save_at_ = SteadyClock::now() + kSaveEvery;
  const Truth truth = Recorded();
  const bool went_well = saved_.ok();
  if (!truth.intervals.empty()) {
    saved_ = WriteFileByRename(out_, FormatTruth(truth));
    has_file_ |= saved_.ok();
  } else if (has_file_) {
    std::error_code ignored;
    std::filesystem::remove(out_, ignored);
    has_file_ = false;
  }
  if (went_well && !saved_.ok()) {
    screen_.Say(absl::StrCat(std::string(saved_.message()), "; trying again each second"));
  }
  if (!went_well && saved_.ok()) screen_.Say(absl::StrCat(out_, ": is written again"));
}

absl::Status Recording::Finish() {
  Save();
  screen_.Clear();
  const Truth truth = Recorded();
  const size_t intervals = truth.intervals.size();
  if (intervals == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(out_, ": is not written, for nothing was recorded; press a class's key"));
  }
  if (!saved_.ok()) {
    std::cout << FormatTruth(truth) << std::flush;
    return absl::Status(saved_.code(), absl::StrCat(std::string(saved_.message()),
                                                    "; standard output has what was recorded"));
  }
  std::cout << out_ << ": " << intervals << (intervals == 1 ? " interval; " : " intervals; ")
            << Totals(truth.intervals) << "\n"
            << std::flush;
  if (!std::cout) return absl::UnavailableError("standard output cannot be written");
  return absl::OkStatus();
}

}  // namespace

absl::Status RecordLabels(const std::string& out, const LabelKeys& keys) {
  Keyboard keyboard;
  Recording recording(out, keys);
  while (!keyboard.ended()) {
    const std::optional<char> key = keyboard.Wait(kRedrawEvery);
    if (key && !recording.Take(*key)) break;
    recording.Tick();
  }
  return recording.Finish();
}

}  // namespace silhouette
