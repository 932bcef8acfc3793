#include "common/tls_options.h"

namespace silhouette {
namespace {

constexpr char kGroup[] = "TLS (files are read again when they change)";

void AddOptions(CLI::App* app, TlsOptions* options) {
  app->add_option("--tls-ca", options->ca,
                  "Connect with TLS, and trust servers whose certificate these sign (PEM)")
      ->type_name("FILE")
      ->group(kGroup);
  app->add_option("--tls-cert", options->cert,
                  "Certificate to show, followed by its issuers' if any (PEM)")
      ->type_name("FILE")
      ->group(kGroup);
  app->add_option("--tls-key", options->key, "Its private key (PEM, without password)")
      ->type_name("FILE")
      ->group(kGroup);
  app->add_option("--tls-server-name", options->server_name,
                  "Name that a server's certificate must have (default: the host of its address)")
      ->type_name("NAME")
      ->group(kGroup);
}

}  // namespace

void AddTlsClientOptions(CLI::App* app, TlsOptions* options) {
  AddOptions(app, options);
  app->get_option("--tls-cert")->needs(app->get_option("--tls-ca"));
}

void AddTlsServerOptions(CLI::App* app, TlsOptions* options) {
  AddOptions(app, options);
  app->get_option("--tls-cert")
      ->description(
          "Serve with TLS under this certificate, followed by its issuers' if any (PEM); "
          "also shown when connecting");
  app->get_option("--tls-ca")
      ->description(
          "Trust certificates that these sign (PEM): connect with TLS, and serve only "
          "clients that have one");
  app->add_option("--tls-clients", options->clients,
                  "Whom to serve: signed, those with a certificate that --tls-ca signs (default "
                  "where it is given), or any")
      ->type_name("WHO")
      ->check(CLI::IsMember({"signed", "any"}))
      ->group(kGroup);
}

absl::Status CheckTlsOptions(const TlsOptions& options) {
  if (options.cert.empty() != options.key.empty()) {
    return absl::InvalidArgumentError(
        options.key.empty() ? "--tls-cert: needs its private key; add --tls-key FILE"
                            : "--tls-key: needs its certificate; add --tls-cert FILE");
  }
  if (!options.clients.empty() && options.cert.empty()) {
    return absl::InvalidArgumentError(
        "--tls-clients: is about serving with TLS; add --tls-cert FILE and --tls-key FILE");
  }
  if (options.clients == "signed" && options.ca.empty()) {
    return absl::InvalidArgumentError(
        "--tls-clients signed: signed by whom? Add --tls-ca FILE, or say --tls-clients any");
  }
  if (!options.server_name.empty() && options.ca.empty()) {
    return absl::InvalidArgumentError(
        "--tls-server-name: is checked over TLS alone; add --tls-ca FILE");
  }
  return absl::OkStatus();
}

}  // namespace silhouette
