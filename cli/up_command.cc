#include "cli/up_command.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/child_process.h"
#include "cli/report_flags.h"
#include "cli/stopper.h"
#include "common/files.h"
#include "common/log.h"
#include "common/stop_signal.h"
#include "nlohmann/json.hpp"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

struct UpFlags {
  std::vector<std::string> interfaces, watch, files;
  std::string filter, home, anonymize, origin;
  std::string store = "silhouette.db";
  std::string models;
  std::string web_listen = "127.0.0.1:7180";
  std::string web_token_file;
  std::vector<std::string> web_hosts;
  bool web_insecure = false;
  bool any_ports = false;
  std::string log_level = "warn";
  std::string duration;
};

constexpr char kFooter[] = R"(
It starts gateway, classify-svc, feature-svc and capture-svc from the folder of this program, with
their usual ports on loopback, and says where the page is. Captures can be handed in there, or by
`silhouette submit`. Ctrl-C ends all four in order: what was captured is stored first. A service that
ends on its own is started again. By sudo only capture-svc starts as root, and gives that up once the
interface is open.

Examples:
  silhouette up                                  no capture of its own: hand some in
  sudo silhouette up --interface eth0 --home 192.168.1.0/24
  silhouette up --watch /var/captures            a rotating tcpdump's folder

Exit status: 0 ended by Ctrl-C, 1 a service could not be started or kept ending, 2 usage.
)";

// A service of the suite and the process that runs it.
struct Service {
  std::string name;
  std::vector<std::string> arguments;
  bool leaves_root = true;
  std::optional<ChildProcess> process;
  std::chrono::steady_clock::time_point started;
  int quick_ends = 0;  // in a row
  nlohmann::json ports;
};

// One that nobody listens on at the moment.
int FreePort() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(descriptor, generic, size) == 0) getsockname(descriptor, generic, &size);
  close(descriptor);
  return ntohs(address.sin_port);
}

class Suite {
 public:
  Suite(const UpFlags& flags, std::string programs, std::string ports_folder)
      : flags_(flags), programs_(std::move(programs)), ports_folder_(std::move(ports_folder)) {}

  // Starts all, each once those that it talks to have their ports. Errors name the service.
  absl::Status Start(const std::atomic<bool>& stopped);
  // Starts again what has ended. Errors: what keeps ending.
  absl::Status Mend(const std::atomic<bool>& stopped);
  // In the order of the data's way, so that each gets what the one before still has.
  void End();

  int port(size_t service, const char* kind) const { return services_[service].ports[kind]; }

 private:
  enum : size_t { kGateway, kClassify, kFeature, kCapture };

  absl::Status StartOne(Service* service, const std::atomic<bool>& stopped);
  std::vector<std::string> ArgumentsOf(size_t service) const;
  void AddSources(std::vector<std::string>* arguments) const;

  const UpFlags flags_;
  const std::string programs_;          // folder
  const std::string ports_folder_;      // where each writes its ports
  std::vector<std::string> addresses_;  // of their gRPC APIs, as they know each other
  std::vector<Service> services_;
};

absl::Status Suite::Start(const std::atomic<bool>& stopped) {
  // They know each other in a circle, so addresses come before processes.
  for (int port : {7100, 7103, 7102, 7101}) {
    const int chosen = flags_.any_ports ? FreePort() : port;
    addresses_.push_back(absl::StrCat("127.0.0.1:", chosen));
  }
  for (const char* name : {"gateway", "classify-svc", "feature-svc", "capture-svc"}) {
    Service& service = services_.emplace_back();
    service.name = name;
    service.arguments = ArgumentsOf(services_.size() - 1);
    service.leaves_root = services_.size() - 1 != kCapture || flags_.interfaces.empty();
    if (absl::Status status = StartOne(&service, stopped); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Suite::StartOne(Service* service, const std::atomic<bool>& stopped) {
  const std::string ports = absl::StrCat(ports_folder_, "/", service->name, ".json");
  std::error_code ignored;
  fs::remove(ports, ignored);
  std::vector<std::string> command = {absl::StrCat(programs_, "/", service->name),
                                      "--log-level",
                                      flags_.log_level,
                                      "--log-format",
                                      IsJsonLog() ? "json" : "text",
                                      "--ports-file",
                                      ports};
  command.insert(command.end(), service->arguments.begin(), service->arguments.end());
  auto process = ChildProcess::Start(command, service->leaves_root);
  if (!process.ok()) return process.status();
  service->process.emplace(*std::move(process));
  service->started = std::chrono::steady_clock::now();
  while (!stopped) {
    if (const auto written = ReadFile(ports); written.ok()) {
      service->ports = nlohmann::json::parse(*written);
      return absl::OkStatus();
    }
    if (!service->process->IsRunning()) {
      return absl::UnavailableError(absl::StrCat(service->name, ": ended; see above for why"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return absl::CancelledError("stopped");
}

std::vector<std::string> Suite::ArgumentsOf(size_t service) const {
  std::vector<std::string> arguments;
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) arguments.insert(arguments.end(), {flag, value});
  };
  add("--listen", addresses_[service]);
  if (flags_.any_ports) {
    for (const char* flag : {"--health-listen", "--metrics-listen"}) add(flag, "127.0.0.1:0");
  }
  if (service == kGateway) {
    add("--store", flags_.store);
    add("--capture-address", addresses_[kCapture]);
    add("--feature-address", addresses_[kFeature]);
    add("--classify-address", addresses_[kClassify]);
    add("--web-listen", flags_.web_listen);
    add("--web-token-file", flags_.web_token_file);
    for (const std::string& host : flags_.web_hosts) add("--web-host", host);
    if (flags_.web_insecure) arguments.push_back("--web-insecure");
  }
  if (service == kClassify) add("--gateway-address", addresses_[kGateway]);
  if (service == kClassify) add("--models", flags_.models);
  if (service == kFeature) add("--classify-address", addresses_[kClassify]);
  if (service == kCapture) add("--feature-address", addresses_[kFeature]);
  if (service == kCapture) AddSources(&arguments);
  return arguments;
}

void Suite::AddSources(std::vector<std::string>* arguments) const {
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) arguments->insert(arguments->end(), {flag, value});
  };
  for (const std::string& interface : flags_.interfaces) add("--interface", interface);
  for (const std::string& folder : flags_.watch) add("--watch", folder);
  for (const std::string& file : flags_.files) add("--file", file);
  add("--filter", flags_.filter);
  add("--home", flags_.home);
  add("--anonymize", flags_.anonymize);
  add("--origin", flags_.origin);
}

absl::Status Suite::Mend(const std::atomic<bool>& stopped) {
  constexpr std::chrono::seconds kLongEnough(5);
  constexpr int kMostQuickEnds = 3;
  for (Service& service : services_) {
    if (service.process->IsRunning()) continue;
    const bool was_quick = std::chrono::steady_clock::now() - service.started < kLongEnough;
    service.quick_ends = was_quick ? service.quick_ends + 1 : 0;
    if (service.quick_ends > kMostQuickEnds) {
      return absl::UnavailableError(
          absl::StrCat(service.name, ": keeps ending right after its start; see above for why"));
    }
    LogWarn(service.name + " has ended; starts it again", {{"child", service.name}});
    const absl::Status started = StartOne(&service, stopped);
    // One that has ended at once is counted when it is looked at next.
    if (!started.ok() && !absl::IsUnavailable(started)) return started;
  }
  return absl::OkStatus();
}

void Suite::End() {
  constexpr std::chrono::seconds kPatience(15);
  for (auto service = services_.rbegin(); service != services_.rend(); ++service) {
    if (service->process && !service->process->End(kPatience)) {
      LogWarn(service->name + " does not end, and is killed", {{"child", service->name}});
    }
  }
}

// The folder that this program lies in.
std::string OwnFolder() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? "." : self.parent_path().string();
}

// A folder for the services' ports, which also those who are not root may write to.
absl::StatusOr<std::string> MakePortsFolder() {
  std::string path = (fs::temp_directory_path() / "silhouette-up-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) return absl::ErrnoToStatus(errno, path);
  fs::permissions(path, fs::perms::all | fs::perms::sticky_bit);
  return path;
}

absl::Status Serve(Suite* suite, const UpFlags& flags, const std::atomic<bool>& stopped) {
  if (absl::Status status = suite->Start(stopped); !status.ok()) return status;
  const int web = flags.web_listen.empty() ? 0 : suite->port(0, "web");
  if (web != 0) std::cout << "page: http://127.0.0.1:" << web << "/\n";
  std::cout << "gateway: 127.0.0.1:" << suite->port(0, "grpc") << "\n";
  std::cout << "Ctrl-C ends it." << std::endl;
  while (!stopped) {
    if (absl::Status status = suite->Mend(stopped); !status.ok()) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return absl::OkStatus();
}

int Run(const UpFlags& flags) {
  auto duration = ParseDurationFlag(flags.duration);
  if (!duration.ok()) return ReportFailure("up", duration.status());
  auto ports = MakePortsFolder();
  if (!ports.ok()) return ReportFailure("up", ports.status());
  StopSignal signal;  // before any thread
  std::atomic<bool> stopped = false;
  absl::Status status;
  {
    const Stopper stopper(
        &signal, [&stopped] { stopped = true; }, *duration);
    Suite suite(flags, OwnFolder(), *ports);
    status = Serve(&suite, flags, stopped);
    if (stopped) status = absl::OkStatus();  // whatever that interrupted
    suite.End();
  }
  std::error_code ignored;
  fs::remove_all(*ports, ignored);
  return status.ok() ? 0 : ReportFailure("up", status);
}

}  // namespace

void AddUpCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<UpFlags>();
  CLI::App* app = parent->add_subcommand(
      "up", "All four services on this machine, with the page, until Ctrl-C");
  auto* interface = app->add_option("--interface", flags->interfaces,
                                    "Network interfaces, or any for all of them")
                        ->type_name("NAME");
  app->add_option("--watch", flags->watch, "Folders of captures, with those that come later")
      ->type_name("FOLDER");
  app->add_option("--file", flags->files, "Captures to read at once")->type_name("FILE");
  app->add_option("--filter", flags->filter, "Packets to capture, as tcpdump's")
      ->type_name("BPF")
      ->needs(interface);
  app->add_option("--home", flags->home,
                  "Networks whose hosts are ours, as 192.168.1.0/24,fd00::/8")
      ->type_name("CIDR,...");
  app->add_option("--anonymize", flags->anonymize, "Replace addresses under this file's secret")
      ->type_name("KEYFILE");
  app->add_option("--origin", flags->origin, "Name of the capture point");
  app->add_option("--store", flags->store, "SQLite file of the verdicts; made if missing")
      ->type_name("FILE")
      ->capture_default_str();
  app->add_option("--models", flags->models,
                  "Folder of model bundles (default: those that come with it)")
      ->type_name("FOLDER");
  const char* const web = "Page and REST";
  app->add_option("--web-listen", flags->web_listen, "host:port of the page and of REST")
      ->capture_default_str()
      ->group(web);
  app->add_option("--web-token-file", flags->web_token_file,
                  "File with the token that everybody beyond loopback must give")
      ->type_name("FILE")
      ->group(web);
  app->add_option("--web-host", flags->web_hosts, "A name that the page goes by (repeatable)")
      ->group(web);
  app->add_flag("--web-insecure", flags->web_insecure, "Allow the page beyond loopback without one")
      ->group(web);
  app->add_flag(
      "--any-ports", flags->any_ports,
      "Free ports for the services instead of the usual ones; the page's is --web-listen");
  app->add_option("--log-level", flags->log_level, "Of the services: debug, info, warn, error")
      ->capture_default_str();
  app->add_option("--duration", flags->duration, "End after this time, as 30s or 10m");
  app->footer(kFooter);
  app->callback([flags, exit_status] { *exit_status = Run(*flags); });
}

}  // namespace silhouette
