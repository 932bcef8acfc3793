#include "cli/evaluate_command.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/detection_lines.h"
#include "cli/detector_flags.h"
#include "cli/evaluation_lines.h"
#include "cli/evaluation_report.h"
#include "cli/labelled_flags.h"
#include "cli/output_path.h"
#include "cli/report_flags.h"
#include "cli/step_line.h"
#include "common/duration.h"
#include "common/files.h"
#include "common/schema.h"
#include "learn/data/dataset.h"
#include "learn/data/schema_dataset.h"
#include "learn/data/split.h"
#include "learn/evaluation/comparison.h"

namespace silhouette {
namespace {

struct EvaluateFlags {
  std::vector<std::string> files;
  DatasetColumns columns;
  LabelledFlags captures;
  DetectorFlags detector;
  WindowFlags windows;  // of captures; of tables, with a schema, their length alone
  std::string positive;
  std::string schema;
  std::vector<std::string> splits;
  std::string scale = "train";
  std::string predictions;
  std::string report;
  ComparisonRequest request;
  bool json = false;
};

constexpr char kFooter[] = R"(
FILE has a header and one row a window in the order of time. Each column is a feature but the
label, what --ignore names, the columns of splits and blocks, and window, subject, start_s, end_s,
start_ns, end_ns and partial. A column window numbers the windows, so that holes are seen. Of
several files, the columns that all have are used.

Splits:
  random       a fifth of the windows left out at a time, at random: leaks, since their neighbours
               look alike and stay in the training part
  column:NAME  the windows that column NAME marks by 1 left out
  blocked      blocks (--blocks) left out at a time, with a margin around them: what a model does
               on minutes that it has not seen
  by-source    one file left out at a time: what it does on another call, room or network
  in-sample    tested on the training windows themselves: says what the model can hold, no more

Of captures, each interval of a truth is a block, and each capture a source.

With --list, of models that raise alarms: whole sources (devices, attack captures) left out, what was
found of each attack and after how long, and false alarms a day; thresholds and calibration are
fitted on other sources, and simulated captures only train. Random windows are shown beside it.

Examples:
  silhouette evaluate windows.csv --label person --blocks minute
  silhouette evaluate --pcap call.pcap --truth call_truth.csv
  silhouette evaluate windows.csv --label person --split column:test --compare --report out.html
  silhouette evaluate call1.csv call2.csv call3.csv --label person --split by-source --json
  silhouette evaluate --list labels.tsv --list simulated.tsv --classes benign,scan,flood \
      --schema traffic.v1 --subject device --window 5s --protocol all

Exit status: 0 done; 1 failed; 2 usage.)";

absl::StatusOr<size_t> PositiveClass(const EvaluateFlags& flags, const Dataset& data) {
  if (flags.positive.empty()) return data.classes.size() - 1;
  const auto found = std::find(data.classes.begin(), data.classes.end(), flags.positive);
  if (found != data.classes.end()) return static_cast<size_t>(found - data.classes.begin());
  return absl::InvalidArgumentError(absl::StrCat("--positive: \"", flags.positive,
                                                 "\" is no class; there are ",
                                                 absl::StrJoin(data.classes, ", ")));
}

// What the data allows: what leaks first, then what is to be believed first.
std::vector<std::string> UsualSplits(const EvaluateFlags& flags) {
  std::vector<std::string> splits = {"random"};
  if (flags.files.size() > 1 || flags.captures.pcaps.size() > 1) splits.push_back("by-source");
  if (!flags.columns.blocks.empty() || flags.captures.any()) splits.push_back("blocked");
  return splits;
}

absl::StatusOr<Dataset> ReadCaptures(EvaluateFlags* flags) {
  if (!flags->columns.features.empty() || !flags->columns.ignored.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flags->columns.ignored.empty() ? "--features" : "--ignore",
                     ": is of tables; the features of a capture are those of --schema"));
  }
  auto captures = CapturesOf(flags->captures);
  if (!captures.ok()) return captures.status();
  const auto spec = SpecOf(flags->windows, flags->schema.empty() ? "presence.v1" : flags->schema);
  if (!spec.ok()) return spec.status();
  captures->spec = *spec;
  captures->classes = flags->columns.classes;
  StepLine line;
  auto windows =
      ReadLabelledCaptures(*captures, [&line](size_t done, size_t steps, const std::string& what) {
        line.Show(done, steps, what);
      });
  line.Clear();
  if (!windows.ok()) return windows.status();
  for (const CaptureUse& use : windows->uses) std::cerr << UseLine(use) << "\n";
  return std::move(windows->data);
}

// That each split is one of its kinds, is there once and can be made of what is given.
absl::Status CheckSplits(const EvaluateFlags& flags) {
  std::set<std::string> seen;
  for (const std::string& split : flags.request.splits) {
    const auto refuse = [&](const std::string& why) {
      return absl::InvalidArgumentError(absl::StrCat("--split: ", split, ": ", why));
    };
    if (absl::Status s = CheckSplitName(split); !s.ok()) {
      return absl::Status(s.code(), absl::StrCat("--split: ", std::string(s.message())));
    }
    if (!seen.insert(split).second) return refuse("is there twice; give it once");
    if (MarkedColumn(split) && flags.captures.any()) {
      return refuse("is of tables; captures have no columns");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Dataset> ReadData(EvaluateFlags* flags) {
  absl::Status status = CheckDataFlags(flags->files, flags->columns, flags->captures);
  if (!status.ok()) return status;
  if (flags->captures.any()) return ReadCaptures(flags);
  for (const std::string& split : flags->request.splits) {
    if (const auto column = MarkedColumn(split)) flags->columns.marks.push_back(*column);
  }
  if (flags->schema.empty()) return ReadDataset(flags->files, flags->columns);
  const auto schema = FindSchema(flags->schema);
  if (!schema.ok()) return schema.status();
  const absl::StatusOr<int64_t> length_ns = ParseDurationNs(flags->windows.window);
  if (!length_ns.ok()) return length_ns.status();
  return ReadSchemaDataset(flags->files, flags->columns, **schema, *length_ns);
}

const std::vector<std::string>& DataFiles(const EvaluateFlags& flags) {
  return flags.captures.any() ? flags.captures.pcaps : flags.files;
}

// Before anything is read: that what is to be written can be, and takes nothing else's place.
absl::Status CheckOutputs(const EvaluateFlags& flags) {
  std::vector<std::string> taken = flags.files;
  taken.insert(taken.end(), flags.captures.pcaps.begin(), flags.captures.pcaps.end());
  taken.insert(taken.end(), flags.captures.truths.begin(), flags.captures.truths.end());
  if (!flags.predictions.empty()) {
    absl::Status status = CheckOutputPath("--predictions", flags.predictions, taken);
    if (!status.ok()) return status;
    taken.push_back(flags.predictions);
  }
  if (flags.report.empty()) return absl::OkStatus();
  return CheckOutputPath("--report", flags.report, taken);
}

absl::Status WriteFiles(const EvaluateFlags& flags, const Dataset& data,
                        const Comparison& comparison) {
  if (!flags.predictions.empty()) {
    const absl::Status written =
        WriteFileByRename(flags.predictions, PredictionsCsv(data, comparison));
    if (!written.ok()) return written;
  }
  if (flags.report.empty()) return absl::OkStatus();
  return WriteFileByRename(flags.report,
                           ReportPage(data, comparison, flags.request.options.positive));
}

absl::Status JudgeModels(EvaluateFlags* flags) {
  if (absl::Status s = CheckOutputs(*flags); !s.ok()) return s;
  if (!flags->report.empty()) flags->request.curves = true;
  flags->request.splits = flags->splits.empty() ? UsualSplits(*flags) : flags->splits;
  if (absl::Status s = CheckSplits(*flags); !s.ok()) return s;
  const absl::StatusOr<Dataset> data = ReadData(flags);
  if (!data.ok()) return data.status();
  const absl::StatusOr<size_t> positive = PositiveClass(*flags, *data);
  if (!positive.ok()) return positive.status();
  flags->request.options.positive = *positive;
  flags->request.options.scale_by =
      flags->scale == "all" ? ScaleBy::kAllRows : ScaleBy::kTrainingRows;
  StepLine line;
  const absl::StatusOr<Comparison> comparison =
      Compare(*data, flags->request, [&line](size_t done, size_t steps, const std::string& what) {
        line.Show(done, steps, what);
      });
  line.Clear();
  if (!comparison.ok()) {
    return absl::Status(
        comparison.status().code(),
        absl::StrCat(
            absl::StrJoin(DataFiles(*flags), ", "), ": ",
            std::string(comparison.status().message()),
            flags->captures.any() ? FewBlocksHint(*data, flags->request.options.split) : ""));
  }
  if (flags->json) {
    WriteResultsJson(*data, *comparison, *positive, &std::cout);
  } else {
    WriteResultsText(*data, *comparison, *positive, &std::cout);
  }
  return WriteFiles(*flags, *data, *comparison);
}

// What has no meaning for lists is refused rather than passed over.
absl::Status CheckListFlags(const EvaluateFlags& flags) {
  const std::pair<const char*, bool> of_others[] = {{"FILE", !flags.files.empty()},
                                                    {"--report", !flags.report.empty()},
                                                    {"--split", !flags.splits.empty()},
                                                    {"--label", !flags.columns.label.empty()},
                                                    {"--blocks", !flags.columns.blocks.empty()},
                                                    {"--compare", flags.request.baselines},
                                                    {"--curves", flags.request.curves}};
  for (const auto& [name, is_given] : of_others) {
    if (!is_given) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": has no meaning with --list; leave one of them out"));
  }
  return absl::OkStatus();
}

absl::Status JudgeAlarmsOf(const EvaluateFlags& flags) {
  if (absl::Status s = CheckListFlags(flags); !s.ok()) return s;
  if (!flags.predictions.empty()) {
    absl::Status s = CheckOutputPath("--predictions", flags.predictions, flags.detector.lists);
    if (!s.ok()) return s;
  }
  const auto request =
      DetectorRequestOf(flags.detector, flags.captures, flags.windows,
                        flags.schema.empty() ? "traffic.v1" : flags.schema, flags.columns.classes);
  if (!request.ok()) return request.status();
  StepLine line;
  const auto tell = [&line](size_t done, size_t steps, const std::string& what) {
    line.Show(done, steps, what);
  };
  ListUse use;
  const auto data = ReadDetectorData(*request, &use, tell);
  if (!data.ok()) return data.status();
  const auto judged = JudgeDetector(*data, request->options, tell);
  line.Clear();
  if (!judged.ok()) return judged.status();
  std::cerr << UseLine(use) << "\n";
  google::protobuf::RepeatedPtrField<v1::EvaluationResult> results;
  for (const DetectionResult& result : *judged) *results.Add() = ToProto(result, *data);
  flags.json ? WriteDetectionJson(results, &std::cout) : WriteDetectionText(results, &std::cout);
  if (flags.predictions.empty()) return absl::OkStatus();
  return WriteFileByRename(flags.predictions, DetectionCsv(*data, *judged));
}

void AddDataFlags(CLI::App* app, EvaluateFlags* flags) {
  app->add_option("FILE", flags->files, "Tables of labelled windows, CSV");
  app->add_option("--label", flags->columns.label, "Column that holds the class");
  app->add_option("--positive", flags->positive,
                  "Class that precision, recall and F1 are of (default: the last one)");
  const auto list = [&](const char* name, std::vector<std::string>* values, const char* help) {
    app->add_option(name, *values, help)->delimiter(',')->allow_extra_args(false);
  };
  list("--classes", &flags->columns.classes,
       "Names of the classes in the order of their numbers (default: the label's texts, sorted)");
  list("--ignore", &flags->columns.ignored, "Columns that are no features");
  list("--features", &flags->columns.features, "Columns that are features, and no others");
  app->add_option("--schema", flags->schema,
                  "Features of this schema, and no others; those of presence.v2 and "
                  "presence.v2.ratio follow from a table of presence.v1")
      ->excludes("--features");
  app->add_option("--blocks", flags->columns.blocks,
                  "Column that says which windows belong together, as those of one minute");
  AddLabelledFlags(app, &flags->captures);
  AddDetectorFlags(app, &flags->detector);
  AddWindowFlags(app, &flags->windows);
}

void AddSplitFlags(CLI::App* app, EvaluateFlags* flags) {
  SplitOptions& split = flags->request.options.split;
  app->add_option("--split", flags->splits,
                  "random, column:NAME, blocked, by-source or in-sample (repeatable; default: "
                  "random, and what blocks and files allow)")
      ->allow_extra_args(false);
  app->add_option("--folds", split.folds, "Parts of a random split")
      ->capture_default_str()
      ->check(CLI::Range(2, 1000));
  app->add_option("--seed", split.seed, "Of a random split")->capture_default_str();
  app->add_option("--neighbours", split.neighbours,
                  "Blocks left out at a time; 1 flatters timelines where each block is of one "
                  "class, which is then the rarer one among the others")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app->add_option("--margin", split.margin,
                  "Windows left out on both sides of test blocks (default: those of one horizon of "
                  "the schema; 10 where the columns are of none)")
      ->check(CLI::Range(0, 1'000'000));
  app->add_option("--scale", flags->scale,
                  "Rows by which features are standardised for models that want it: train, or all "
                  "(which leaks)")
      ->capture_default_str()
      ->check(CLI::IsMember({"train", "all"}));
}

}  // namespace

void AddEvaluateCommand(CLI::App* parent, int* exit_status) {
  const auto flags = std::make_shared<EvaluateFlags>();
  CLI::App* app = parent->add_subcommand(
      "evaluate",
      "How well models tell labelled windows apart that they have not seen, of captures with truth "
      "or of tables");
  AddDataFlags(app, flags.get());
  AddSplitFlags(app, flags.get());
  app->add_flag("--compare", flags->request.baselines,
                "Beside XGBoost: k-means, k-nearest neighbours, random forest, decision tree, "
                "logistic regression, linear SVM and naive Bayes");
  app->add_flag("--curves", flags->request.curves,
                "Learning curves on the first split that does not leak: score and time to train by "
                "training rows");
  app->add_option("--predictions", flags->predictions,
                  "Write what each model said of each window to this CSV file")
      ->type_name("FILE");
  app->add_option("--report", flags->report,
                  "Write a page with tables and charts of it all to this HTML file, which needs no "
                  "other and no network; measures learning curves")
      ->type_name("FILE");
  app->add_flag("--json", flags->json, "JSON Lines: one for each model on each split");
  app->footer(kFooter);
  app->callback([flags, exit_status] {
    const absl::Status status =
        flags->detector.any() ? JudgeAlarmsOf(*flags) : JudgeModels(flags.get());
    *exit_status = status.ok() ? 0 : ReportFailure("evaluate", status);
  });
}

}  // namespace silhouette
