#include "cli/detector_flags.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "capture-svc/flags.h"
#include "classify-svc/novelty.h"
#include "common/duration.h"

namespace silhouette {
namespace {

absl::StatusOr<std::map<size_t, size_t>> ParseLeastWindows(
    const std::vector<std::string>& texts, const std::vector<std::string>& classes) {
  constexpr size_t kMost = 1000;
  std::map<size_t, size_t> least;
  for (const std::string& text : texts) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
    const auto found = std::find(classes.begin(), classes.end(), parts.first);
    size_t windows = 0;
    if (found == classes.end() || !absl::SimpleAtoi(parts.second, &windows) || windows < 1 ||
        windows > kMost) {
      return absl::InvalidArgumentError(absl::StrCat("--alarm-windows: \"", text,
                                                     "\"; write one of the classes and 1 to ",
                                                     kMost, ", as ", classes.back(), "=3"));
    }
    least[static_cast<size_t>(found - classes.begin())] = windows;
  }
  return least;
}

}  // namespace

void AddDetectorFlags(CLI::App* app, DetectorFlags* flags) {
  CLI::Option_group* group = app->add_option_group(
      "Lists of captures", "Learn to raise alarms, from many captures of many devices");
  CLI::Option* list =
      group
          ->add_option("--list", flags->lists,
                       "Captures with their labels: tab-separated, with the columns path, label "
                       "and, as you like, device, role, truth, source, simulated (repeatable)")
          ->type_name("TSV")
          ->allow_extra_args(false);
  group
      ->add_option(
          "--alarms-per-day", flags->options.alarms_per_day,
          "A threshold for each class: the least with which no more false alarms of it "
          "come on a device a day, on sources of a day and longer that training never saw; "
          "of shorter ones, one in twenty may raise any")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1000.0))
      ->needs(list);
  group
      ->add_option("--quiet", flags->quiet,
                   "Windows of a class at most so far apart are one alarm, and one incident")
      ->type_name("TIME")
      ->capture_default_str()
      ->needs(list);
  group
      ->add_option(
          "--alarm-windows", flags->least_windows,
          "So many windows of a class, none further apart than --quiet, make an alarm, and "
          "an incident; fewer make none: as c2=3 (repeatable; default: 1)")
      ->type_name("RULE")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(list);
  group
      ->add_option("--unknown-share", flags->options.unknown_share,
                   "Share of the windows of captures that training never saw which may be called "
                   "unknown, for being unlike all of the training; 0: none ever is")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.5))
      ->needs(list);
}

absl::StatusOr<DetectorRequest> DetectorRequestOf(const DetectorFlags& flags,
                                                  const LabelledFlags& captures,
                                                  const WindowFlags& windows,
                                                  const std::string& schema,
                                                  const std::vector<std::string>& classes) {
  if (captures.any()) {
    return absl::InvalidArgumentError("--pcap: give single captures or a --list, not both");
  }
  if (classes.size() < 2) {
    return absl::InvalidArgumentError(
        "--classes: name them, the one first that is nothing to tell of, as "
        "benign,scan,flood");
  }
  if (std::find(classes.begin(), classes.end(), kUnknownClass) != classes.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--classes: ", kUnknownClass,
                     " is said of windows that are unlike all others (--unknown-share); name the "
                     "class otherwise"));
  }
  DetectorRequest request;
  request.lists = flags.lists;
  request.classes = classes;
  request.options = flags.options;
  const auto quiet = ParseDurationNs(flags.quiet);
  if (!quiet.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--quiet: ", std::string(quiet.status().message())));
  }
  request.options.quiet_ns = *quiet;
  auto least = ParseLeastWindows(flags.least_windows, classes);
  if (!least.ok()) return least.status();
  request.options.least_windows = *std::move(least);
  const auto spec = SpecOf(windows, schema);
  if (!spec.ok()) return spec.status();
  request.spec = *spec;
  if (request.spec.subject() != v1::SUBJECT_KIND_DEVICE) {
    return absl::InvalidArgumentError("--subject: a list is about devices; say --subject device");
  }
  auto read = MakeCaptureOptions(captures.read);
  if (!read.ok()) return read.status();
  request.read = *std::move(read);
  return request;
}

std::string UseLine(const ListUse& use) {
  return absl::StrCat(use.captures, " captures, ", use.rows,
                      " windows; left out: ", use.other_labels, " captures of other classes, ",
                      use.partial, " partial windows, ", use.without_attack,
                      " of attacks in which nothing was sent, ", use.silent, " silent ones");
}

absl::StatusOr<std::map<std::string, v1::Severity>> ParseIncidents(
    const std::vector<std::string>& texts) {
  std::map<std::string, v1::Severity> severities;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    v1::Severity severity = v1::SEVERITY_UNSPECIFIED;
    const bool known =
        equals != text.npos &&
        v1::Severity_Parse(
            absl::StrCat("SEVERITY_", absl::AsciiStrToUpper(text.substr(equals + 1))), &severity) &&
        severity != v1::SEVERITY_UNSPECIFIED;
    if (!known) {
      return absl::InvalidArgumentError(
          absl::StrCat("--incident: \"", text, "\"; write CLASS=low, CLASS=medium or CLASS=high"));
    }
    severities[text.substr(0, equals)] = severity;
  }
  return severities;
}

}  // namespace silhouette
