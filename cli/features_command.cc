#include "cli/features_command.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "capture-svc/capture.h"
#include "cli/progress.h"
#include "cli/report_flags.h"
#include "cli/schema_json.h"
#include "cli/source_flags.h"
#include "cli/stopper.h"
#include "cli/window_file.h"
#include "common/accounting.h"
#include "common/files.h"
#include "common/window_spec.h"
#include "feature-svc/flags.h"
#include "learn/data/extraction.h"

namespace silhouette {
namespace {

struct FeaturesFlags {
  SourceFlags source;
  std::string out = "-";
  std::string format;  // empty: by the name of `out`
  std::vector<std::string> specs;
  std::string schema = "presence.v1";
  std::string subject;  // empty: what the schema is usually for
  std::string window;   // likewise
  std::string hop;
  std::string protocol;
  FeatureLimits limits;
};

absl::Status WrongFlag(const std::string& flag, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", std::string(status.message())));
}

// What --schema, --subject, --window, --hop and --protocol say together. Of a part that is there
// twice, the later one counts; so the first flag that spoils the text is the wrong one.
absl::StatusOr<std::string> SpecOfFlags(const FeaturesFlags& flags) {
  const auto schema = FindSchema(flags.schema);
  if (!schema.ok()) return WrongFlag("--schema", schema.status());
  std::string spec = absl::StrCat("schema=", flags.schema, ",subject=", (*schema)->usual_subject,
                                  ",window=", (*schema)->usual_window);
  for (const auto& [part, value] : {std::pair{"subject", flags.subject},
                                    {"window", flags.window},
                                    {"hop", flags.hop},
                                    {"protocol", flags.protocol}}) {
    if (value.empty()) continue;
    absl::StrAppend(&spec, ",", part, "=", value);
    const auto parsed = ParseSpec(spec);
    if (!parsed.ok()) return WrongFlag(absl::StrCat("--", part), parsed.status());
  }
  return spec;
}

absl::StatusOr<SpecSet> SpecsOf(const FeaturesFlags& flags) {
  if (!flags.specs.empty()) return ParseSpecFlags(flags.specs);
  const auto text = SpecOfFlags(flags);
  if (!text.ok()) return text.status();
  return ParseSpecFlags({*text});
}

// A capture is not written over: there may be no other.
absl::Status CheckOut(const FeaturesFlags& flags) {
  if (flags.out.empty()) {
    return absl::InvalidArgumentError("--out: names no file; - is standard output");
  }
  std::error_code not_there;
  if (IsStream(flags.out) ||
      !std::filesystem::equivalent(flags.source.file, flags.out, not_there)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--out: ", flags.out, " is the capture itself; name another file"));
}

// One schema's columns fit one table.
absl::StatusOr<WindowFormat> FormatOf(const FeaturesFlags& flags, const SpecSet& set) {
  WindowFormat format = WindowFormatOf(flags.out);
  if (!flags.format.empty()) {
    const auto named = ParseWindowFormat(flags.format);
    if (!named.ok()) return WrongFlag("--format", named.status());
    format = *named;
  }
  if (set.specs.size() > 1 && format != WindowFormat::kJsonl) {
    return absl::InvalidArgumentError(
        "--spec: several need --format jsonl, where each line says which it is of");
  }
  return format;
}

void PrintAccounts(const v1::Accounting& packets, uint64_t windows, const FeatureUse& use) {
  std::cerr << windows << " windows";
  if (use.partial_windows > 0) std::cerr << ", " << use.partial_windows << " of them partial";
  if (use.evicted_subjects > 0) std::cerr << ", " << use.evicted_subjects << " subjects evicted";
  std::cerr << "\n";
  const v1::Loss& loss = packets.loss();
  if (loss.kernel_dropped_packets() + loss.interface_dropped_packets() > 0) {
    std::cerr << "lost before they came here: " << loss.kernel_dropped_packets()
              << " by the kernel, " << loss.interface_dropped_packets() << " by the interface\n";
  }
  std::vector<std::string> reasons;
  for (const v1::FilteredCount& count : packets.filtered()) {
    reasons.push_back(absl::StrCat(count.reason(), " ", count.packets()));
  }
  if (!reasons.empty()) std::cerr << "filtered: " << absl::StrJoin(reasons, ", ") << "\n";
  std::cerr << "accounts: received " << packets.received() << " = windowed " << packets.windowed()
            << " + filtered " << FilteredPackets(packets) << " + malformed " << packets.malformed()
            << " + late " << packets.late() << " + shed " << packets.shed() << " + pending "
            << packets.pending() << "\n";
}

absl::Status WriteSchemas(const std::string& path, const SpecSet& set) {
  if (IsStream(path)) return absl::OkStatus();
  std::vector<std::string> schemas;
  for (const v1::WindowSpec& spec : set.specs) {
    schemas.push_back(absl::StrCat("{\"spec\": \"", FormatSpec(spec), "\",\n\"schema\": ",
                                   SchemaJson(**FindSchema(spec.schema())), "}"));
  }
  return WriteFileByRename(path + ".schema.json",
                           absl::StrCat("[", absl::StrJoin(schemas, ",\n"), "]\n"));
}

// What the flags ask for, checked before any packet is read.
struct Plan {
  SpecSet specs;
  WindowFormat format;
  absl::Duration duration;  // infinite: until Ctrl-C
  CaptureOptions options;
};

absl::StatusOr<Plan> PlanOf(const FeaturesFlags& flags) {
  auto specs = SpecsOf(flags);
  if (!specs.ok()) return specs.status();
  if (absl::Status status = CheckOut(flags); !status.ok()) return status;
  const auto format = FormatOf(flags, *specs);
  if (!format.ok()) return format.status();
  const auto duration = ParseDurationFlag(flags.source.duration);
  if (!duration.ok()) return duration.status();
  auto options = MakeCaptureOptions(flags.source.read);
  if (!options.ok()) return options.status();
  return Plan{*std::move(specs), *format, *duration, *std::move(options)};
}

void PrintOutcome(const CaptureProgress& progress, uint64_t windows, const FeatureUse& cost) {
  if (progress.runs > 1) {
    std::cerr << "the clock of the capture jumped: " << progress.runs
              << " runs, one behind the other, each with windows of its own\n";
  }
  PrintAccounts(progress.accounting, windows, cost);
}

// Errors: what stops the run. `incomplete` is filled when the capture ends early; what it holds is
// written all the same.
absl::Status Extract(const FeaturesFlags& flags, std::string* incomplete) {
  auto plan = PlanOf(flags);
  if (!plan.ok()) return plan.status();
  const SourceOptions source_options = SourceOf(flags.source);
  const bool live = flags.source.is_live();
  std::optional<StopSignal> stop;
  if (live) stop.emplace();
  auto opened = OpenSource(source_options);
  if (!opened.ok()) return opened.status();
  auto file = WindowFile::Open(flags.out, plan->format, **FindSchema(plan->specs.specs[0].schema()),
                               /*in_place=*/live);
  if (!file.ok()) return file.status();
  if (absl::Status status = WriteSchemas(flags.out, plan->specs); !status.ok()) return status;
  absl::Status listening = BeginToListen("features", flags.source, *opened);
  if (!listening.ok()) return listening;
  Extraction extraction(CompleteOptions(std::move(plan->options), source_options), plan->specs,
                        flags.limits,
                        [&](const v1::WindowBatch& batch) { return (*file)->Write(batch); });
  absl::Status read;
  {
    Progress progress([&] { return extraction.progress(); });
    std::optional<Stopper> stopper;
    if (live)
      stopper.emplace(
          &*stop, [&] { extraction.Stop(); }, plan->duration);
    read = extraction.Run(opened->source.get());
  }
  *incomplete = extraction.incomplete();
  const bool all_unsupported = absl::IsUnimplemented(read);
  if (!read.ok() && !all_unsupported) return read;
  if (absl::Status status = (*file)->Finish(); !status.ok()) return status;
  PrintOutcome(extraction.progress(), (*file)->windows(), extraction.cost());
  return read;
}

int Run(const FeaturesFlags& flags) {
  std::string incomplete;
  const absl::Status status = Extract(flags, &incomplete);
  if (!status.ok()) return ReportFailure("features", status);
  if (incomplete.empty()) return 0;
  return ReportFailure("features", absl::DataLossError(incomplete));
}

void AddSpecFlags(CLI::App* app, FeaturesFlags* flags) {
  CLI::Option* spec = app->add_option("--spec", flags->specs,
                                      "All of the next five in one, as "
                                      "subject=device,window=5s,hop=1s,schema=traffic.v1,"
                                      "protocol=udp+tcp (repeatable with jsonl)");
  const auto add = [&](const char* name, std::string* value, const char* help) {
    return app->add_option(name, *value, help)->excludes(spec);
  };
  add("--schema", &flags->schema, "Which features (see silhouette schema)")->capture_default_str();
  add("--subject", &flags->subject,
      "What a window is about: device, device-mac, conversation or flow (default: what the schema "
      "is usually for)");
  add("--window", &flags->window, "Length of a window, 100ms to 1h (default: the schema's usual)")
      ->type_name("TIME");
  add("--hop", &flags->hop, "From one window's start to the next's (default: its length)")
      ->type_name("TIME");
  add("--protocol", &flags->protocol, "Only packets of these, as udp+tcp (default: all)");
}

}  // namespace

void AddFeaturesCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<FeaturesFlags>();
  CLI::App* app = parent->add_subcommand(
      "features", "A capture in, windows of features out: as CSV, JSON Lines or LIBSVM");
  AddSourceFlags(app, &flags->source);
  app->add_option("-o,--out", flags->out,
                  "File to write; its schema goes to OUT.schema.json (default: standard output)")
      ->type_name("FILE");
  app->add_option("--format", flags->format,
                  "csv, jsonl or libsvm (default: by the end of OUT, else csv)");
  AddSpecFlags(app, flags.get());
  AddLimitFlags(app, &flags->limits);
  AddReadAndLiveFlags(app, &flags->source);
  app->footer(
      "Each row is one window of one subject, by start, then subject. A window appears if its\n"
      "subject had a packet in it or within the schema's horizon before it. partial = 1: a limit\n"
      "cut it short; several such rows with one start may come, of which the first stands.\n"
      "The accounts of all packets go to standard error.\n\n"
      "Examples:\n"
      "  silhouette features call.pcap -o windows.csv\n"
      "  silhouette features home.pcap --schema traffic.v1 --window 10s -o home.csv\n"
      "  silhouette features home.pcap --subject flow --format jsonl | jq .window.features\n"
      "  sudo silhouette features --interface eth0 --schema traffic.v1 -o live.jsonl\n\n"
      "Exit status: 0 done; 1 failed, or the capture was cut (what it holds is written); 2 usage.");
  app->callback([flags, exit_status] { *exit_status = Run(*flags); });
}

}  // namespace silhouette
