#include "classify-svc/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include "classify-svc/test_bundles.h"
#include "common/packet_bits.h"
#include "common/schema.h"
#include "common/window_spec.h"

namespace silhouette {
namespace {

using namespace test_bundles;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kWindow = 500'000'000;

std::unique_ptr<ClassifyEngine> EngineOf(const std::vector<std::string>& dirs) {
  std::vector<std::unique_ptr<Bundle>> bundles;
  for (const std::string& dir : dirs) {
    auto bundle = Bundle::Load(dir);
    EXPECT_TRUE(bundle.ok()) << bundle.status();
    bundles.push_back(*std::move(bundle));
  }
  return std::make_unique<ClassifyEngine>(std::move(bundles));
}

class ClassifyEngineTest : public ::testing::Test {
 protected:
  v1::WindowBatch Batch() const {
    v1::WindowBatch batch;
    batch.mutable_header()->set_origin("test");
    batch.mutable_header()->set_run("1");
    batch.mutable_header()->set_sequence(7);
    batch.set_spec_set_hash(engine_->spec_set_hash());
    v1::WindowTable* table = batch.add_tables();
    *table->mutable_spec() = engine_->specs()[0];
    table->set_schema_hash((*FindSchema("presence.v1"))->Hash());
    table->add_subjects("b");
    table->add_subjects("a");
    return batch;
  }
  // A window of subject b or a with the features of a golden row, each scaled.
  void AddWindow(v1::WindowBatch* batch, int64_t window, uint32_t subject, int row = 0,
                 double scale = 1) const {
    v1::WindowTable* table = batch->mutable_tables(0);
    table->add_subject(subject);
    table->add_start_ns(window * kWindow);
    table->mutable_flags()->push_back(0);
    for (double value : golden_[static_cast<size_t>(row)].features()) {
      table->add_values(scale * value);
    }
  }
  void ExpectRefused(const v1::WindowBatch& batch, const std::string& words) const {
    const absl::Status status = engine_->Classify(batch).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  std::unique_ptr<ClassifyEngine> engine_ = EngineOf({kPresence});
  const std::vector<v1::GoldenRow> golden_ = [] {
    const v1::ModelManifest manifest = ReadManifest(kPresence);
    return std::vector<v1::GoldenRow>(manifest.golden_rows().begin(), manifest.golden_rows().end());
  }();
};

TEST_F(ClassifyEngineTest, AVerdictHasTheGoldenRowsScoresAndTheWindowsFeatures) {
  v1::WindowBatch batch = Batch();
  for (size_t row = 0; row < golden_.size(); ++row) {
    AddWindow(&batch, static_cast<int64_t>(row), 0, static_cast<int>(row));
  }
  const auto verdicts = engine_->Classify(batch);
  ASSERT_TRUE(verdicts.ok()) << verdicts.status();
  ASSERT_EQ(static_cast<size_t>(verdicts->verdicts_size()), golden_.size());
  for (size_t row = 0; row < golden_.size(); ++row) {
    const v1::ModelVerdict& verdict = verdicts->verdicts(static_cast<int>(row));
    ASSERT_EQ(verdict.probabilities_size(), 2);
    EXPECT_NEAR(verdict.probabilities(0), golden_[row].probabilities(0), 1e-5);
    EXPECT_NEAR(verdict.probabilities(0) + verdict.probabilities(1), 1, 1e-6);
    EXPECT_EQ(verdict.class_index(), verdict.probabilities(1) > 0.5f ? 1u : 0u);
    EXPECT_TRUE(std::equal(verdict.features().begin(), verdict.features().end(),
                           golden_[row].features().begin(), golden_[row].features().end()));
    EXPECT_EQ(verdict.subject(), "b");
    EXPECT_FALSE(verdict.partial());
  }
}

TEST_F(ClassifyEngineTest, TheHeaderGoesOnAndTheModelIntroducesItself) {
  const auto verdicts = engine_->Classify(Batch());
  ASSERT_TRUE(verdicts.ok()) << verdicts.status();
  EXPECT_EQ(verdicts->header().sequence(), 7u);
  EXPECT_EQ(verdicts->header().run(), "1");
  EXPECT_EQ(verdicts->verdicts_size(), 0);
  ASSERT_EQ(verdicts->models_size(), 1);
  const v1::ModelHead& head = verdicts->models(0);
  EXPECT_EQ(head.name(), "presence");
  EXPECT_EQ(head.version(), "1");
  EXPECT_THAT(head.classes(), ElementsAre("background", "person"));
  EXPECT_EQ(head.schema(), "presence.v1");
  EXPECT_EQ(head.length_ns(), kWindow);
  EXPECT_EQ(head.hop_ns(), kWindow);
  EXPECT_TRUE(head.has_timeline());
}

TEST_F(ClassifyEngineTest, VerdictsAreSortedByWindowSubjectModel) {
  TemporaryFolder folder;
  const std::string ant =
      CopyPresence(folder, "ant/1", [](v1::ModelManifest* m) { m->set_name("ant"); });
  engine_ = EngineOf({ant, kPresence});
  v1::WindowBatch batch = Batch();
  AddWindow(&batch, 10, 0);
  AddWindow(&batch, 9, 0);
  AddWindow(&batch, 10, 1);
  const auto verdicts = engine_->Classify(batch);
  ASSERT_TRUE(verdicts.ok()) << verdicts.status();
  std::vector<std::string> keys;
  for (const v1::ModelVerdict& v : verdicts->verdicts()) {
    keys.push_back(std::to_string(v.window_start_ns() / kWindow) + " " + v.subject() + " " +
                   verdicts->models(static_cast<int>(v.model())).name());
  }
  EXPECT_THAT(keys, ElementsAre("9 b ant", "9 b presence", "10 a ant", "10 a presence", "10 b ant",
                                "10 b presence"));
}

TEST_F(ClassifyEngineTest, ProbabilitiesAreEqualToTheLastBitWhateverTheBatchSize) {
  std::mt19937 random(1);
  v1::WindowBatch all = Batch();
  std::vector<v1::WindowBatch> single;
  for (int64_t window = 0; window < 200; ++window) {
    const int row = static_cast<int>(random() % golden_.size());
    const double scale = 0.5 + static_cast<double>(random() % 1000) / 1000;
    AddWindow(&all, window, 0, row, scale);
    AddWindow(&single.emplace_back(Batch()), window, 0, row, scale);
  }
  const auto together = engine_->Classify(all);
  ASSERT_TRUE(together.ok()) << together.status();
  for (size_t i = 0; i < single.size(); ++i) {
    const auto alone = engine_->Classify(single[i]);
    ASSERT_TRUE(alone.ok()) << alone.status();
    EXPECT_EQ(alone->verdicts(0).probabilities(0),
              together->verdicts(static_cast<int>(i)).probabilities(0));
  }
}

TEST_F(ClassifyEngineTest, APartialWindowStaysMarked) {
  v1::WindowBatch batch = Batch();
  AddWindow(&batch, 0, 0);
  batch.mutable_tables(0)->set_flags(std::string(1, kWindowPartial));
  EXPECT_TRUE(engine_->Classify(batch)->verdicts(0).partial());
}

TEST_F(ClassifyEngineTest, WindowsOfAnotherSpecSetAreUnavailable) {
  v1::WindowBatch batch = Batch();
  batch.set_spec_set_hash("0123456789abcdef");
  const absl::Status status = engine_->Classify(batch).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("0123456789abcdef"));
}

TEST_F(ClassifyEngineTest, WindowsOfAnotherSchemaVersionAreUnavailable) {
  v1::WindowBatch batch = Batch();
  batch.mutable_tables(0)->set_schema_hash("0123456789abcdef");
  EXPECT_TRUE(absl::IsUnavailable(engine_->Classify(batch).status()));
}

TEST_F(ClassifyEngineTest, ATableThatContradictsItselfIsInvalid) {
  v1::WindowBatch good = Batch();
  AddWindow(&good, 0, 0);
  v1::WindowBatch batch = good;
  batch.mutable_tables(0)->mutable_values()->RemoveLast();
  ExpectRefused(batch, "8 values; 9 values were due");
  batch = good;
  batch.mutable_tables(0)->add_subject(0);
  ExpectRefused(batch, "2 subjects");
  batch = good;
  batch.mutable_tables(0)->clear_flags();
  ExpectRefused(batch, "0 flags");
  batch = good;
  batch.mutable_tables(0)->set_subject(0, 2);
  ExpectRefused(batch, "subject 2 is outside its 2 subjects");
  batch = good;
  batch.mutable_tables(0)->mutable_spec()->set_schema("none.v1");
  ExpectRefused(batch, "\"none.v1\"");
}

TEST_F(ClassifyEngineTest, SpecsAreAskedForOnceAndInAFixedOrder) {
  TemporaryFolder folder;
  const std::string twin =
      CopyPresence(folder, "twin/1", [](v1::ModelManifest* m) { m->set_name("twin"); });
  const std::string tcp = CopyPresence(folder, "tcp/1", [](v1::ModelManifest* m) {
    m->set_name("tcp");
    m->mutable_spec()->mutable_filter()->set_ip_protocols(0, 6);
  });
  const auto one_way = EngineOf({tcp, twin, kPresence});
  const auto other_way = EngineOf({kPresence, tcp, twin});
  EXPECT_EQ(one_way->specs().size(), 2u);
  EXPECT_EQ(one_way->spec_set_hash(), other_way->spec_set_hash());
  EXPECT_EQ(one_way->spec_set_hash(), SpecSetHash(one_way->specs()));
  EXPECT_NE(one_way->spec_set_hash(), engine_->spec_set_hash());
}

}  // namespace
}  // namespace silhouette
