#include "learn/bundle/bundle_writer.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <numeric>

#include "classify-svc/booster.h"
#include "common/files.h"
#include "learn/models/trainer.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Entries(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

class BundleWriterTest : public ::testing::Test {
 protected:
  BundleWriterTest() {
    std::vector<size_t> rows(data_.rows());
    std::iota(rows.begin(), rows.end(), 0);
    model_ = *TrainModel(data_, rows, {});
    manifest_.set_name("presence");
    manifest_.set_version("1");
    manifest_.add_classes("background");
    manifest_.add_classes("person");
    manifest_.mutable_timeline()->add_transition(1.0 / 3);
    for (const char* name : {"seed", "eta", "max_depth", "nthread", "lambda"}) {
      (*manifest_.mutable_parameters())[name] = "1";
    }
  }
  absl::StatusOr<v1::ModelManifest> Write(bool force = false) {
    return WriteBundle(folder_.path(), manifest_, model_, data_, force);
  }
  std::string Path(const std::string& name) { return folder_.path() + "/presence/" + name; }

  const TestFolder folder_;
  const Dataset data_ = TakingTurns(4, 25, 9);
  std::string model_;
  v1::ModelManifest manifest_;
};

TEST_F(BundleWriterTest, AVersionIsAModelAndAManifestBesideACard) {
  const auto written = Write();
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_THAT(Entries(Path("")), UnorderedElementsAre("1", "CARD.md"));
  EXPECT_THAT(Entries(Path("1")), UnorderedElementsAre("model.ubj", "manifest.json"));
  EXPECT_EQ(*ReadFile(Path("1/model.ubj")), model_);
}

TEST_F(BundleWriterTest, TheManifestComesBackToTheLastBit) {
  const auto written = Write();
  ASSERT_TRUE(written.ok()) << written.status();
  v1::ModelManifest read;
  const std::string json = *ReadFile(Path("1/manifest.json"));
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &read).ok());
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(read, *written));
  EXPECT_EQ(read.timeline().transition(0), 1.0 / 3);
  EXPECT_THAT(json, HasSubstr("\"golden_rows\""));
}

TEST_F(BundleWriterTest, GoldenRowsAreEightWithTheScoresOfTheSavedModel) {
  const auto written = Write();
  ASSERT_TRUE(written.ok()) << written.status();
  ASSERT_EQ(written->golden_rows_size(), 8);
  EXPECT_EQ(written->golden_rows(7).features(0), data_.row(data_.rows() - 1)[0]);
  const auto booster = Booster::Load(Path("1/model.ubj"));
  ASSERT_TRUE(booster.ok()) << booster.status();
  for (const v1::GoldenRow& golden : written->golden_rows()) {
    const std::vector<double> features(golden.features().begin(), golden.features().end());
    std::vector<float> probabilities;
    ASSERT_TRUE(booster->Predict(features, 2, &probabilities).ok());
    EXPECT_EQ(golden.probabilities(0), probabilities[0]);
    EXPECT_EQ(golden.probabilities(1), probabilities[1]);
  }
}

TEST_F(BundleWriterTest, EqualManifestsGiveEqualText) {
  // A protobuf map has an order of its own in each message.
  const std::string text = *ManifestToJson(manifest_);
  for (int i = 0; i < 20; ++i) {
    const v1::ModelManifest copy = manifest_;
    EXPECT_EQ(*ManifestToJson(copy), text);
  }
}

TEST_F(BundleWriterTest, AVersionThatExistsIsOnlyReplacedByForce) {
  ASSERT_TRUE(Write().ok());
  manifest_.set_description("another");
  const auto refused = Write();
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(refused.status().message(), HasSubstr("--force"));
  EXPECT_THAT(*ReadFile(Path("1/manifest.json")), ::testing::Not(HasSubstr("another")));
  ASSERT_TRUE(Write(true).ok());
  EXPECT_THAT(*ReadFile(Path("1/manifest.json")), HasSubstr("another"));
  EXPECT_THAT(Entries(Path("")), UnorderedElementsAre("1", "CARD.md"));
}

TEST_F(BundleWriterTest, AModelThatCannotBeReadLeavesNothingBehind) {
  model_ = "no model";
  EXPECT_FALSE(Write().ok());
  EXPECT_TRUE(Entries(Path("")).empty());
}

TEST_F(BundleWriterTest, AFailureLeavesTheOldVersionInPlace) {
  ASSERT_TRUE(Write().ok());
  const std::string before = *ReadFile(Path("1/manifest.json"));
  model_ = "no model";
  EXPECT_FALSE(Write(true).ok());
  EXPECT_EQ(*ReadFile(Path("1/manifest.json")), before);
}

TEST_F(BundleWriterTest, NamesAndVersionsThatMayLeaveTheFolderAreRefused) {
  for (const char* name : {"", "../x", "Presence", "a/b", "a b"}) {
    manifest_.set_name(name);
    EXPECT_EQ(Write().status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
  manifest_.set_name("presence");
  for (const char* version : {"", "0", "-1", "1.0", "01", "..", "latest"}) {
    manifest_.set_version(version);
    EXPECT_EQ(Write().status().code(), absl::StatusCode::kInvalidArgument) << version;
  }
  EXPECT_TRUE(Entries(folder_.path()).empty());
}

TEST_F(BundleWriterTest, AFolderThatCannotBeMadeIsNamed) {
  const std::string file = folder_.Write("file", "");
  const auto written = WriteBundle(file, manifest_, model_, data_, false);
  EXPECT_EQ(written.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(written.status().message(), HasSubstr(file));
}

}  // namespace
}  // namespace silhouette
