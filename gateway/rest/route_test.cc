#include "gateway/rest/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/rest/http_error.h"
#include "gateway/rest/request_filler.h"

namespace silhouette {
namespace {

std::string Matched(const char* method, const char* path) {
  const RouteMatch match = MatchRoute(method, path);
  if (match.route == nullptr) return match.allow.empty() ? "none" : "allow " + match.allow;
  std::string text = match.route->rpc;
  for (const QueryParameter& field : match.path_fields)
    text += " " + field.name + "=" + field.value;
  return text;
}

TEST(RouteTest, EveryRouteNamesAMethodAndFieldsOfItsRequest) {
  for (const Route& route : Routes()) {
    const auto& method = MethodOf(route);
    EXPECT_EQ(method.client_streaming(), route.kind == RouteKind::kUpload) << route.path;
    EXPECT_EQ(method.server_streaming(),
              route.kind == RouteKind::kEvents || route.kind == RouteKind::kDownload);
    for (const std::string& field : PathFields(route)) {
      EXPECT_NE(FindField(ParametersOf(route), field), nullptr) << route.path << " " << field;
    }
  }
}

TEST(RouteTest, EveryMethodForPeopleHasARoute) {
  const auto& service = *MethodOf(Routes().front()).service();
  for (int i = 0; i < service.method_count(); ++i) {
    const std::string name = service.method(i)->name();
    const bool has_route = std::any_of(Routes().begin(), Routes().end(),
                                       [&name](const Route& route) { return route.rpc == name; });
    EXPECT_EQ(has_route, name != "Push") << name;  // Push is between services
  }
}

TEST(RouteTest, PathsAndMethodsFindTheirRoute) {
  EXPECT_EQ(Matched("GET", "/v1/jobs"), "ListJobs");
  EXPECT_EQ(Matched("POST", "/v1/jobs"), "SubmitPcap");
  EXPECT_EQ(Matched("GET", "/v1/jobs:watch"), "WatchJobs");
  EXPECT_EQ(Matched("GET", "/v1/jobs/a-1"), "GetJob job=a-1");
  EXPECT_EQ(Matched("PUT", "/v1/jobs/a-1"), "SubmitPcap job=a-1");
  EXPECT_EQ(Matched("DELETE", "/v1/jobs/a-1"), "DeleteJob job=a-1");
  EXPECT_EQ(Matched("POST", "/v1/jobs/a-1:cancel"), "CancelJob job=a-1");
  EXPECT_EQ(Matched("GET", "/v1/jobs/a-1/results"), "GetJobResults job=a-1");
  EXPECT_EQ(Matched("GET", "/v1/jobs/a%2Fb%3A"), "GetJob job=a/b:");
  EXPECT_EQ(Matched("HEAD", "/v1/runs"), "ListRuns");
}

TEST(RouteTest, TheWrongMethodIsToldWhichAreRight) {
  EXPECT_EQ(Matched("POST", "/v1/runs"), "allow GET, HEAD");
  EXPECT_EQ(Matched("PATCH", "/v1/jobs/a"), "allow DELETE, GET, HEAD, POST, PUT");
  EXPECT_EQ(Matched("HEAD", "/v1/verdicts:watch"), "allow GET");
}

TEST(RouteTest, WhatIsAlmostAPathIsNone) {
  for (const char* path :
       {"", "/", "/v1", "/v1/", "/v1/runs/", "//v1/runs", "/v1/jobs/", "/v1/jobs/:cancel",
        "/v1/jobs/a:b", "/v1/jobs/a/results/x", "/v1/jobs/a%2", "/v1/jobs/a%ff", "/V1/runs"}) {
    EXPECT_EQ(Matched("GET", path), "none") << path;
  }
}

TEST(HttpErrorTest, EveryCodeHasItsStatus) {
  EXPECT_EQ(HttpStatus(absl::StatusCode::kInvalidArgument), 400);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kOutOfRange), 400);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kUnauthenticated), 401);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kNotFound), 404);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kFailedPrecondition), 409);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kAborted), 409);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kAlreadyExists), 409);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kResourceExhausted), 429);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kUnimplemented), 501);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kUnavailable), 503);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kCancelled), 503);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kDeadlineExceeded), 504);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kInternal), 500);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kUnknown), 500);
  EXPECT_EQ(HttpStatus(absl::StatusCode::kDataLoss), 500);
}

TEST(HttpErrorTest, WordsAreEscaped) {
  EXPECT_EQ(ErrorJson(absl::NotFoundError("no \"a\"\n")),
            R"({"error":{"code":"NOT_FOUND","message":"no \"a\"\n"}})");
  EXPECT_THAT(ErrorJson(absl::UnimplementedError("")), testing::HasSubstr("does not answer that"));
  EXPECT_THAT(ErrorJson(absl::NotFoundError("\xff")), testing::HasSubstr("\xef\xbf\xbd"));
}

}  // namespace
}  // namespace silhouette
