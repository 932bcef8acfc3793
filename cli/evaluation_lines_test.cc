#include "cli/evaluation_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_split.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Four rows of two classes, one of them named wrongly.
struct Judged {
  Dataset data;
  Comparison comparison;
};
Judged Judge() {
  Judged judged;
  Dataset& data = judged.data;
  data.feature_names = {"packets", "bytes"};
  data.features = {1, 2, 3, 4, 5, 6, 7, 8};
  data.classes = {"nobody, \"at all\"", "person"};
  data.label = {0, 0, 1, 1};
  data.window = {0, 1, 2, 3};
  data.sequence = data.source = {0, 0, 0, 0};
  data.line = {2, 3, 4, 5};
  data.source_names = {"my,call.csv"};
  ModelResult result;
  result.split = "blocked";
  result.split_title = "blocks left out";
  result.model = "xgboost";
  result.model_title = "XGBoost";
  result.has_probabilities = true;
  result.predictions = {.classes = 2,
                        .row = {0, 1, 2, 3},
                        .truth = {0, 0, 1, 1},
                        .said = {0, 1, 1, 1},
                        .probabilities = {0.9, 0.1, 0.4, 0.6, 0.25, 0.75, 0, 1}};
  result.metrics = MetricsOf(result.predictions, 1);
  result.importance = {{0.75, 1.5}, {0.25, 0.5}};
  judged.comparison.results.push_back(result);
  judged.comparison.curve_split = "blocked";
  judged.comparison.curve_split_title = "blocks left out";
  judged.comparison.curves.push_back(
      {"xgboost", "XGBoost", {{10, 1, 0.5, 0.01}, {20, 1, 0.8, 0.02}}});
  return judged;
}

TEST(EvaluationLinesTest, JsonHasALineForEachResultAndEachCurve) {
  const Judged judged = Judge();
  std::ostringstream out;
  WriteResultsJson(judged.data, judged.comparison, 1, &out);
  const std::vector<std::string> lines = absl::StrSplit(out.str(), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 2U);
  const auto result = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(result["accuracy"], 0.75);
  EXPECT_EQ(result["tp"], 2);
  EXPECT_EQ(result["fp"], 1);
  EXPECT_EQ(result["importance"]["packets"]["gain"], 0.75);
  EXPECT_EQ(result["importance"]["bytes"]["shap"], 0.5);
  const auto curve = nlohmann::json::parse(lines[1]);
  EXPECT_EQ(curve["model"], "xgboost");
  EXPECT_EQ(curve["split"], "blocked");
  EXPECT_EQ(curve["learning_curve"][1]["rows"], 20);
  EXPECT_EQ(curve["learning_curve"][1]["test_accuracy"], 0.8);
}

TEST(EvaluationLinesTest, TheTableFitsATerminalAndHasTheCurves) {
  const Judged judged = Judge();
  std::ostringstream out;
  WriteResultsText(judged.data, judged.comparison, 1, &out);
  EXPECT_THAT(out.str(), HasSubstr("XGBoost    0.750"));
  EXPECT_THAT(out.str(), HasSubstr("Learning curves, blocks left out"));
  EXPECT_THAT(out.str(), Not(HasSubstr("leaks")));
}

TEST(EvaluationLinesTest, CellsWithCommasAndQuotesAreQuoted) {
  const Judged judged = Judge();
  const std::string text = PredictionsCsv(judged.data, judged.comparison);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_THAT(lines[0], HasSubstr(R"(,"p_nobody, ""at all""",p_person,)"));
  EXPECT_EQ(lines[2],
            R"("my,call.csv",3,1,blocked,xgboost,,"nobody, ""at all""",person,0.4,0.6,,)");
}

}  // namespace
}  // namespace silhouette
