#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "gateway/rest/token_file.h"

namespace silhouette {

// What a request says about who sends it and for whom; empty: it does not say.
struct RequestOrigin {
  std::vector<std::string> hosts;  // Host headers; there must be one
  std::string local_address;       // IP address that the connection came in at
  std::string origin;              // Origin header
  std::string fetch_site;          // Sec-Fetch-Site
  std::string fetch_mode;          // Sec-Fetch-Mode
  std::string authorization;       // Authorization
  bool is_api = false;             // false: a file of the page, which holds no data
};

// A request that is turned away, and as what.
struct Refusal {
  int http_status;
  const char* reason;  // of the metric: "host", "origin" or "token"
  absl::Status status;
};

// Decides whether to answer a request at all. A browser lends its user's reach to every page it
// shows; so a page of another site must neither read answers (by a name of its own that leads here,
// hence Host) nor cause anything (hence Origin and Sec-Fetch-Site). Thread-safe.
class Guard {
 public:
  // `names`: hosts that we go by beside those of loopback and the address that a connection came
  // in at; the host of the address we listen on among them. `token` may be null: none is wanted.
  Guard(std::vector<std::string> names, TokenFile* token);

  std::optional<Refusal> Check(const RequestOrigin& request) const;

 private:
  bool IsOurs(std::string_view host, const std::string& local_address) const;

  std::vector<std::string> names_;  // in lower case
  TokenFile* const token_;
};

// "host:port" or "host": the host in lower case and without the brackets around an IPv6 address,
// the port's digits or nothing.
struct Authority {
  std::string host, port;
};
std::optional<Authority> ParseAuthority(std::string_view text);

}  // namespace silhouette
