#include "classify-svc/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <iterator>

#include "classify-svc/test_bundles.h"

namespace silhouette {
namespace {

using namespace test_bundles;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// The message with which a changed bundle is refused.
std::string RefusalOf(const std::function<void(v1::ModelManifest*)>& change) {
  TemporaryFolder folder;
  const std::string dir = CopyPresence(folder, "presence/1", change);
  const absl::Status status = Bundle::Load(dir).status();
  EXPECT_FALSE(status.ok());
  const std::string message(status.message());
  EXPECT_THAT(message, AllOf(HasSubstr(dir + "/manifest.json"), Not(HasSubstr("\n"))));
  return message;
}

TEST(Bundle, TheBundledModelLoadsAsItIsAndCopied) {
  const auto bundle = Bundle::Load(kPresence);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ((*bundle)->manifest().name(), "presence");
  EXPECT_EQ((*bundle)->classes(), 2u);
  TemporaryFolder folder;
  const auto copy = Bundle::Load(CopyPresence(folder, "x", [](v1::ModelManifest*) {}));
  EXPECT_TRUE(copy.ok()) << copy.status();
}

TEST(Bundle, LoadingStartsNoThread) {
  const auto threads = [] {
    using Folder = std::filesystem::directory_iterator;
    return std::distance(Folder("/proc/self/task"), Folder());
  };
  const auto before = threads();
  ASSERT_TRUE(Bundle::Load(kPresence).ok());
  EXPECT_EQ(threads(), before);
}

TEST(Bundle, AnotherSchemaHashIsRefusedWithBothHashes) {
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) { m->set_schema_hash("0123456789abcdef"); }),
              AllOf(HasSubstr("schema_hash 0123456789abcdef is not ed805e7a208e3f85"),
                    HasSubstr("presence.v1")));
}

TEST(Bundle, AnUnknownSchemaIsRefusedByName) {
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) { m->mutable_spec()->set_schema("motion.v1"); }),
              HasSubstr("\"motion.v1\""));
}

TEST(Bundle, AGoldenRowThatDoesNotGetItsScoreAgainIsRefusedWithBothScores) {
  EXPECT_THAT(
      RefusalOf([](v1::ModelManifest* m) { m->mutable_golden_rows(2)->set_probabilities(1, 0.5); }),
      AllOf(HasSubstr("a golden row scores 0."), HasSubstr("manifest says 0.5")));
}

TEST(Bundle, AGoldenRowOfWrongShapeOrNoneAtAllIsRefused) {
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) { m->clear_golden_rows(); }),
              HasSubstr("no golden_rows"));
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) { m->mutable_golden_rows(0)->add_features(1); }),
              HasSubstr("golden row has the wrong number"));
  EXPECT_THAT(
      RefusalOf([](v1::ModelManifest* m) { m->mutable_golden_rows(0)->clear_probabilities(); }),
      HasSubstr("golden row has the wrong number"));
}

TEST(Bundle, ClassesThatAreNotTheModelsAreRefused) {
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) {
                m->add_classes("pet");
                m->clear_timeline();
                for (auto& row : *m->mutable_golden_rows()) row.add_probabilities(0);
              }),
              HasSubstr("not 3 classes"));
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) { m->mutable_classes()->RemoveLast(); }),
              HasSubstr("two classes at least"));
}

TEST(Bundle, ThresholdsMustBeAsManyAsClasses) {
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) { m->add_thresholds(0.5); }),
              HasSubstr("thresholds must be as many as classes"));
}

TEST(Bundle, ABrokenTimelineIsRefused) {
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) {
                m->mutable_timeline()->mutable_transition()->RemoveLast();
              }),
              HasSubstr("timeline of 2 priors and 3 transitions"));
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) { m->mutable_timeline()->set_prior(0, 0); }),
              HasSubstr("timeline prior 0"));
}

TEST(Bundle, AWindowThatCannotBeMadeIsRefused) {
  EXPECT_THAT(RefusalOf([](v1::ModelManifest* m) { m->mutable_spec()->set_length_ns(1); }),
              HasSubstr("window length of 1ns"));
}

TEST(Bundle, AMissingOrDamagedFileIsRefusedByName) {
  TemporaryFolder folder;
  const std::string dir = CopyPresence(folder, "presence/1");
  const std::string model = dir + "/model.ubj", manifest = dir + "/manifest.json";
  const std::string model_bytes = *ReadFile(model);

  std::filesystem::resize_file(model, model_bytes.size() / 2);
  absl::Status status = Bundle::Load(dir).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(model + ": not an XGBoost model"));

  std::filesystem::remove(model);
  status = Bundle::Load(dir).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(model + ": no such file"));

  folder.Write("presence/1/manifest.json", "{\"name\": ");
  status = Bundle::Load(dir).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(manifest), HasSubstr("manifest (")));

  std::filesystem::remove(manifest);
  status = Bundle::Load(dir).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(manifest));
}

class ChooseClassTest : public ::testing::Test {
 protected:
  size_t Choose(std::vector<double> thresholds, std::vector<float> probabilities) {
    const auto bundle = Bundle::Load(CopyPresence(
        folder_, std::to_string(++copies_), [&thresholds](v1::ModelManifest* manifest) {
          manifest->mutable_thresholds()->Add(thresholds.begin(), thresholds.end());
        }));
    EXPECT_TRUE(bundle.ok()) << bundle.status();
    return (*bundle)->ChooseClass(probabilities);
  }
  TemporaryFolder folder_;
  int copies_ = 0;
};

TEST_F(ChooseClassTest, WithoutThresholdsTheMostProbableIsSaid) {
  EXPECT_EQ(Choose({}, {0.75f, 0.25f}), 0u);
  EXPECT_EQ(Choose({}, {0.25f, 0.75f}), 1u);
}

TEST_F(ChooseClassTest, AClassIsSaidAtItsThresholdAndNotBelow) {
  EXPECT_EQ(Choose({0, 0.75}, {0.25f, 0.75f}), 1u);
  EXPECT_EQ(Choose({0, 0.751}, {0.25f, 0.75f}), 0u);
}

TEST_F(ChooseClassTest, OfTwoThatReachTheirsTheMoreProbableIsSaid) {
  EXPECT_EQ(Choose({0.1, 0.1}, {0.25f, 0.75f}), 1u);
  EXPECT_EQ(Choose({0.1, 0.1}, {0.75f, 0.25f}), 0u);
}

TEST_F(ChooseClassTest, WhenNoneReachesItsThresholdTheMostProbableIsSaid) {
  EXPECT_EQ(Choose({0.9, 0.9}, {0.25f, 0.75f}), 1u);
}

TEST(LoadModels, TakesTheNewestVersionByNumber) {
  TemporaryFolder folder;
  for (const char* version : {"9", "10", "2"}) {
    CopyPresence(folder, std::string("presence/") + version,
                 [version](v1::ModelManifest* manifest) { manifest->set_version(version); });
  }
  const auto bundles = LoadModels(folder.path());
  ASSERT_TRUE(bundles.ok()) << bundles.status();
  ASSERT_THAT(*bundles, SizeIs(1));
  EXPECT_EQ((*bundles)[0]->manifest().version(), "10");
}

TEST(LoadModels, AreSortedByNameEvenInFoldersOfOtherNames) {
  TemporaryFolder folder;
  CopyPresence(folder, "a/1", [](v1::ModelManifest* m) { m->set_name("zebra"); });
  CopyPresence(folder, "b/1", [](v1::ModelManifest* m) { m->set_name("ant"); });
  const auto bundles = LoadModels(folder.path());
  if (!bundles.ok()) return;  // a folder of another name may be refused
  ASSERT_THAT(*bundles, SizeIs(2));
  EXPECT_EQ((*bundles)[0]->manifest().name(), "ant");
  EXPECT_EQ((*bundles)[1]->manifest().name(), "zebra");
}

TEST(LoadModels, OneThatIsRefusedRefusesTheFolder) {
  TemporaryFolder folder;
  CopyPresence(folder, "good/1");
  CopyPresence(folder, "wrong/1", [](v1::ModelManifest* m) { m->set_schema_hash("0"); });
  EXPECT_THAT(std::string(LoadModels(folder.path()).status().message()), HasSubstr("wrong/1"));
}

TEST(LoadModels, WhereTheRefusedAreToldTheOthersAreLoadedAndNoneIsAnError) {
  TemporaryFolder folder;
  CopyPresence(folder, "wrong/1", [](v1::ModelManifest* m) { m->set_schema_hash("0"); });
  std::vector<absl::Status> refused;
  EXPECT_THAT(std::string(LoadModels(folder.path(), &refused).status().message()),
              HasSubstr("wrong/1"));
  CopyPresence(folder, "presence/1");
  refused.clear();
  const auto bundles = LoadModels(folder.path(), &refused);
  ASSERT_TRUE(bundles.ok()) << bundles.status();
  ASSERT_THAT(*bundles, SizeIs(1));
  EXPECT_EQ((*bundles)[0]->manifest().name(), "presence");
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_THAT(std::string(refused[0].message()), HasSubstr("wrong/1"));
}

TEST(LoadModels, AFolderWithoutModelsIsNotFound) {
  TemporaryFolder folder;
  EXPECT_TRUE(absl::IsNotFound(LoadModels(folder.File("missing")).status()));
  std::filesystem::create_directories(folder.File("presence/notes"));
  const absl::Status status = LoadModels(folder.path()).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(folder.path()), HasSubstr("--models")));
}

}  // namespace
}  // namespace silhouette
