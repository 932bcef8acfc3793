#include "gateway/rest/request_filler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "silhouette/v1/gateway_service.pb.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
absl::Status Fill(const std::string& query, T* message) {
  return RequestFiller(message).Fill(*ParseQuery(query));
}

template <typename T>
std::string Error(const std::string& query) {
  T message;
  const absl::Status status = Fill(query, &message);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << query << ": " << status;
  return std::string(status.message());
}

TEST(RequestFillerTest, BothNamesOfAFieldFillIt) {
  for (const char* query :
       {"run.origin=a/b&page_size=7&from_ns=-5", "run.origin=a/b&pageSize=7&fromNs=-5"}) {
    v1::ListVerdictsRequest request;
    ASSERT_TRUE(Fill(query, &request).ok());
    EXPECT_EQ(request.run().origin(), "a/b");
    EXPECT_EQ(request.page_size(), 7u);
    EXPECT_EQ(request.from_ns(), -5);
    EXPECT_FALSE(request.has_to_ns());
  }
}

TEST(RequestFillerTest, ARepeatedFieldTakesItsParameterAgainAndAgain) {
  v1::ListVerdictsRequest request;
  ASSERT_TRUE(Fill("subjects=b&subjects=a&subjects=b", &request).ok());
  EXPECT_THAT(request.subjects(), ElementsAre("b", "a", "b"));
}

TEST(RequestFillerTest, EnumsAreNamedShortlyOrAsInTheProtoOrByNumber) {
  for (const char* value : {"viterbi", "VITERBI", "TIMELINE_METHOD_VITERBI", "2"}) {
    v1::GetTimelineRequest request;
    ASSERT_TRUE(Fill(std::string("method=") + value, &request).ok()) << value;
    EXPECT_EQ(request.method(), v1::TIMELINE_METHOD_VITERBI);
  }
  EXPECT_THAT(Error<v1::GetTimelineRequest>("method=best"),
              AllOf(HasSubstr("parameter method: \"best\""),
                    HasSubstr("one of unspecified, forward, viterbi")));
  Error<v1::GetTimelineRequest>("method=3");
  Error<v1::GetTimelineRequest>("method=");
}

TEST(RequestFillerTest, ANumberIsDigitsAndFitsItsType) {
  EXPECT_THAT(Error<v1::ListVerdictsRequest>("pageSize=many"),
              AllOf(HasSubstr("parameter pageSize: \"many\""), HasSubstr("0 to 4294967295")));
  for (const char* value : {"", "-1", "4294967296", "1.5", "%201", "1%20", "%2B1", "0x10", "1e3"}) {
    Error<v1::ListVerdictsRequest>(std::string("pageSize=") + value);
  }
  for (const char* value : {"9223372036854775808", "-9223372036854775809", "1s"}) {
    Error<v1::ListVerdictsRequest>(std::string("fromNs=") + value);
  }
  v1::ListVerdictsRequest request;
  ASSERT_TRUE(Fill("fromNs=-9223372036854775808&toNs=9223372036854775807", &request).ok());
  EXPECT_EQ(request.from_ns(), INT64_MIN);
  EXPECT_EQ(request.to_ns(), INT64_MAX);
}

TEST(RequestFillerTest, ATruthIsTrueOrFalse) {
  v1::GetTimelineRequest request;
  ASSERT_TRUE(Fill("noPoints=true", &request).ok());
  EXPECT_TRUE(request.no_points());
  EXPECT_THAT(Error<v1::GetTimelineRequest>("noPoints=yes"), HasSubstr("true or false"));
}

TEST(RequestFillerTest, AnUnknownNameIsToldWithThoseThereAre) {
  EXPECT_THAT(Error<v1::ListSubjectsRequest>("page=3"),
              AllOf(HasSubstr("no parameter \"page\""),
                    HasSubstr("there are run.origin, run.run, pageSize, pageToken")));
  EXPECT_THAT(Error<v1::ListRunsRequest>("x=1"), HasSubstr("there are none"));
  for (const char* name :
       {"run", "run.", ".origin", "run.origin.x", "origin.run", "run..run", ""}) {
    EXPECT_THAT(Error<v1::ListSubjectsRequest>(std::string(name) + "=1"),
                HasSubstr("no parameter"));
  }
}

TEST(RequestFillerTest, AFieldIsFilledOnceUnderWhicheverName) {
  EXPECT_THAT(Error<v1::ListVerdictsRequest>("pageSize=1&page_size=2"), HasSubstr("given twice"));
  EXPECT_THAT(Error<v1::ListVerdictsRequest>("run.run=a&run.run=a"), HasSubstr("given twice"));
}

TEST(RequestFillerTest, BytesAndMessagesAreNoParameters) {
  EXPECT_THAT(Error<v1::SubmitPcapRequest>("data=x"), HasSubstr("no parameter"));
  std::vector<std::string> names;
  for (const auto& field : ParameterFields(*v1::SubmitPcapHeader::descriptor())) {
    names.push_back(field.name);
  }
  EXPECT_THAT(names, ElementsAre("job", "name", "offset", "totalBytes", "truthCsv"));
}

}  // namespace
}  // namespace silhouette
