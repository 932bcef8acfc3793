#include "feature-svc/flags.h"

#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/window_spec.h"

namespace silhouette {

void AddLimitFlags(CLI::App* app, FeatureLimits* limits) {
  // Samples are numbered by 32 bits.
  constexpr size_t kMost = std::numeric_limits<uint32_t>::max() / 2;
  app->add_option(
         "--max-subjects", limits->subjects,
         "Subjects of one kind that are kept; beyond, the least recently active are evicted "
         "and their windows partial")
      ->check(CLI::Range(FeatureLimits::kMinSubjects, kMost))
      ->capture_default_str();
  app->add_option("--max-window-samples", limits->window_samples,
                  "Packets that one window of one subject uses; with more it is partial")
      ->check(CLI::Range(size_t{1}, kMost))
      ->capture_default_str();
  app->add_option("--max-samples", limits->samples,
                  "Packets that are kept for the open windows of one spec; more are shed")
      ->check(CLI::Range(size_t{1}, kMost))
      ->capture_default_str();
}

absl::StatusOr<SpecSet> ParseSpecFlags(const std::vector<std::string>& texts) {
  SpecSet set;
  std::set<std::string> known;
  for (const std::string& text : texts) {
    const auto spec = ParseSpec(text);
    if (!spec.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--spec: ", std::string(spec.status().message())));
    }
    if (!known.insert(SpecText(*spec)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("--spec: ", FormatSpec(*spec), " is given twice; once is enough"));
    }
    set.specs.push_back(*spec);
  }
  set.hash = SpecSetHash(set.specs);
  return set;
}

}  // namespace silhouette
