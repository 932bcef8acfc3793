#include "gateway/rest/web_options.h"

#include "absl/strings/str_cat.h"
#include "common/grpc_server.h"
#include "gateway/rest/guard.h"

namespace silhouette {
namespace {

constexpr char kGroup[] = "Web (REST, events and the page)";
constexpr int kLeastForRequests = 8;  // threads that none of those gets

}  // namespace

void AddWebOptions(CLI::App* app, WebOptions* options) {
  app->add_option("--web-listen", options->listen,
                  "Address of REST and the page; port 0 picks a free one, \"\" turns it off")
      ->capture_default_str()
      ->group(kGroup);
  app->add_option(
         "--web-token-file", options->token_file,
         "Answer REST only to who knows the token in this file; read again when it changes")
      ->type_name("FILE")
      ->group(kGroup);
  app->add_flag("--web-insecure", options->insecure, "Serve REST beyond loopback without a token")
      ->group(kGroup);
  app->add_option("--web-host", options->hosts,
                  "Another name that browsers know this server by; may be repeated")
      ->type_name("NAME")
      ->group(kGroup);
  app->add_option("--web-threads", options->threads, "Connections at once; more are answered 503")
      ->capture_default_str()
      ->check(CLI::Range(kLeastForRequests, 4096))
      ->group(kGroup);
  app->add_option("--max-watchers", options->max_watchers,
                  "Event streams, uploads and downloads at once; more are answered 503")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096))
      ->group(kGroup);
}

absl::Status CheckWebOptions(const WebOptions& options) {
  if (options.listen.empty()) return absl::OkStatus();
  absl::Status status = CheckAddress("--web-listen", options.listen);
  if (!status.ok()) return status;
  if (!IsLoopback(options.listen) && options.token_file.empty() && !options.insecure) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--web-listen ", options.listen,
        ": goes beyond loopback without a token; give --web-token-file FILE (made by openssl rand "
        "-hex 32 > FILE), or say --web-insecure to allow it"));
  }
  for (const std::string& host : options.hosts) {
    const auto authority = ParseAuthority(host);
    if (authority && authority->port.empty()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--web-host ", host, ": not a name; write it alone, as cam.example"));
  }
  if (options.max_watchers > options.threads - kLeastForRequests) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--max-watchers ", options.max_watchers, ": leaves fewer than ", kLeastForRequests,
        " of --web-threads ", options.threads, " for requests; raise --web-threads"));
  }
  return absl::OkStatus();
}

}  // namespace silhouette
