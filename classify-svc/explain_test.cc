// What each feature adds to a model's scores: of models whose SHAP values are known by hand, and of
// the bundled one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <iterator>
#include <limits>
#include <numeric>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "classify-svc/booster.h"
#include "classify-svc/bundle.h"
#include "classify-svc/service.h"
#include "classify-svc/test_bundles.h"
#include "common/grpc_server.h"

namespace silhouette {
namespace {

using namespace test_bundles;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

// A tree of one split: a row whose feature is below the threshold gets `below`, others `above`.
// The weights are how much of the training data went which way.
struct Stump {
  size_t feature;
  double threshold;
  double below, above;
  double weight_below, weight_above;

  double expected() const {
    return (below * weight_below + above * weight_above) / (weight_below + weight_above);
  }
};

// XGBoost tells 1 from 1.0.
std::string Reals(const std::vector<double>& values) {
  return absl::StrJoin(values, ",", [](std::string* text, double value) {
    absl::StrAppendFormat(text, "%.6f", value);
  });
}

std::string StumpJson(const Stump& stump, size_t features, size_t id) {
  return absl::StrCat(
      R"({"base_weights":[)", Reals({0, stump.below, stump.above}),
      R"(],"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],)",
      R"("default_left":[1,0,0],"id":)", id, R"(,"left_children":[1,-1,-1],"loss_changes":[)",
      Reals({1, 0, 0}), R"(],"parents":[2147483647,0,0],"right_children":[2,-1,-1],)",
      R"("split_conditions":[)", Reals({stump.threshold, stump.below, stump.above}),
      R"(],"split_indices":[)", stump.feature, R"(,0,0],"split_type":[0,0,0],"sum_hessian":[)",
      Reals({stump.weight_below + stump.weight_above, stump.weight_below, stump.weight_above}),
      R"(],"tree_param":{"num_deleted":"0","num_feature":")", features,
      R"(","num_nodes":"3","size_leaf_vector":"0"}})");
}

// A model as XGBoost 1.7 saves it: of one output, or of as many as classes; tree i is output
// i % outputs's.
Booster ModelOf(const std::vector<Stump>& stumps, size_t features, size_t outputs) {
  std::vector<std::string> trees, owners;
  for (size_t i = 0; i < stumps.size(); ++i) {
    trees.push_back(StumpJson(stumps[i], features, i));
    owners.push_back(absl::StrCat(i % outputs));
  }
  const std::string objective =
      outputs == 1
          ? R"({"name":"binary:logistic","reg_loss_param":{"scale_pos_weight":"1"}})"
          : absl::StrCat(R"({"name":"multi:softprob","softmax_multiclass_param":{"num_class":")",
                         outputs, R"("}})");
  const std::string json = absl::StrCat(
      R"({"learner":{"attributes":{},"feature_names":[],"feature_types":[],"gradient_booster":)",
      R"({"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":")", trees.size(),
      R"(","size_leaf_vector":"0"},"tree_info":[)", absl::StrJoin(owners, ","), R"(],"trees":[)",
      absl::StrJoin(trees, ","),
      R"(]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1",)",
      R"("boost_from_average":"1","num_class":")", outputs == 1 ? 0 : outputs,
      R"(","num_feature":")", features, R"(","num_target":"1"},"objective":)", objective,
      R"(},"version":[1,7,4]})");
  auto booster = Booster::LoadFromBytes(json);
  EXPECT_TRUE(booster.ok()) << booster.status();
  return *std::move(booster);
}

std::vector<float> Explain(const Booster& booster, const std::vector<double>& rows,
                           size_t classes) {
  std::vector<float> contributions;
  const absl::Status status = booster.Explain(rows, classes, &contributions);
  EXPECT_TRUE(status.ok()) << status;
  return contributions;
}

// A stump's feature adds what its leaf is above the mean over the training data; the bias is that
// mean. Stumps on different features do not meet, so theirs add up.
TEST(Explain, StumpsHaveTheValuesThatAreKnownByHand) {
  const Stump first{0, 0.5, -1, 2, 30, 10}, second{2, 7, 0.25, -0.5, 1, 3};
  EXPECT_EQ(first.expected(), -0.25);
  EXPECT_EQ(second.expected(), -0.3125);
  const Booster booster = ModelOf({first, second}, 3, 1);
  const auto near = [](double value) { return FloatNear(static_cast<float>(value), 1e-6f); };
  EXPECT_THAT(Explain(booster, {0, 100, 6.5, 1, 100, 8}, 2),
              ElementsAre(near(-0.75), 0, near(0.5625), near(-0.5625),  // the first row
                          near(2.25), 0, near(-0.1875), near(-0.5625)));
}

// Each class has trees of its own, and a score that begins at the base of 0.5.
TEST(Explain, OfSeveralClassesEachHasItsOwn) {
  const Stump stumps[] = {{0, 1, 1, 3, 1, 1}, {1, 1, -2, 2, 3, 1}, {0, 5, 0, 8, 7, 1}};
  const Booster booster = ModelOf({stumps[0], stumps[1], stumps[2]}, 2, 3);
  const std::vector<double> row = {2, 0};
  EXPECT_THAT(Explain(booster, row, 3), ElementsAre(1, 0, 2.5,    //
                                                    0, -1, -0.5,  //
                                                    -1, 0, 1.5));
  std::vector<float> probabilities;
  ASSERT_TRUE(booster.Predict(row, 3, &probabilities).ok());
  const double scores[] = {3.5, -1.5, 0.5};
  double sum = 0;
  for (double score : scores) sum += std::exp(score);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(probabilities[i], std::exp(scores[i]) / sum, 1e-6);
  }
}

TEST(Explain, WhatIsBeyondAllNumbersGoesTheWayOfTheLargest) {
  const Booster booster = ModelOf({{0, 0.5, -1, 2, 1, 1}}, 1, 1);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Explain(booster, {kInfinity}, 2), Explain(booster, {1}, 2));
  EXPECT_EQ(Explain(booster, {-kInfinity}, 2), Explain(booster, {0}, 2));
  EXPECT_EQ(Explain(booster, {1e300}, 2), Explain(booster, {1}, 2));
}

class ExplainServiceTest : public ::testing::Test {
 protected:
  static std::vector<std::unique_ptr<Bundle>> Bundles() {
    std::vector<std::unique_ptr<Bundle>> bundles;
    bundles.push_back(*Bundle::Load(kPresence));
    return bundles;
  }
  // Rows about the golden ones.
  std::vector<double> Row(uint32_t seed) const {
    std::minstd_rand random(seed);
    const v1::ModelManifest& manifest = engine_.bundles()[0]->manifest();
    const v1::GoldenRow& golden =
        manifest.golden_rows(static_cast<int>(seed) % manifest.golden_rows_size());
    std::vector<double> row(golden.features().begin(), golden.features().end());
    for (double& value : row) value *= 0.5 + static_cast<double>(random() % 1000) / 1000;
    return row;
  }
  grpc::Status Explain(const std::string& model, const std::string& version,
                       const std::vector<double>& row, v1::ExplainResponse* response) {
    v1::ExplainRequest request;
    request.set_model(model);
    request.set_version(version);
    request.mutable_features()->Add(row.begin(), row.end());
    grpc::ServerContext context;
    return service_.Explain(&context, &request, response);
  }

  ClassifyEngine engine_{Bundles()};
  ClassifyService service_{&engine_, OpenChannel("127.0.0.1:1")};
};

TEST_F(ExplainServiceTest, AddsUpToTheLogOddsOfTheSecondClassAndTheFirstHasNone) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const std::vector<double> row = Row(seed);
    v1::ExplainResponse response;
    ASSERT_TRUE(Explain("presence", "1", row, &response).ok());
    const auto& contributions = response.contributions();
    const auto width = static_cast<std::ptrdiff_t>(row.size() + 1);
    ASSERT_EQ(contributions.size(), 2 * width);
    for (auto at = contributions.begin(); at != contributions.begin() + width; ++at) {
      EXPECT_EQ(*at, 0);
    }
    const double score = std::accumulate(contributions.begin() + width, contributions.end(), 0.0);
    const double probability = (*engine_.bundles()[0]->Predict(row))[1];
    EXPECT_NEAR(1 / (1 + std::exp(-score)), probability, 1e-5);
    EXPECT_NEAR(score, std::log(probability / (1 - probability)),
                1e-5 / (probability * (1 - probability)));
  }
}

TEST_F(ExplainServiceTest, WhatItCannotExplainItRefusesByName) {
  v1::ExplainResponse response;
  const std::vector<double> row = Row(1);
  const grpc::Status unknown = Explain("gait", "1", row, &response);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(unknown.error_message(), HasSubstr("gait"));
  const grpc::Status other = Explain("presence", "7", row, &response);
  EXPECT_EQ(other.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(other.error_message(), "of model presence, version 1 is loaded and not \"7\"");
  for (size_t features : {size_t{0}, row.size() - 1, row.size() + 1}) {
    const grpc::Status wrong =
        Explain("presence", "1", std::vector<double>(features, 1), &response);
    EXPECT_EQ(wrong.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(wrong.error_message(), absl::StrCat(features, " features where presence.v1 has 9"));
  }
}

TEST_F(ExplainServiceTest, IsTheSameBesideOtherExplanationsAndPredictions) {
  constexpr uint32_t kRows = 40;
  std::vector<std::vector<double>> expected;
  std::vector<std::vector<float>> probabilities;
  for (uint32_t seed = 0; seed < kRows; ++seed) {
    expected.push_back(*engine_.Explain("presence", "1", Row(seed)));
    probabilities.push_back(*engine_.bundles()[0]->Predict(Row(seed)));
  }
  std::vector<std::thread> threads;
  for (uint32_t begin = 0; begin < 4; ++begin) {
    threads.emplace_back([&, begin] {
      for (uint32_t i = 0; i < 5 * kRows; ++i) {
        const uint32_t seed = (begin * 7 + i) % kRows;
        if (begin % 2 == 0) {
          EXPECT_EQ(*engine_.Explain("presence", "1", Row(seed)), expected[seed]);
        }
        EXPECT_EQ(*engine_.bundles()[0]->Predict(Row(seed)), probabilities[seed]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ExplainServiceTest, StartsNoThread) {
  const auto threads = [] {
    using Folder = std::filesystem::directory_iterator;
    return std::distance(Folder("/proc/self/task"), Folder());
  };
  const auto before = threads();
  ASSERT_TRUE(engine_.Explain("presence", "1", Row(1)).ok());
  EXPECT_EQ(threads(), before);
}

}  // namespace
}  // namespace silhouette
