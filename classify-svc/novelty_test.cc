#include "classify-svc/novelty.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace silhouette {
namespace {

using ::testing::HasSubstr;

const FeatureSchema& TwoFeatures() {
  static const auto* schema =
      new FeatureSchema{"two.v1", 0, {{"packets", "packets", "", 0}, {"size", "B", "", 0}}};
  return *schema;
}

// One prototype at (log 11, log 101) with a radius of 1; packets up to 1000, sizes up to 1500.
v1::NoveltyModel OnePrototype() {
  v1::NoveltyModel model;
  model.add_features("packets");
  model.add_features("size");
  for (double high : {1000.0, 1500.0}) {
    model.add_low(0);
    model.add_high(high);
    model.add_scale(1);
  }
  model.add_prototypes(std::log(11.0));
  model.add_prototypes(std::log(101.0));
  model.add_radii(1);
  return model;
}

TEST(NoveltyTest, AWindowLikeThoseOfTheTrainingIsNotUnknown) {
  const auto novelty = Novelty::Create(OnePrototype(), TwoFeatures());
  ASSERT_TRUE(novelty.ok()) << novelty.status();
  EXPECT_DOUBLE_EQ(novelty->RadiiAway(std::vector<double>{10, 100}), 0);
  EXPECT_EQ(novelty->UnknownProbability(std::vector<double>{15, 120}), 0);
}

TEST(NoveltyTest, FartherIsMoreUnknown) {
  const auto novelty = Novelty::Create(OnePrototype(), TwoFeatures());
  ASSERT_TRUE(novelty.ok());
  const std::vector<double> two_radii = {11 * std::exp(2.0) - 1, 100};
  EXPECT_NEAR(novelty->RadiiAway(two_radii), 2, 1e-9);
  EXPECT_NEAR(novelty->UnknownProbability(two_radii), 0.75, 1e-9);
}

TEST(NoveltyTest, BeyondTheLimitsOfTheTrainingMoreIsNotFarther) {
  const auto novelty = Novelty::Create(OnePrototype(), TwoFeatures());
  ASSERT_TRUE(novelty.ok());
  EXPECT_DOUBLE_EQ(novelty->RadiiAway(std::vector<double>{1000, 100}),
                   novelty->RadiiAway(std::vector<double>{1e9, 100}));
}

TEST(NoveltyTest, WhatDoesNotFitIsRefusedWithItsReason) {
  const auto error_of = [](const std::function<void(v1::NoveltyModel*)>& change) {
    v1::NoveltyModel model = OnePrototype();
    change(&model);
    const auto novelty = Novelty::Create(model, TwoFeatures());
    EXPECT_FALSE(novelty.ok());
    return std::string(novelty.status().message());
  };
  EXPECT_THAT(error_of([](auto* model) { model->set_features(1, "colour"); }),
              HasSubstr("colour, which two.v1 has not"));
  EXPECT_THAT(error_of([](auto* model) { model->add_prototypes(1); }), HasSubstr("do not fit"));
  EXPECT_THAT(error_of([](auto* model) { model->set_radii(0, 0); }), HasSubstr("not positive"));
  EXPECT_THAT(error_of([](auto* model) { model->set_scale(0, NAN); }), HasSubstr("not finite"));
  EXPECT_THAT(error_of([](auto* model) { model->Clear(); }), HasSubstr("0 features"));
}

}  // namespace
}  // namespace silhouette
