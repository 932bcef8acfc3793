#include "common/options.h"

#include <algorithm>
#include <cctype>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/help/help_flags.h"

namespace silhouette {
namespace {

std::string EnvironmentName(const CLI::Option& option) {
  std::string name = "SILHOUETTE_" + option.get_lnames().front();
  for (char& c : name) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

bool IsAboutItself(const CLI::Option& option) {
  return option.check_name("--help") || option.check_name("--version") ||
         option.check_name("--man") || option.check_name("--completion");
}

void NameEnvironment(CLI::App* app) {
  for (CLI::Option* option : app->get_options()) {
    if (option->get_lnames().empty() || IsAboutItself(*option)) continue;
    option->envname(EnvironmentName(*option));
  }
  for (CLI::App* sub : app->get_subcommands(nullptr)) {
    sub->fallthrough();  // so that --config may stand behind the subcommand too
    NameEnvironment(sub);
  }
}

// "silhouette run": the command as far as it was understood.
std::string CommandName(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    name += " " + at->get_name();
  }
  return name;
}

// The first word, when it is none of the app's subcommands.
std::string UnknownSubcommand(const CLI::App& app, int argc, char** argv) {
  const bool wants_one = app.get_require_subcommand_min() > 0 && app.get_subcommands().empty();
  if (!wants_one || argc < 2 || argv[1][0] == '-') return "";
  std::string known;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    known += (known.empty() ? "" : ", ") + sub->get_name();
  }
  return absl::StrCat("no command \"", argv[1], "\"; there are ", known);
}

// CLI11 calls every config file INI.
std::string Reason(const CLI::ParseError& error) {
  return absl::StrReplaceAll(error.what(),
                             {{"INI was not able to parse ", "--config: no option "}});
}

}  // namespace

void AddServerOptions(CLI::App* app, ServerOptions* options, int grpc_port, int health_port,
                      int metrics_port) {
  options->listen = absl::StrCat("127.0.0.1:", grpc_port);
  options->health_listen = absl::StrCat("127.0.0.1:", health_port);
  options->metrics_listen = absl::StrCat("127.0.0.1:", metrics_port);
  app->add_option("--listen", options->listen, "Address of the gRPC API; port 0 picks a free one")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  app->add_option("--health-listen", options->health_listen,
                  "Address of the plaintext gRPC health service")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  app->add_option("--metrics-listen", options->metrics_listen,
                  "Address of the Prometheus endpoint /metrics")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  app->add_option("--ports-file", options->ports_file,
                  "Write the bound ports here as JSON, once they are bound")
      ->type_name("FILE");
  app->add_flag("--insecure", options->insecure,
                "Serve the API beyond loopback without encryption");
  AddTlsServerOptions(app, &options->tls);
  app->add_flag("--reflection", options->reflection,
                "Tell clients what the API is, also with TLS; without TLS it is told anyway");
  app->add_option("--max-peer-calls", options->limits.open_calls,
                  "Streams and other calls that one peer may have open at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app->add_option("--max-peer-call-rate", options->limits.calls_per_second,
                  "Calls that one peer may begin per second, streams among them")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app->add_option("--grace", options->grace_s, "Seconds that an orderly shutdown may take")
      ->capture_default_str()
      ->check(CLI::Range(0, 3600));
  app->add_option("--log-level", options->log.level, "Least severe message that is logged")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  AddLogFormatOption(app, &options->log.format);
  app->add_option("--slow-batch", options->log.slow_batch_ms,
                  "Milliseconds after which a batch is slow, and logged at level info with its "
                  "trace, one in ten seconds at most; 0: never")
      ->capture_default_str()
      ->check(CLI::Range(0, 3'600'000));
}

void AddLogFormatOption(CLI::App* app, std::string* format) {
  app->add_option("--log-format", *format, "Log lines for people, or one JSON object each")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
}

void FinishOptions(CLI::App* app) {
  app->set_version_flag("--version", std::string(app->get_name()) + " " + Version());
  app->set_config("--config", "", "Read options from this TOML file: listen = \"127.0.0.1:0\"")
      ->type_name("FILE");
  if (app->get_require_subcommand_min() == 0) {
    AddHelpFlags(app, Version());
    // A service that does not know a name must not run without what it stands for. A file for a
    // program with commands may hold what other commands take.
    app->allow_config_extras(CLI::config_extras_mode::error);
  }
  NameEnvironment(app);
}

int ParseOptions(CLI::App* app, int argc, char** argv) {
  try {
    app->parse(argc, argv);
    return -1;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app->exit(error);
    const std::string command = CommandName(*app);
    const std::string unknown = UnknownSubcommand(*app, argc, argv);
    std::cerr << command << ": " << (unknown.empty() ? Reason(error) : unknown) << "; see "
              << command << " --help\n";
    return 2;
  }
}

const char* Version() { return SILHOUETTE_VERSION; }

}  // namespace silhouette
