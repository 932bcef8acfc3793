#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "common/log.h"
#include "common/peer_limits.h"
#include "common/tls_options.h"

namespace silhouette {

// What every service's main has in common.
struct ServerOptions {
  std::string listen;          // host:port of the gRPC API; port 0 picks a free one
  std::string health_listen;   // host:port of the plaintext health service
  std::string metrics_listen;  // host:port of the Prometheus endpoint
  std::string ports_file;      // where the bound ports are written; empty for nowhere
  bool insecure = false;       // allow the API beyond loopback without TLS
  TlsOptions tls;
  bool reflection = false;  // with TLS as well
  PeerLimitOptions limits;
  int grace_s = 10;  // how long an orderly shutdown may take
  LogOptions log;
};

// The flags of ServerOptions; `grpc_port`, health and metrics ports are the design's defaults.
void AddServerOptions(CLI::App* app, ServerOptions* options, int grpc_port, int health_port,
                      int metrics_port);

// --log-format, for services and the tool alike.
void AddLogFormatOption(CLI::App* app, std::string* format);

// Call after all options are added: gives every flag its environment variable (SILHOUETTE_LISTEN
// for --listen, in subcommands too), and the app --config and --version, and without subcommands
// --man and --completion.
void FinishOptions(CLI::App* app);

// Parses; returns -1 to go on or the exit status to leave with (0 after --help, 2 for usage).
int ParseOptions(CLI::App* app, int argc, char** argv);

// "0.1.0".
const char* Version();

}  // namespace silhouette
