#include "learn/bundle/training_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "classify-svc/bundle.h"
#include "common/files.h"
#include "common/hash.h"
#include "common/schema.h"
#include "common/window_spec.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class TrainingRunTest : public ::testing::Test {
 protected:
  TrainingRunTest() {
    std::string table =
        "size_mean,size_std,size_median,iat_mean,iat_std,iat_median,inbound_packets,"
        "outbound_packets,total_packets,person,segment\n";
    for (int row = 0; row < 120; ++row) {
      const int person = row / 20 % 2;
      absl::StrAppend(&table, 500 + 300 * person + row % 9, ",1,1,1,1,1,1,1,1,", person, ",",
                      row / 20, "\n");
    }
    request_.files = {folder_.Write("calls.csv", table)};
    request_.columns.label = "person";
    request_.columns.classes = {"background", "person"};
    request_.columns.blocks = "segment";
    request_.spec = *ParseSpec("subject=conversation,window=0.5s,schema=presence.v1,protocol=udp");
    request_.source = "a test";
    request_.models = folder_.path() + "/models";
  }
  const TestFolder folder_;
  TrainingRequest request_;
};

TEST_F(TrainingRunTest, AManifestSaysEverythingThatServingAsksFor) {
  const auto manifest = RunTraining(request_);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->spec().subject(), v1::SUBJECT_KIND_CONVERSATION);
  EXPECT_EQ(manifest->spec().hop_ns(), 500'000'000);
  EXPECT_THAT(manifest->spec().filter().ip_protocols(), ElementsAre(17));
  EXPECT_EQ(manifest->schema_hash(), (*FindSchema("presence.v1"))->Hash());
  EXPECT_THAT(manifest->classes(), ElementsAre("background", "person"));
  EXPECT_EQ(manifest->evaluation_size(), 3);
  EXPECT_EQ(manifest->training_data(0).sha256(), *Sha256OfFile(request_.files[0]));
  EXPECT_EQ(manifest->training_data(0).rows(), 120U);
  EXPECT_EQ(manifest->parameters().at("max_depth"), "1");
  EXPECT_THAT(manifest->description(), HasSubstr(" by the packet headers of udp traffic."));
}

TEST_F(TrainingRunTest, TheDescriptionNamesTheProtocolsThatAreCounted) {
  request_.spec =
      *ParseSpec("subject=conversation,window=0.5s,schema=presence.v1,protocol=udp+tcp");
  EXPECT_THAT(RunTraining(request_)->description(), HasSubstr(" headers of tcp and udp traffic."));
  request_.spec.clear_filter();
  request_.force = true;
  EXPECT_THAT(RunTraining(request_)->description(), HasSubstr(" headers of traffic."));
}

TEST_F(TrainingRunTest, ServingLoadsWhatWasWritten) {
  ASSERT_TRUE(RunTraining(request_).ok());
  const auto bundle = Bundle::Load(request_.models + "/presence/1");
  EXPECT_TRUE(bundle.ok()) << bundle.status();
}

TEST_F(TrainingRunTest, TrainingTwiceGivesEqualFilesThatNameNoFolder) {
  ASSERT_TRUE(RunTraining(request_).ok());
  const std::string first = request_.models + "/presence/";
  request_.models = folder_.path() + "/again";
  ASSERT_TRUE(RunTraining(request_).ok());
  const std::string second = request_.models + "/presence/";
  for (const char* name : {"1/model.ubj", "1/manifest.json", "CARD.md"}) {
    EXPECT_EQ(*ReadFile(first + name), *ReadFile(second + name)) << name;
    EXPECT_THAT(*ReadFile(first + name), Not(HasSubstr(folder_.path()))) << name;
  }
}

TEST_F(TrainingRunTest, AFailedStepIsTheRunsError) {
  request_.spec.set_schema("none.v1");
  EXPECT_THAT(RunTraining(request_).status().message(), HasSubstr("no feature schema"));
  request_.spec.set_schema("presence.v1");
  request_.columns.blocks = "minute";
  EXPECT_THAT(RunTraining(request_).status().message(), HasSubstr("no column \"minute\""));
  request_.columns.blocks = "person";
  EXPECT_THAT(RunTraining(request_).status().message(), HasSubstr("calls.csv: 2 block(s) in"));
}

}  // namespace
}  // namespace silhouette
