#include "cli/train_command.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/detection_lines.h"
#include "cli/detector_flags.h"
#include "cli/labelled_flags.h"
#include "cli/report_flags.h"
#include "cli/step_line.h"
#include "learn/bundle/bundle_writer.h"
#include "learn/bundle/card.h"
#include "learn/bundle/training_run.h"

namespace silhouette {
namespace {

struct TrainOptions {
  TrainingRequest request;
  LabelledFlags captures;
  DetectorFlags detector;
  std::vector<std::string> incidents;  // CLASS=SEVERITY
  std::vector<std::string> held_out;   // sources
  WindowFlags windows;
  std::string schema = "presence.v1";
  bool json = false;
};

constexpr char kFooter[] = R"(
Examples:
  silhouette train --pcap call.pcap --truth call_truth.csv --source "my call of 3 May" -o models
  silhouette train zoom_call_windows.csv --label person --classes background,person \
      --blocks segment --source "my own call of 3 May" -o models

A truth says what was so from when to when; a window takes the label at its middle, and those
without one are left out. Its intervals are the blocks: give several of each class, in turns, or cut
long ones by --block-length. What the truth is about is found as `run` finds a call.

FILE has a header, one row a window in the order of time, and a column for each feature of the
schema, by name. The label column holds a class by name, or 0, 1, ... with --classes. The blocks
column holds a number that is equal for windows that belong together, as those of one minute or one
call. A column "window", if there, numbers the windows, so that holes are seen.

Neighbouring windows look alike. A model that was trained on a window's neighbours has all but seen
the window, and scores too well. So the score to believe leaves whole blocks out, two at a time; a
random split is printed beside it, called leaking, only to be compared with published figures.

Written are OUT/NAME/VERSION/model.ubj and manifest.json, and OUT/NAME/CARD.md.)";

void AddDataOptions(CLI::App* train, TrainOptions* options) {
  TrainingRequest& request = options->request;
  train->add_option("FILE", request.files, "Tables of labelled windows, CSV");
  train->add_option("--label", request.columns.label, "Column that holds the class");
  train
      ->add_option("--classes", request.columns.classes,
                   "Names of the classes in the order of their numbers, as background,person; "
                   "without it, the labels' texts, sorted")
      ->delimiter(',')
      ->allow_extra_args(false);  // or it would take FILE for a class
  train->add_option("--blocks", request.columns.blocks,
                    "Column that says which windows belong together and must not be torn between "
                    "training and test, as those of one minute or one call");
  train->add_option("--source", request.source, "Where the data comes from, for the card");
}

void AddModelOptions(CLI::App* train, TrainOptions* options) {
  TrainingRequest& request = options->request;
  train->add_option("--schema", options->schema, "Feature schema by name")->capture_default_str();
  train->add_option("--name", request.name, "Name of the model")->capture_default_str();
  train->add_option("--version", request.version, "Version of the model, a whole number")
      ->capture_default_str();
  AddWindowFlags(train, &options->windows);
  train->add_option("-o,--out", request.models, "Folder of the models")
      ->type_name("FOLDER")
      ->capture_default_str();
  train->add_flag("--balance", request.balanced, "Let each class weigh the same, however rare");
  train->add_flag("--force", request.force, "Replace the version if it exists");
  train->add_flag("--json", options->json, "Print the manifest as JSON instead of a table");
}

std::string Cell(bool measured, double share) {
  return measured ? absl::StrFormat("%9.3f", share) : absl::StrFormat("%9s", "-");
}

void PrintTable(const TrainingRequest& request, const v1::ModelManifest& manifest) {
  int width = 0;
  for (const v1::EvaluationResult& result : manifest.evaluation()) {
    width = std::max(width, static_cast<int>(result.split().size()));
  }
  std::cout << absl::StreamFormat("%-*s %8s %9s %9s %9s %9s\n", width, "split", "windows",
                                  "accuracy", "forward", "Viterbi", "sure");
  for (const v1::EvaluationResult& result : manifest.evaluation()) {
    std::cout << absl::StreamFormat(
        "%-*s %8d %9.3f %s %s %s%s\n", width, result.split(), result.rows(), result.accuracy(),
        Cell(result.has_forward_accuracy(), result.forward_accuracy()),
        Cell(result.has_viterbi_accuracy(), result.viterbi_accuracy()),
        Cell(result.has_stated_confidence(), result.stated_confidence()),
        result.leaks() ? "  leaks" : "");
  }
  std::cout << "sure: mean probability that the Viterbi timeline states; above its share of right "
               "windows it is too sure of itself.\n";
  if (const v1::EvaluationResult* result = ResultToBelieve(manifest); result != nullptr) {
    std::cout << absl::StreamFormat(
        "Believe \"%s\": %.3f a window. A split that leaks has trained on its test windows or on "
        "their neighbours.\n",
        result->split(), result->accuracy());
  } else {
    std::cout
        << "Believe none of these: every split leaks. Name --blocks, or give several files.\n";
  }
  std::cout << absl::StreamFormat("Wrote %s/%s/%s and %s/%s/CARD.md\n", request.models,
                                  manifest.name(), manifest.version(), request.models,
                                  manifest.name());
}

// Completes the request by what the flags say.
absl::Status FillRequest(TrainOptions* options) {
  TrainingRequest& request = options->request;
  absl::Status status = CheckDataFlags(request.files, request.columns, options->captures);
  if (!status.ok()) return status;
  auto captures = CapturesOf(options->captures);
  if (!captures.ok()) return captures.status();
  request.captures = *std::move(captures);
  const auto spec = SpecOf(options->windows, options->schema);
  if (!spec.ok()) return spec.status();
  request.spec = *spec;
  return absl::OkStatus();
}

// Of lists of captures.
absl::StatusOr<v1::ModelManifest> TrainOnLists(const TrainOptions& options) {
  const TrainingRequest& request = options.request;
  if (!request.files.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--list: give lists or tables, not both; ", request.files[0], " is a table"));
  }
  const auto detector = DetectorRequestOf(options.detector, options.captures, options.windows,
                                          options.schema, request.columns.classes);
  if (!detector.ok()) return detector.status();
  auto incidents = ParseIncidents(options.incidents);
  if (!incidents.ok()) return incidents.status();
  const DetectorBundle bundle{request.name,  request.version,  request.source,       request.models,
                              request.force, options.held_out, *std::move(incidents)};
  StepLine line;
  auto manifest =
      TrainDetector(*detector, bundle, [&line](size_t done, size_t steps, const std::string& what) {
        line.Show(done, steps, what);
      });
  line.Clear();
  return manifest;
}

int PrintManifest(const v1::ModelManifest& manifest) {
  const absl::StatusOr<std::string> json = ManifestToJson(manifest);
  if (!json.ok()) return ReportFailure("train", json.status());
  std::cout << *json;
  return 0;
}

int RunOnLists(const TrainOptions& options) {
  const auto manifest = TrainOnLists(options);
  if (!manifest.ok()) return ReportFailure("train", manifest.status());
  if (options.json) return PrintManifest(*manifest);
  WriteDetectionText(manifest->evaluation(), &std::cout);
  std::cout << absl::StreamFormat("Wrote %s/%s/%s and %s/%s/CARD.md\n", options.request.models,
                                  manifest->name(), manifest->version(), options.request.models,
                                  manifest->name());
  return 0;
}

int Run(TrainOptions* options) {
  if (options->detector.any()) return RunOnLists(*options);
  const auto fail = [](const absl::Status& status) { return ReportFailure("train", status); };
  if (absl::Status filled = FillRequest(options); !filled.ok()) return fail(filled);
  StepLine line;
  options->request.tell_use = [&line](const CaptureUse& use) {
    line.Clear();
    std::cerr << UseLine(use) << "\n";
  };
  const absl::StatusOr<v1::ModelManifest> manifest =
      RunTraining(options->request, [&line](size_t done, size_t steps, const std::string& what) {
        line.Show(done, steps, what);
      });
  line.Clear();
  if (!manifest.ok()) return fail(manifest.status());
  if (!options->json) {
    PrintTable(options->request, *manifest);
    return 0;
  }
  return PrintManifest(*manifest);
}

}  // namespace

void AddTrainCommand(CLI::App* parent, int* exit_status) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* train = parent->add_subcommand(
      "train",
      "Train a model from captures with truth or labelled windows, and score it on blocks it has "
      "not seen");
  AddDataOptions(train, options.get());
  AddModelOptions(train, options.get());
  AddLabelledFlags(train, &options->captures);
  AddDetectorFlags(train, &options->detector);
  train
      ->add_option("--incident", options->incidents,
                   "Windows of this class are incidents, as scan=medium, flood=high (repeatable; "
                   "with --list)")
      ->type_name("RULE")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs("--list");
  train
      ->add_option(
          "--hold-out", options->held_out,
          "Source that the model is not trained on, to try it on (repeatable; with --list)")
      ->type_name("SOURCE")
      ->allow_extra_args(false)
      ->needs("--list");
  train->footer(kFooter);
  train->callback([options, exit_status] { *exit_status = Run(options.get()); });
}

}  // namespace silhouette
