#include "gateway/evidence.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/schema.h"
#include "gateway/evidence_words.h"

namespace silhouette {
namespace {

constexpr size_t kMostPhrases = 3;

// "of all" holds what goes in and what goes out.
bool SaysTheSame(const Topic& a, const Topic& b) {
  return a.name == b.name && (a.direction == b.direction || a.direction == Direction::kAll ||
                              b.direction == Direction::kAll);
}

bool IsOutside(const Feature&, double value, const v1::TellingFeature& usual) {
  return std::isfinite(value) && (value < usual.low() || value > usual.high());
}

bool IsSomething(const Feature& feature, double value, const v1::TellingFeature&) {
  return std::isfinite(value) && value != 0 && SaysAmount(feature);
}

// Of the first features that are worth it, one a topic.
std::string Phrases(const SeenWindow& window,
                    const google::protobuf::RepeatedPtrField<v1::TellingFeature>& telling,
                    bool (*is_worth_it)(const Feature& feature, double value,
                                        const v1::TellingFeature& usual)) {
  const std::span<const Feature> columns = window.columns;
  std::vector<Topic> topics;
  std::vector<std::string> phrases;
  for (const v1::TellingFeature& usual : telling) {
    const auto column = std::find_if(columns.begin(), columns.end(), [&](const Feature& feature) {
      return feature.name == usual.name();
    });
    if (column == columns.end()) continue;
    const double value = window.features[static_cast<size_t>(column - columns.begin())];
    if (!is_worth_it(*column, value, usual)) continue;
    Topic topic = TopicOf(*column);
    const auto is_said = [&](const Topic& other) { return SaysTheSame(topic, other); };
    if (std::any_of(topics.begin(), topics.end(), is_said)) continue;
    std::string phrase = PhraseOf(window, *column, value, usual);
    if (phrase.empty()) continue;
    topics.push_back(std::move(topic));
    phrases.push_back(std::move(phrase));
    if (phrases.size() == kMostPhrases) break;
  }
  return absl::StrJoin(phrases, ", ");
}

}  // namespace

std::string EvidenceInWords(std::string_view schema, int64_t length_ns,
                            std::span<const double> features,
                            const google::protobuf::RepeatedPtrField<v1::TellingFeature>& telling) {
  const auto found = FindSchema(schema);
  if (!found.ok() || features.size() != (*found)->features.size()) return "";
  const std::vector<Feature>& columns = (*found)->features;
  const SeenWindow window{columns, features, static_cast<double>(length_ns) / 1e9};
  std::string words = Phrases(window, telling, IsOutside);
  if (!words.empty()) return words;
  // Each of them is usual by itself: what is not, is that they come together.
  return Phrases(window, telling, IsSomething);
}

}  // namespace silhouette
