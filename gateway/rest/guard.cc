#include "gateway/rest/guard.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/address.h"
#include "common/text.h"

namespace silhouette {
namespace {

// "https://name:port" and a Host of the same name and port. Whether the client came over TLS, only
// the proxy before us would know.
bool IsSameOrigin(std::string_view origin, const Authority& host) {
  for (const auto& [scheme, port] : {std::pair("http://", "80"), std::pair("https://", "443")}) {
    if (!origin.starts_with(scheme)) continue;
    const auto authority = ParseAuthority(origin.substr(std::strlen(scheme)));
    const auto port_of = [port = port](const Authority& of) {
      return of.port.empty() ? std::string(port) : of.port;
    };
    return authority && authority->host == host.host && port_of(*authority) == port_of(host);
  }
  return false;
}

Refusal WrongHost(std::string message) {
  return {421, "host", absl::PermissionDeniedError(std::move(message))};
}

Refusal WrongOrigin(std::string message) {
  return {403, "origin", absl::PermissionDeniedError(std::move(message))};
}

}  // namespace

Guard::Guard(std::vector<std::string> names, TokenFile* token) : token_(token) {
  for (const std::string& name : names) {
    const auto authority = ParseAuthority(name);
    names_.push_back(authority ? authority->host : absl::AsciiStrToLower(name));
  }
}

std::optional<Refusal> Guard::Check(const RequestOrigin& request) const {
  if (request.hosts.size() != 1) return WrongHost("a request has one Host header");
  const auto host = ParseAuthority(request.hosts.front());
  if (!host || !IsOurs(host->host, request.local_address)) {
    return WrongHost(absl::StrCat("Host ", ToUtf8(request.hosts.front()),
                                  ": not a name of this server; if it should be, start the gateway "
                                  "with --web-host NAME"));
  }
  if (!request.origin.empty() && !IsSameOrigin(request.origin, *host)) {
    return WrongOrigin(
        absl::StrCat("Origin ", ToUtf8(request.origin), ": only pages of this server may use it"));
  }
  const bool is_foreign = request.fetch_site == "cross-site" || request.fetch_site == "same-site";
  if (request.is_api && is_foreign && request.fetch_mode != "navigate") {
    return WrongOrigin("a page of another site asks; only pages of this server may use it");
  }
  if (!request.is_api || token_ == nullptr) return std::nullopt;
  absl::string_view given = request.authorization;
  const bool is_bearer = absl::StartsWithIgnoreCase(given, "bearer ");
  if (is_bearer) given = absl::StripAsciiWhitespace(given.substr(7));
  if (is_bearer && token_->IsToken({given.data(), given.size()})) return std::nullopt;
  return Refusal{401, "token",
                 absl::UnauthenticatedError(
                     is_bearer ? "not the token of this server"
                               : "this server wants its token: Authorization: Bearer TOKEN")};
}

bool Guard::IsOurs(std::string_view host, const std::string& local_address) const {
  if (host == "localhost" || std::find(names_.begin(), names_.end(), host) != names_.end()) {
    return true;
  }
  const auto address = IpAddress::Parse(host);
  if (!address.ok()) return false;
  const auto local = IpAddress::Parse(local_address);
  const bool is_loopback =
      (address->is_v4() && address->bytes[12] == 127) || address->ToString() == "::1";
  return is_loopback || (local.ok() && *address == *local);
}

std::optional<Authority> ParseAuthority(std::string_view text) {
  std::string_view host = text.substr(0, text.find(':'));
  std::string_view rest = text.substr(host.size());
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  }
  const bool has_port = rest.starts_with(':');
  if (has_port) rest.remove_prefix(1);
  const bool is_number = std::all_of(rest.begin(), rest.end(), absl::ascii_isdigit);
  if (host.empty() || has_port == rest.empty() || !is_number) return std::nullopt;
  return Authority{absl::AsciiStrToLower(std::string(host)), std::string(rest)};
}

}  // namespace silhouette
