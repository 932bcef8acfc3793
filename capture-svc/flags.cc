#include "capture-svc/flags.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "capture-svc/source/expand_files.h"
#include "capture-svc/source/paced_source.h"
#include "common/parse/anonymizer.h"

namespace silhouette {

void AddPacketFlags(CLI::App* app, ReadFlags* flags) {
  app->add_option("--home", flags->home,
                  "Networks whose hosts are ours, as 192.168.1.0/24,fd00::/8 (default: private and "
                  "link-local ones)")
      ->type_name("CIDR,...");
  app->add_option("--look-into", flags->look_into,
                  "Tunnels whose inner packets count instead: gre, vxlan, ipip (comma-separated)")
      ->type_name("TUNNEL,...")
      ->delimiter(',')
      ->check(CLI::IsMember({"gre", "vxlan", "ipip"}));
  app->add_option("--anonymize", flags->anonymize,
                  "Replace addresses under the secret of this file: IP addresses so that networks "
                  "stay networks (Crypto-PAn), hardware addresses by a hash")
      ->type_name("KEYFILE");
}

void AddReadFlags(CLI::App* app, ReadFlags* flags) {
  AddPacketFlags(app, flags);
  app->add_option("--align", flags->align,
                  "Where the window grid starts: at the Unix epoch or at the first packet")
      ->capture_default_str()
      ->check(CLI::IsMember({"epoch", "first"}));
  app->add_option("--lateness", flags->lateness,
                  "How far a packet's time may lie behind the newest one's before it is late")
      ->capture_default_str();
  app->add_flag("--vlan-key", flags->vlan_key, "The same ends in two VLANs are two flows");
}

absl::StatusOr<CaptureOptions> MakeCaptureOptions(const ReadFlags& flags) {
  CaptureOptions options;
  if (!flags.home.empty()) {
    auto home = HomeNetworks::Parse(flags.home);
    if (!home.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--home: ", std::string(home.status().message())));
    }
    options.home = *std::move(home);
  }
  options.align_first = flags.align == "first";
  options.vlan_in_key = flags.vlan_key;
  const auto look_into = [&flags](const char* tunnel) {
    return std::find(flags.look_into.begin(), flags.look_into.end(), tunnel) !=
           flags.look_into.end();
  };
  options.tunnels = {look_into("gre"), look_into("vxlan"), look_into("ipip")};
  absl::Duration lateness;
  if (!absl::ParseDuration(flags.lateness, &lateness) || lateness < absl::ZeroDuration() ||
      lateness > absl::Hours(1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--lateness: \"", flags.lateness, "\" is no duration up to 1h; write it as 500ms or 2s"));
  }
  options.lateness_ns = absl::ToInt64Nanoseconds(lateness);
  if (!flags.anonymize.empty()) {
    auto key = Anonymizer::ReadKey(flags.anonymize);
    if (!key.ok()) return key.status();
    options.anonymize_key = *std::move(key);
  }
  return options;
}

void AddLiveFlags(CLI::App* app, CLI::Option* interface, LiveFlags* flags) {
  const char* group = "Live capture";
  app->add_option("--filter", flags->filter,
                  "Packets to capture, as tcpdump's: 'udp and not port 53'")
      ->type_name("BPF")
      ->needs(interface)
      ->group(group);
  app->add_option("--snaplen", flags->snap_length, "Bytes kept of each packet: its headers")
      ->capture_default_str()
      ->check(CLI::Range(64, 262'144))
      ->needs(interface)
      ->group(group);
  app->add_option("--buffer", flags->buffer_mib, "The kernel's buffer for packets, MiB")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024))
      ->needs(interface)
      ->group(group);
  app->add_flag("--no-promiscuous", flags->not_promiscuous,
                "Only what is addressed to this machine")
      ->needs(interface)
      ->group(group);
  app->add_option("--user", flags->user, "Who root becomes once the capture is open")
      ->capture_default_str()
      ->needs(interface)
      ->group(group);
  app->add_flag("--no-sandbox", flags->no_sandbox,
                "Keep root, capabilities and system calls once the capture is open")
      ->needs(interface)
      ->group(group);
  app->add_flag("--require-sandbox", flags->require_sandbox,
                "End when the system refuses to take any of them")
      ->needs(interface)
      ->group(group);
  app->add_option("--write", flags->write,
                  "Write the headers of what is captured, with their true addresses, to this "
                  "pcapng file as well")
      ->type_name("FILE")
      ->excludes(app->get_option("--anonymize"))
      ->group(group);
}

SourceOptions InterfaceSource(const std::string& interface, const LiveFlags& flags) {
  SourceOptions source;
  source.kind = SourceOptions::Kind::kInterface;
  source.live.interface = interface;
  source.live.filter = flags.filter;
  source.live.snap_length = flags.snap_length;
  source.live.buffer_bytes = static_cast<size_t>(flags.buffer_mib) << 20;
  source.live.promiscuous = !flags.not_promiscuous;
  source.write = flags.write;
  return source;
}

absl::Status GiveUpRights(const LiveFlags& flags, bool may_write_files) {
  if (flags.no_sandbox) return absl::OkStatus();
  SandboxOptions options;
  options.user = flags.user;
  options.may_write_files = may_write_files;
  const SandboxReport report = EnterSandbox(options);
  for (const std::string& done : report.done) spdlog::info("sandbox: {}", done);
  for (const std::string& refused : report.refused) spdlog::warn("sandbox: {}", refused);
  if (report.refused.empty() || !flags.require_sandbox) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("--require-sandbox: ", absl::StrJoin(report.refused, "; ")));
}

namespace {

// Returns the option that names interfaces.
CLI::Option* AddSourceFlags(CLI::App* app, CaptureFlags* flags) {
  const char* group = "Sources";
  app->add_option("--file", flags->files,
                  "Capture files (pcap, pcapng, plain or packed by gzip or zstd), a folder of them "
                  "or a pattern; read one after the other")
      ->type_name("FILE")
      ->group(group);
  CLI::Option* interface = app->add_option("--interface", flags->interfaces,
                                           "Network interfaces, or any for all of them")
                               ->type_name("NAME")
                               ->group(group);
  CLI::Option* watch =
      app->add_option("--watch", flags->watch,
                      "Folders whose captures are one origin, with those that come later, as a "
                      "rotating tcpdump writes them")
          ->type_name("FOLDER")
          ->group(group);
  CLI::Option* replay =
      app->add_option("--replay", flags->replay, "Capture files given at the pace of their times")
          ->type_name("FILE")
          ->group(group);
  app->add_option("--speed", flags->speed, "How much faster a replay is: 1x, 10x, max")
      ->capture_default_str()
      ->needs(replay)
      ->group(group);
  app->add_option("--glob", flags->glob, "Names in watched folders (default: all captures)")
      ->type_name("PATTERN")
      ->needs(watch)
      ->group(group);
  app->add_option("--origin", flags->origin,
                  "Name of the capture point (default: file:NAME, folder:NAME, NODE/INTERFACE)")
      ->group(group);
  app->add_option("--run", flags->run,
                  "Name of the run of a file: reading it again under the same name, after a crash, "
                  "adds what is missing and nothing twice (default: a new one)")
      ->excludes(interface)
      ->group(group);
  app->add_option("--files-from", flags->files_from,
                  "Folder of the files that StartCapture may name (default: none)")
      ->type_name("FOLDER")
      ->group(group);
  app->add_flag("--once", flags->once, "End when all sources are read and settled")->group(group);
  return interface;
}

absl::StatusOr<std::vector<SourceOptions>> FileSources(const std::vector<std::string>& arguments,
                                                       double speed) {
  std::vector<SourceOptions> sources;
  for (const std::string& argument : arguments) {
    auto paths = ExpandFiles(argument);
    if (!paths.ok()) return paths.status();
    for (const std::string& path : *paths) {
      SourceOptions& source = sources.emplace_back();
      source.path = path;
      source.speed = speed;
    }
  }
  return sources;
}

}  // namespace

void AddCaptureFlags(CLI::App* app, CaptureFlags* flags) {
  CLI::Option* interface = AddSourceFlags(app, flags);
  app->add_option("--feature-address", flags->feature_address, "host:port of feature-svc")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  AddLinkFlags(app, "packets of one capture", &flags->link);
  AddReadFlags(app, &flags->read);
  AddLiveFlags(app, interface, &flags->live);
  AddServerOptions(app, &flags->server, 7101, 7111, 9171);
  app->footer(
      "Examples:\n"
      "  capture-svc --file call.pcap --once\n"
      "  capture-svc --interface eth0 --filter 'not port 22'\n"
      "  capture-svc --watch /var/captures --origin router\n"
      "  capture-svc --replay call.pcap --speed 10x --once\n\n"
      "Exit status: 0 done, 1 failed or a capture was cut, 2 usage.");
  FinishOptions(app);
}

absl::StatusOr<std::vector<std::vector<SourceOptions>>> MakeSources(const CaptureFlags& flags) {
  std::vector<std::vector<SourceOptions>> groups;
  auto speed = ParseSpeed(flags.speed);
  if (!speed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--speed: ", std::string(speed.status().message())));
  }
  auto files = FileSources(flags.files, std::numeric_limits<double>::infinity());
  if (!files.ok()) return files.status();
  auto replays = FileSources(flags.replay, *speed);
  if (!replays.ok()) return replays.status();
  for (auto* group : {&*files, &*replays}) {
    if (!group->empty()) groups.push_back(std::move(*group));
  }
  for (const std::string& folder : flags.watch) {
    SourceOptions source;
    source.kind = SourceOptions::Kind::kFolder;
    source.path = folder;
    source.glob = flags.glob;
    source.follow = !flags.once;
    groups.push_back({source});
  }
  for (const std::string& interface : flags.interfaces) {
    groups.push_back({InterfaceSource(interface, flags.live)});
  }
  if (!flags.live.write.empty() && (groups.size() != 1 || groups[0].size() != 1)) {
    return absl::InvalidArgumentError("--write: takes one source; name one, or write each apart");
  }
  if (!flags.live.write.empty()) groups[0][0].write = flags.live.write;
  return groups;
}

}  // namespace silhouette
