#include "cli/schema_command.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/report_flags.h"
#include "cli/schema_json.h"
#include "common/duration.h"
#include "common/schema.h"

namespace silhouette {
namespace {

struct SchemaFlags {
  std::string name;  // empty: all
  bool json = false;
  bool markdown = false;
};

std::string UsualSpec(const FeatureSchema& schema) {
  return absl::StrCat("subject=", schema.usual_subject, ",window=", schema.usual_window,
                      ",schema=", schema.name);
}

std::string EmptyValue(const Feature& feature) {
  return absl::StrFormat("%g", feature.empty_value);
}

void PrintList() {
  for (const FeatureSchema& schema : AllSchemas()) {
    std::cout << absl::StreamFormat("%-14s %3d features  %s\n", schema.name, schema.features.size(),
                                    UsualSpec(schema));
  }
  std::cout << "\nsilhouette schema NAME shows the features of one.\n";
}

void PrintText(const FeatureSchema& schema) {
  std::cout << schema.name << ", hash " << schema.Hash() << "\n"
            << schema.description << "\n"
            << "Horizon " << FormatDurationNs(schema.horizon_ns) << "; usually "
            << UsualSpec(schema) << "\n\n";
  size_t width = 0;
  for (const Feature& f : schema.features) width = std::max(width, f.name.size());
  for (const Feature& f : schema.features) {
    std::cout << absl::StreamFormat("%-*s  %-9s %s", static_cast<int>(width), f.name, f.unit,
                                    f.formula);
    if (f.empty_value != 0) std::cout << "; " << EmptyValue(f) << " if empty";
    std::cout << "\n";
  }
}

void PrintMarkdown() {
  std::cout << "# Features\n\n"
               "Made by `silhouette schema --markdown`. A window is a pure function of its "
               "subject's packets in [start − horizon, end).\n";
  for (const FeatureSchema& schema : AllSchemas()) {
    std::cout << "\n## " << schema.name << "\n\n"
              << schema.description << "\n\n"
              << "Hash `" << schema.Hash() << "`, horizon " << FormatDurationNs(schema.horizon_ns)
              << ", usually `" << UsualSpec(schema) << "`.\n\n"
              << "| | feature | unit | formula | if empty |\n|---|---|---|---|---|\n";
    int number = 0;
    for (const Feature& f : schema.features) {
      std::cout << "| " << ++number << " | `" << f.name << "` | " << f.unit << " | " << f.formula
                << " | " << EmptyValue(f) << " |\n";
    }
  }
}

absl::Status Print(const SchemaFlags& flags) {
  if (flags.markdown) {
    PrintMarkdown();
  } else if (flags.name.empty() && flags.json) {
    for (const FeatureSchema& schema : AllSchemas()) std::cout << SchemaJson(schema) << "\n";
  } else if (flags.name.empty()) {
    PrintList();
  } else {
    const auto schema = FindSchema(flags.name);
    if (!schema.ok()) return schema.status();
    if (flags.json) {
      std::cout << SchemaJson(**schema) << "\n";
    } else {
      PrintText(**schema);
    }
  }
  std::cout.flush();
  return std::cout ? absl::OkStatus() : absl::UnavailableError("standard output cannot be written");
}

}  // namespace

void AddSchemaCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<SchemaFlags>();
  CLI::App* app = parent->add_subcommand("schema", "Show what features there are, with formulas");
  CLI::Option* name = app->add_option("NAME", flags->name, "Schema to show; all without");
  CLI::Option* json = app->add_flag("--json", flags->json, "As JSON");
  app->add_flag("--markdown", flags->markdown, "All of them as a page (docs/features.md)")
      ->excludes(name)
      ->excludes(json);
  app->footer(
      "Examples:\n"
      "  silhouette schema\n"
      "  silhouette schema traffic.v1\n"
      "  silhouette schema presence.v1 --json | jq -r '.features[].name'\n\n"
      "Exit status: 0 done; 1 no such schema; 2 usage.");
  app->callback([flags, exit_status] {
    const absl::Status status = Print(*flags);
    *exit_status = status.ok() ? 0 : ReportFailure("schema", status);
  });
}

}  // namespace silhouette
