#include "gateway/flags.h"

#include <cstdint>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

// "90d", "36h", "15m" or "forever".
absl::StatusOr<absl::Duration> ParseAge(const std::string& flag, const std::string& text) {
  if (text == "forever") return absl::InfiniteDuration();
  int64_t count = 0;
  const bool is_number =
      text.size() > 1 && absl::SimpleAtoi(text.substr(0, text.size() - 1), &count);
  if (is_number && count > 0 && count <= 100'000) {
    if (text.back() == 'd') return absl::Hours(24 * count);
    if (text.back() == 'h') return absl::Hours(count);
    if (text.back() == 'm') return absl::Minutes(count);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": \"", text, "\" is no age; write it as 90d, 36h or 15m, or forever"));
}

}  // namespace

void AddStoreFlags(CLI::App* app, StoreFlags* flags) {
  const char* const kept = "What is kept";
  app->add_option("--store", flags->store, "SQLite file of the verdicts; made if missing")
      ->type_name("FILE")
      ->capture_default_str();
  app->add_option("--keep", flags->keep,
                  "How long verdicts are kept, from when they were stored: 90d, 36h, forever")
      ->type_name("AGE")
      ->capture_default_str()
      ->group(kept);
  app->add_option("--keep-features", flags->keep_features,
                  "How long the features behind verdicts are kept; most of the store")
      ->type_name("AGE")
      ->capture_default_str()
      ->group(kept);
  app->add_option("--keep-summaries", flags->keep_summaries,
                  "How long the counts by the hour and the incidents are kept")
      ->type_name("AGE")
      ->capture_default_str()
      ->group(kept);
  app->add_option("--max-store", flags->store_bytes,
                  "Size above which the oldest verdicts go, whatever their age, as 10GiB; 0 for "
                  "no limit")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str()
      ->group(kept);
  app->add_option("--keep-jobs", flags->keep_jobs,
                  "How long jobs are kept once they have ended, with what they found")
      ->type_name("AGE")
      ->capture_default_str()
      ->group(kept);
  app->add_option("--spool", flags->spool,
                  "Folder for what is handed in, cut to headers, until its job ends (default: the "
                  "store's name and .spool)")
      ->type_name("FOLDER")
      ->group(kept);
  app->add_option("--spool-quota", flags->spool_bytes, "What the spool takes at most")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str()
      ->group(kept);
}

absl::StatusOr<RetentionOptions> MakeRetentionOptions(const StoreFlags& flags) {
  RetentionOptions options;
  const std::tuple<const char*, const std::string*, absl::Duration*> ages[] = {
      {"--keep", &flags.keep, &options.verdicts},
      {"--keep-features", &flags.keep_features, &options.features},
      {"--keep-summaries", &flags.keep_summaries, &options.summaries}};
  for (const auto& [flag, text, age] : ages) {
    auto parsed = ParseAge(flag, *text);
    if (!parsed.ok()) return parsed.status();
    *age = *parsed;
  }
  options.store_bytes = flags.store_bytes;
  return options;
}

absl::StatusOr<JobOptions> MakeJobOptions(const StoreFlags& flags) {
  JobOptions options;
  auto keep = ParseAge("--keep-jobs", flags.keep_jobs);
  if (!keep.ok()) return keep.status();
  options.keep = *keep;
  options.spool = flags.spool.empty() ? flags.store + ".spool" : flags.spool;
  options.spool_bytes = flags.spool_bytes;
  return options;
}

}  // namespace silhouette
