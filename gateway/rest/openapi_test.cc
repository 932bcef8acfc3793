#include "gateway/rest/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/rest/route.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class OpenApiTest : public ::testing::Test {
 protected:
  // All values of "$ref" anywhere in it.
  static void Collect(const Json& json, std::vector<std::string>* references) {
    for (const auto& [name, value] : json.items()) {
      if (name == "$ref") references->push_back(value.get<std::string>());
      if (value.is_structured()) Collect(value, references);
    }
  }
  const Json& Parameter(const char* path, const char* method, const std::string& name) {
    for (const Json& parameter : document_["paths"][path][method]["parameters"]) {
      if (parameter["name"] == name) return parameter;
    }
    ADD_FAILURE() << "no parameter " << name;
    return document_;
  }

  Json document_ = Json::parse(OpenApiJson());
};

TEST_F(OpenApiTest, EveryRouteIsThereUnderAnIdOfItsOwn) {
  std::set<std::string> ids;
  for (const Route& route : Routes()) {
    const Json& path = document_["paths"][route.path];
    ASSERT_TRUE(path.is_object()) << route.path;
    for (const auto& [name, operation] : path.items()) ids.insert(operation["operationId"]);
  }
  EXPECT_EQ(ids.size(), Routes().size());
}

TEST_F(OpenApiTest, EveryReferenceLeadsSomewhere) {
  std::vector<std::string> references;
  Collect(document_, &references);
  EXPECT_GT(references.size(), 20u);
  for (const std::string& reference : references) {
    EXPECT_TRUE(document_.contains(Json::json_pointer(reference.substr(1)))) << reference;
  }
}

TEST_F(OpenApiTest, SchemasAreProtobufsJsonMapping) {
  const Json& run = document_["components"]["schemas"]["RunStatus"]["properties"];
  EXPECT_EQ(run["firstPacketNs"]["type"], "string");
  EXPECT_EQ(run["firstPacketNs"]["format"], "int64");
  EXPECT_EQ(run["ended"]["type"], "boolean");
  EXPECT_THAT(run["firstPacketNs"]["description"].get<std::string>(),
              HasSubstr("Event time of the first packet"));
  const Json& timeline = document_["components"]["schemas"]["GetTimelineResponse"]["properties"];
  EXPECT_EQ(timeline["classes"]["type"], "array");
  EXPECT_EQ(timeline["segments"]["items"]["$ref"], "#/components/schemas/Segment");
  const Json& method = document_["components"]["schemas"]["TimelineMethod"];
  EXPECT_EQ(method["enum"][2], "TIMELINE_METHOD_VITERBI");
  const Json& metric = document_["components"]["schemas"]["MetricValue"]["properties"];
  EXPECT_EQ(metric["labels"]["additionalProperties"]["type"], "string");
  EXPECT_EQ(metric["value"]["type"], "number");
}

TEST_F(OpenApiTest, ParametersAreThoseOfTheRequest) {
  EXPECT_EQ(Parameter("/v1/verdicts", "get", "run.origin")["in"], "query");
  EXPECT_EQ(Parameter("/v1/verdicts", "get", "subjects")["schema"]["type"], "array");
  EXPECT_EQ(Parameter("/v1/jobs/{job}", "get", "job")["in"], "path");
  EXPECT_EQ(Parameter("/v1/jobs/{job}", "get", "job")["required"], true);
  EXPECT_EQ(Parameter("/v1/jobs/{job}/results", "get", "format")["schema"]["enum"][2], "csv");
  EXPECT_EQ(Parameter("/v1/jobs", "post", "totalBytes")["schema"]["format"], "uint64");
  EXPECT_EQ(Parameter("/v1/verdicts:watch", "get", "Last-Event-ID")["in"], "header");
  EXPECT_TRUE(document_["paths"]["/v1/jobs"]["post"]["requestBody"]["content"].contains(
      "multipart/form-data"));
}

}  // namespace
}  // namespace silhouette
