#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace silhouette {

// REST, server-sent events and the page.
struct WebOptions {
  std::string listen = "127.0.0.1:7180";  // host:port; port 0 picks a free one; empty: none
  std::string token_file;                 // empty: the API is for everybody who reaches it
  bool insecure = false;                  // allow that beyond loopback
  std::vector<std::string> hosts;         // names we go by, beside those of loopback
  int threads = 256;                      // connections at once
  int max_watchers = 200;                 // event streams, uploads and downloads at once, of those
  // How often an event stream without events shows that it lives; no flag, for tests.
  std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
};

void AddWebOptions(CLI::App* app, WebOptions* options);

// Errors: INVALID_ARGUMENT naming the flag.
absl::Status CheckWebOptions(const WebOptions& options);

}  // namespace silhouette
