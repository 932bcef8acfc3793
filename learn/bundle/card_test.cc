#include "learn/bundle/card.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "common/files.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::ModelManifest Manifest() {
  v1::ModelManifest manifest;
  manifest.set_name("presence");
  manifest.set_version("3");
  manifest.mutable_spec()->set_length_ns(500'000'000);
  manifest.mutable_spec()->set_subject(v1::SUBJECT_KIND_CONVERSATION);
  manifest.mutable_spec()->mutable_filter()->add_ip_protocols(17);
  manifest.mutable_spec()->set_schema("presence.v1");
  v1::TrainingData* data = manifest.add_training_data();
  data->set_name("mine.csv");
  data->set_sha256("abcd");
  data->set_rows(10);
  data->set_source("my own call");
  v1::EvaluationResult* random = manifest.add_evaluation();
  random->set_split("random 1/5 of the windows left out");
  random->set_leaks(true);
  random->set_accuracy(0.99);
  v1::EvaluationResult* blocks = manifest.add_evaluation();
  blocks->set_split("one block left out");
  blocks->set_accuracy(0.75);
  blocks->set_accuracy_low(0.625);
  blocks->set_accuracy_high(0.875);
  blocks->set_viterbi_accuracy(0.8125);
  blocks->set_stated_confidence(0.875);
  return manifest;
}

TEST(CardTest, TheFigureToBelieveIsThatOfTheSplitThatDoesNotLeak) {
  const std::string card = CardText(Manifest());
  EXPECT_THAT(card, HasSubstr("**Believe \"one block left out\": 0.750 per window.**"));
  EXPECT_THAT(
      card,
      HasSubstr("| random 1/5 of the windows left out | **leaks** | 0 | 0.990 | – | – | – | – |"));
  EXPECT_THAT(
      card, HasSubstr("| one block left out | no | 0 | 0.750 | 0.625–0.875 | – | 0.812 | 0.875 |"));
}

TEST(CardTest, TheEvidenceWeightIsExplainedWhereThereIsOne) {
  v1::ModelManifest manifest = Manifest();
  EXPECT_THAT(CardText(manifest), HasSubstr("nothing has calibrated it.\n"));
  EXPECT_THAT(CardText(manifest), Not(HasSubstr("of an independent one")));
  manifest.mutable_timeline()->set_evidence_weight(0.25);
  manifest.mutable_timeline()->set_live_evidence_weight(0.5);
  EXPECT_THAT(CardText(manifest), HasSubstr("counts it as 0.50, with which"));
  EXPECT_THAT(CardText(manifest), HasSubstr("counts each as 0.25 of an independent one"));
  EXPECT_THAT(CardText(manifest), HasSubstr("The timeline calibrates it"));
}

TEST(CardTest, WhereEverySplitLeaksNoFigureIsToBelieve) {
  v1::ModelManifest manifest = Manifest();
  manifest.mutable_evaluation()->RemoveLast();
  EXPECT_EQ(ResultToBelieve(manifest), nullptr);
  EXPECT_THAT(CardText(manifest), HasSubstr("Believe none of these"));
}

TEST(CardTest, ACaptureIsNamedWithItsTruthAndWhatWasLeftOut) {
  v1::ModelManifest manifest = Manifest();
  v1::TrainingData* data = manifest.mutable_training_data(0);
  data->set_truth_name("truth.csv");
  data->set_truth_sha256("ef01");
  data->set_left_out(3);
  EXPECT_THAT(CardText(manifest),
              HasSubstr("- `mine.csv` with the truth `truth.csv`, 10 windows (3 left out), from my "
                        "own call; SHA-256 `abcd` and `ef01`\n"));
}

TEST(CardTest, TheTrainingDataIsNamedWithItsHash) {
  const std::string card = CardText(Manifest());
  EXPECT_THAT(card, HasSubstr("`mine.csv`, 10 windows, from my own call; SHA-256 `abcd`"));
  EXPECT_THAT(card, HasSubstr("windows of 0.5 s of one conversation (IP protocol 17)"));
}

TEST(CardTest, WhatIsKnownOfThePublishedCallIsNotSaidOfOtherData) {
  v1::ModelManifest manifest = Manifest();
  EXPECT_THAT(CardText(manifest), Not(HasSubstr("Zoom")));
  EXPECT_THAT(CardText(manifest), HasSubstr("It knows only the recordings above"));
  manifest.mutable_training_data(0)->set_sha256(
      "486d307a3025d44b6fcbf09706007a1646e78b1d4eb28782bd43075d2be94593");
  EXPECT_THAT(CardText(manifest), HasSubstr("one call of one person on one link"));
  EXPECT_THAT(CardText(manifest), HasSubstr("Directions flip between calls"));
}

TEST(CardTest, SimulatedDataIsCalledSimulated) {
  v1::ModelManifest manifest = Manifest();
  manifest.mutable_training_data(0)->set_simulated(true);
  EXPECT_THAT(CardText(manifest), HasSubstr("**simulated**"));
  EXPECT_THAT(CardText(manifest), HasSubstr("not that the model works on a real call"));
}

TEST(CardTest, OfAModelThatRaisesAlarmsItSaysWhichOfThemAreIncidents) {
  v1::ModelManifest manifest = Manifest();
  for (const char* name : {"benign", "scan", "c2", "unknown"}) manifest.add_classes(name);
  manifest.mutable_evaluation(1)->add_watched()->set_source("a lock");
  for (const char* name : {"scan", "c2"}) manifest.add_incidents()->set_class_(name);
  EXPECT_THAT(CardText(manifest), Not(HasSubstr("Incidents are made of")));
  manifest.mutable_incidents()->RemoveLast();
  EXPECT_THAT(CardText(manifest), HasSubstr("Incidents are made of scan alone"));
  manifest.mutable_incidents(0)->set_least_windows(3);
  manifest.mutable_incidents(0)->set_quiet_ns(600'000'000'000);
  EXPECT_THAT(CardText(manifest), HasSubstr("An alarm of scan takes 3 windows, none further than "
                                            "600 s from the next"));
}

TEST(CardTest, TheCardsOfBundledModelsAreWhatTheirManifestsGive) {
  for (const char* name : {"presence", "threat", "threat-slow", "camera-motion"}) {
    const std::string folder = std::string(SILHOUETTE_SOURCE_DIR) + "/models/" + name;
    v1::ModelManifest manifest;
    const auto parsed = google::protobuf::util::JsonStringToMessage(
        *ReadFile(folder + "/1/manifest.json"), &manifest);
    ASSERT_TRUE(parsed.ok()) << parsed.ToString();
    EXPECT_EQ(*ReadFile(folder + "/CARD.md"), CardText(manifest))
        << "train it again, as CONTRIBUTING.md says";
  }
}

}  // namespace
}  // namespace silhouette
