#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/status.h"

namespace silhouette {

// Which files make a process's TLS, and what they are for. Empty: not given.
struct TlsOptions {
  std::string cert;         // PEM, own certificate first, then its issuers'
  std::string key;          // PEM, without password
  std::string ca;           // PEM, certificates of those whose signature is trusted
  std::string server_name;  // expected of a server instead of its address's host
  std::string clients;      // "signed" or "any"; empty: signed where there is a CA

  bool serves() const { return !cert.empty(); }
  bool connects() const { return !ca.empty(); }
  bool demands_client_certificates() const { return connects() && clients != "any"; }
};

// The flags of a process that connects: all but `clients`.
void AddTlsClientOptions(CLI::App* app, TlsOptions* options);
// Those, and the one of a process that serves.
void AddTlsServerOptions(CLI::App* app, TlsOptions* options);

// Errors: INVALID_ARGUMENT naming a flag that lacks another.
absl::Status CheckTlsOptions(const TlsOptions& options);

}  // namespace silhouette
