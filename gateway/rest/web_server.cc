#include "gateway/rest/web_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/rest/connection.h"
#include "gateway/rest/download.h"
#include "gateway/rest/event_stream.h"
#include "gateway/rest/http_error.h"
#include "gateway/rest/openapi.h"
#include "gateway/rest/static_page.h"
#include "gateway/rest/upload.h"

namespace silhouette {
namespace {

constexpr std::chrono::seconds kGrace(1);
constexpr char kAnyPath[] = "[\\s\\S]*";
constexpr char kOpenApiPath[] = "/v1/openapi.json";

// The parts of a request's target, as they came: httplib decodes too much and too little.
struct Target {
  explicit Target(std::string_view target)
      : path(target.substr(0, target.find('?'))),
        query(path.size() == target.size() ? "" : target.substr(path.size() + 1)) {}
  std::string_view path, query;
};

bool IsApi(std::string_view path) { return path == "/v1" || path.starts_with("/v1/"); }

RequestOrigin OriginOf(const httplib::Request& request, bool is_api) {
  RequestOrigin origin;
  for (size_t i = 0; i < request.get_header_value_count("Host"); ++i) {
    origin.hosts.push_back(request.get_header_value("Host", i));
  }
  origin.local_address = request.local_addr;
  origin.origin = request.get_header_value("Origin");
  origin.fetch_site = request.get_header_value("Sec-Fetch-Site");
  origin.fetch_mode = request.get_header_value("Sec-Fetch-Mode");
  origin.authorization = request.get_header_value("Authorization");
  origin.is_api = is_api;
  return origin;
}

void AnswerWrongMethod(const httplib::Request& request, const std::string& allow,
                       httplib::Response* response) {
  response->set_header("Allow", allow);
  SetError(405,
           absl::UnimplementedError(
               absl::StrCat(request.method, " is not for this path; it takes ", allow)),
           response);
}

void AnswerUnknownPath(std::string_view path, httplib::Response* response) {
  SetError(absl::NotFoundError(absl::StrCat("nothing at ", std::string(path), "; ", kOpenApiPath,
                                            " says what there is")),
           response);
}

// What httplib itself refuses, as a request line that is none, has no words yet.
void AddWords(httplib::Response* response) {
  if (!response->body.empty()) return;
  response->set_content(
      ErrorJson(absl::InvalidArgumentError(absl::StrCat(
          response->status == 414 ? "the request's target is longer than 8 KiB; ask for less"
                                  : "not a request of HTTP/1.1"))),
      "application/json");
}

}  // namespace

WebServer::WebServer(WebOptions options)
    : options_(std::move(options)),
      places_(options_.max_watchers),
      http_(options_.threads, &metrics_) {}

WebServer::~WebServer() { Stop(); }

absl::Status WebServer::Bind() {
  if (options_.listen.empty()) return absl::OkStatus();
  if (absl::Status status = CheckWebOptions(options_); !status.ok()) return status;
  if (!options_.token_file.empty()) {
    auto token = TokenFile::Open(options_.token_file);
    if (!token.ok()) {
      return absl::Status(token.status().code(),
                          absl::StrCat("--web-token-file ", token.status().message()));
    }
    token_ = *std::move(token);
  }
  std::vector<std::string> names = options_.hosts;
  names.push_back(options_.listen);
  guard_.emplace(std::move(names), token_.get());
  auto port = http_.Bind("--web-listen", options_.listen);
  if (!port.ok()) return port.status();
  port_ = *port;
  return absl::OkStatus();
}

void WebServer::Serve(std::shared_ptr<grpc::Channel> channel) {
  if (port_ == 0) return;
  stub_ = std::make_unique<RpcCall::Stub>(std::move(channel));
  SetHandlers();
  http_.Start();
}

void WebServer::Stop() {
  calls_.CancelAll();
  http_.Stop(kGrace);
}

void WebServer::SetHandlers() {
  using httplib::Request;
  using httplib::Response;
  using Handled = httplib::Server::HandlerResponse;
  http_.set_pre_routing_handler([this](const Request& request, Response& response) {
    return Answer(request, &response) ? Handled::Handled : Handled::Unhandled;
  });
  const auto upload = [this](const Request& request, Response& response,
                             const httplib::ContentReader& body) {
    const auto found = FindRoute(request, &response);
    if (found) AnswerUpload(Context(), *found, body, &response);
  };
  // Whatever Answer leaves; of any other pattern's other paths, httplib would keep the body.
  http_.Post(kAnyPath, upload);
  http_.Put(kAnyPath, upload);
  http_.set_expect_100_continue_handler([this](const Request& request, Response& response) {
    const bool goes_on = !IsRefused(request, &response) && FindRoute(request, &response);
    return goes_on ? 100 : response.status;
  });
  http_.set_error_handler(
      httplib::Server::Handler([](const Request&, Response& response) { AddWords(&response); }));
  http_.set_exception_handler([](const Request&, Response& response, std::exception_ptr) {
    SetError(absl::InternalError("the gateway is at a loss; its log may tell more"), &response);
  });
  http_.set_post_routing_handler([](const Request&, Response& response) {
    if (!response.has_header("Cache-Control")) response.set_header("Cache-Control", "no-store");
  });
  http_.set_logger([this](const Request&, const Response& response) {
    metrics_.CountRequest(Connection::OfThisThread().route_label, response.status);
  });
}

bool WebServer::IsRefused(const httplib::Request& request, httplib::Response* response) {
  const auto refusal = guard_->Check(OriginOf(request, IsApi(Target(request.target).path)));
  if (!refusal) return false;
  metrics_.CountRefusal(refusal->reason);
  if (refusal->http_status == 401) response->set_header("WWW-Authenticate", "Bearer");
  SetError(refusal->http_status, refusal->status, response);
  return true;
}

bool WebServer::Answer(const httplib::Request& request, httplib::Response* response) {
  if (IsRefused(request, response)) return true;
  const std::string_view path = Target(request.target).path;
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (is_get && AnswerPage(path, request, response)) {
    Connection::OfThisThread().route_label = "page";
    return true;
  }
  if (is_get && path == kOpenApiPath) {
    Connection::OfThisThread().route_label = std::string("GET ") + kOpenApiPath;
    response->status = 200;
    response->set_content(OpenApiJson(), "application/json");
    return true;
  }
  if (!is_get && (path == kOpenApiPath || IsPage(path))) {
    AnswerWrongMethod(request, "GET, HEAD", response);
    return true;
  }
  const auto found = FindRoute(request, response);
  return !found || AnswerRoute(*found, response);
}

std::optional<RestRequest> WebServer::FindRoute(const httplib::Request& request,
                                                httplib::Response* response) {
  const Target target(request.target);
  RouteMatch match = MatchRoute(request.method, target.path);
  if (match.route == nullptr) {
    if (match.allow.empty()) {
      AnswerUnknownPath(target.path, response);
    } else {
      AnswerWrongMethod(request, match.allow, response);
    }
    return std::nullopt;
  }
  Connection::OfThisThread().route_label =
      absl::StrCat(match.route->http_method, " ", match.route->path);
  auto query = ParseQuery(target.query);
  if (!query.ok()) {
    SetError(query.status(), response);
    return std::nullopt;
  }
  return RestRequest{request, *match.route, std::move(match.path_fields), *std::move(query)};
}

bool WebServer::AnswerRoute(const RestRequest& request, httplib::Response* response) {
  const RestContext context = Context();
  switch (request.route.kind) {
    case RouteKind::kUnary:
      AnswerUnary(context, request, response);
      return true;
    case RouteKind::kEvents:
      AnswerEvents(context, request, response);
      return true;
    case RouteKind::kDownload:
      AnswerDownload(context, request, response);
      return true;
    case RouteKind::kUpload:
      return false;
  }
  return true;
}

}  // namespace silhouette
