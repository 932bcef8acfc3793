#include "cli/evaluation_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "absl/strings/str_cat.h"
#include "cli/evaluation_lines.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

struct Judged {
  Dataset data;
  Comparison comparison;
};

// Rows i that were tested: of class i % 2, said to be person with probability 0.6 or 1/3.
ModelResult ResultOn(const std::vector<size_t>& rows, const std::string& split, bool leaks) {
  ModelResult result;
  result.split = split;
  result.split_title = split + " left out";
  result.leaks = leaks;
  result.model = "xgboost";
  result.model_title = "XGBoost";
  result.has_probabilities = true;
  Predictions& predictions = result.predictions;
  predictions.classes = 2;
  result.timeline.emplace();
  for (size_t row : rows) {
    const bool said = row % 3 == 0;
    predictions.row.push_back(row);
    predictions.truth.push_back(row % 2);
    predictions.said.push_back(said ? 1 : 0);
    const double probability = said ? 0.6 : 1.0 / 3;
    predictions.probabilities.insert(predictions.probabilities.end(),
                                     {1 - probability, probability});
    result.timeline->forward.push_back({1, 0.9});
    result.timeline->viterbi.push_back({0, 0.9});
  }
  result.metrics = MetricsOf(predictions, 1);
  result.importance = {{0.75, 1.5}, {0.25, 0.5}};
  result.fit_seconds = 0.125;
  return result;
}

// Two recordings of one file, of three windows each, numbered from 7 on.
Judged Judge() {
  Judged judged;
  Dataset& data = judged.data;
  data.feature_names = {"packets", "bytes"};
  data.classes = {"nobody", "person"};
  for (size_t row = 0; row < 6; ++row) {
    data.features.insert(data.features.end(), {1, 2});
    data.label.push_back(static_cast<int>(row % 2));
    data.window.push_back(static_cast<int64_t>(7 + row % 3));
    data.sequence.push_back(row / 3);
    data.source.push_back(0);
    data.line.push_back(row + 2);
  }
  data.source_names = {"call.csv"};
  judged.comparison.results.push_back(ResultOn({0, 4}, "random", true));
  judged.comparison.results.push_back(ResultOn({0, 2, 3, 4, 5}, "blocked", false));
  judged.comparison.curve_split = "random";
  judged.comparison.curve_split_title = "random left out";
  judged.comparison.curves_leak = true;
  judged.comparison.curves.push_back({"xgboost", "XGBoost", {{10, 1, 0.5, 0.01}}});
  return judged;
}

// The page's data as a browser reads it: up to the first </script>.
Json DataOf(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="data">)";
  const size_t from = page.find(begin) + begin.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(EvaluationReportTest, TheHeadSaysWhatWasJudgedAndWhatToBelieve) {
  Judged judged = Judge();
  judged.data.simulated = true;
  const Json report = ReportJson(judged.data, judged.comparison, 1);
  EXPECT_EQ(report["simulated"], true);
  EXPECT_EQ(report["files"], Json::parse(R"([{"name":"call.csv","rows":6}])"));
  EXPECT_EQ(report["rows"], 6);
  EXPECT_EQ(report["classes"],
            Json::parse(R"([{"name":"nobody","rows":3},{"name":"person","rows":3}])"));
  EXPECT_EQ(report["positive"], 1);
  EXPECT_EQ(report["features"], Json::parse(R"(["packets","bytes"])"));
  EXPECT_EQ(report["leakage"], LeakageSentence(judged.comparison.results));
}

TEST(EvaluationReportTest, EachResultIsThatOfTheJsonLinesWithTitlesForPeople) {
  const Judged judged = Judge();
  const Json report = ReportJson(judged.data, judged.comparison, 1);
  ASSERT_EQ(report["results"].size(), 2U);
  Json blocked = report["results"][1];
  EXPECT_EQ(blocked["title"], "XGBoost");
  EXPECT_EQ(blocked["split_title"], "blocked left out");
  EXPECT_EQ(blocked["confusion"].size(), 2U);
  EXPECT_EQ(blocked["calibration"].size(), kCalibrationBins);
  EXPECT_EQ(blocked["importance"]["packets"]["shap"], 1.5);
  blocked.erase("title");
  blocked.erase("split_title");
  EXPECT_EQ(blocked, ResultJson(judged.data, judged.comparison.results[1], 1));
}

TEST(EvaluationReportTest, CurvesSayWhetherTheirSplitLeaks) {
  const Judged judged = Judge();
  const Json report = ReportJson(judged.data, judged.comparison, 1);
  EXPECT_EQ(report["curve_split"], "random left out");
  EXPECT_EQ(report["curves_leak"], true);
  EXPECT_EQ(report["curves"][0]["title"], "XGBoost");
  EXPECT_EQ(report["curves"][0]["learning_curve"][0]["test_accuracy"], 0.5);
}

TEST(EvaluationReportTest, TheTimelineIsOfTheSplitThatDoesNotLeakSequenceBySequence) {
  const Judged judged = Judge();
  const Json timelines = ReportJson(judged.data, judged.comparison, 1)["timelines"];
  ASSERT_EQ(timelines.size(), 1U);
  EXPECT_EQ(timelines[0]["result"], 1);
  EXPECT_EQ(timelines[0]["sequences"], 2);
  const Json& first = timelines[0]["shown"][0];
  EXPECT_EQ(first["file"], "call.csv");
  EXPECT_EQ(first["first_line"], 2);
  EXPECT_EQ(first["last_line"], 4);
  EXPECT_EQ(first["first_window"], 7);
  EXPECT_EQ(first["tested"], 2);
  EXPECT_EQ(first["window"], Json::parse("[0,2]"));  // 8 was not tested
  EXPECT_EQ(first["truth"], Json::parse("[0,0]"));
  EXPECT_EQ(first["said"], Json::parse("[1,0]"));
  EXPECT_EQ(first["probability"], Json::parse("[0.6,0.3333]"));
  EXPECT_EQ(first["forward"], Json::parse("[1,1]"));
  EXPECT_EQ(first["viterbi"], Json::parse("[0,0]"));
  EXPECT_EQ(timelines[0]["shown"][1]["window"], Json::parse("[0,1,2]"));
}

TEST(EvaluationReportTest, WhereAllSplitsLeakTheTimelineIsOfTheFirst) {
  Judged judged = Judge();
  judged.comparison.results.pop_back();
  const Json timelines = ReportJson(judged.data, judged.comparison, 1)["timelines"];
  ASSERT_EQ(timelines.size(), 1U);
  EXPECT_EQ(timelines[0]["result"], 0);
}

TEST(EvaluationReportTest, TheLongestSequencesAreShownCutAndCounted) {
  Judged judged;
  Dataset& data = judged.data;
  data.feature_names = {"packets", "bytes"};
  data.classes = {"nobody", "person"};
  data.source_names = {"call.csv"};
  std::vector<size_t> rows;
  // One window in each sequence but the last.
  for (size_t row = 0; row < kTimelineSequences + kTimelineWindows + 1; ++row) {
    rows.push_back(row);
    data.label.push_back(0);
    data.window.push_back(static_cast<int64_t>(row));
    data.sequence.push_back(std::min(row, kTimelineSequences));
    data.source.push_back(0);
    data.line.push_back(row + 2);
  }
  judged.comparison.results.push_back(ResultOn(rows, "blocked", false));
  const Json timeline = ReportJson(data, judged.comparison, 1)["timelines"][0];
  EXPECT_EQ(timeline["sequences"], kTimelineSequences + 1);
  ASSERT_EQ(timeline["shown"].size(), kTimelineSequences);
  EXPECT_EQ(timeline["shown"][0]["first_line"], 2);
  EXPECT_EQ(timeline["shown"].back()["tested"], kTimelineWindows + 1);
  EXPECT_EQ(timeline["shown"].back()["window"].size(), kTimelineWindows);
}

TEST(EvaluationReportTest, NamesNeverBecomeMarkup) {
  Judged judged = Judge();
  const std::string evil = "</script><img src=x onerror=alert(1)><!--{{data}}";
  judged.data.classes[1] = evil;
  judged.data.feature_names[0] = evil;
  judged.data.source_names[0] = evil + "\xff";
  const std::string page = ReportPage(judged.data, judged.comparison, 1);
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  const Json report = DataOf(page);
  EXPECT_EQ(report["classes"][1]["name"], evil);
  EXPECT_EQ(report["features"][0], evil);
  EXPECT_EQ(report["results"][1]["importance"][evil]["gain"], 0.75);
  EXPECT_EQ(report["files"][0]["name"], evil + "\xef\xbf\xbd");  // no UTF-8
}

TEST(EvaluationReportTest, ThePageHoldsAllItNeedsAndTheLicenceOfTheCharts) {
  const Judged judged = Judge();
  const std::string page = ReportPage(judged.data, judged.comparison, 1);
  EXPECT_EQ(DataOf(page), ReportJson(judged.data, judged.comparison, 1));
  EXPECT_THAT(page, HasSubstr("Chart.js v3"));
  EXPECT_THAT(page, HasSubstr("Released under the MIT License"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_FALSE(std::regex_search(page, std::regex("\\{\\{[a-z_.]+\\}\\}"))) << "not filled in";
  EXPECT_FALSE(std::regex_search(page, std::regex("<link|<script[^>]+src=|@import|url\\(")));
}

TEST(EvaluationReportTest, EqualResultsGiveEqualPagesButForFitTimes) {
  const std::regex seconds("\"fit_seconds\":[^,}]+");
  Judged judged = Judge();
  const std::string page = ReportPage(judged.data, judged.comparison, 1);
  EXPECT_EQ(ReportPage(judged.data, judged.comparison, 1), page);
  judged.comparison.results[0].fit_seconds = 3;
  judged.comparison.curves[0].points[0].fit_seconds = 4;
  const std::string other = ReportPage(judged.data, judged.comparison, 1);
  EXPECT_NE(other, page);
  EXPECT_EQ(std::regex_replace(other, seconds, ""), std::regex_replace(page, seconds, ""));
}

}  // namespace
}  // namespace silhouette
