#include "capture-svc/flags.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/grpc_server.h"
#include "common/text.h"

namespace silhouette {

void AddReadFlags(CLI::App* app, ReadFlags* flags) {
  app->add_option("--home", flags->home,
                  "Networks whose hosts are ours, as 192.168.1.0/24,fd00::/8 (default: private and "
                  "link-local ones)")
      ->type_name("CIDR,...");
  app->add_option("--align", flags->align,
                  "Where the window grid starts: at the Unix epoch or at the first packet")
      ->capture_default_str()
      ->check(CLI::IsMember({"epoch", "first"}));
  app->add_option("--lateness", flags->lateness,
                  "How far a packet's time may lie behind the newest one's before it is late")
      ->capture_default_str();
  app->add_option("--look-into", flags->look_into,
                  "Tunnels whose inner packets count instead: gre, vxlan, ipip (comma-separated)")
      ->type_name("TUNNEL,...")
      ->delimiter(',')
      ->check(CLI::IsMember({"gre", "vxlan", "ipip"}));
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
  return options;
}

std::string FileOrigin(const std::string& path) {
  return absl::StrCat("file:", ToUtf8(std::filesystem::path(path).filename().string()));
}

void AddCaptureFlags(CLI::App* app, CaptureFlags* flags) {
  app->add_option(
         "--file", flags->files,
         "Capture files (pcap, pcapng, plain or packed by gzip or zstd), read one after the other")
      ->type_name("FILE");
  app->add_option("--feature-address", flags->feature_address, "host:port of feature-svc")
      ->capture_default_str();
  app->add_option("--origin", flags->origin, "Name of the capture point (default: file:NAME)");
  app->add_flag("--once", flags->once, "End when all files are read and settled");
  AddReadFlags(app, &flags->read);
  AddServerOptions(app, &flags->server, 7101, 7111, 9171);
  app->footer(
      "Example:\n  capture-svc --file call.pcap --feature-address 127.0.0.1:7102 --once\n\n"
      "Exit status: 0 done, 1 failed or a capture was cut, 2 usage.");
  FinishOptions(app);
}

absl::Status MakeCaptures(const CaptureFlags& flags, CaptureList* captures) {
  auto options = MakeCaptureOptions(flags.read);
  if (!options.ok()) return options.status();
  auto channel = OpenChannel(flags.feature_address);
  const std::string run = NewRunName();
  for (size_t i = 0; i < flags.files.size(); ++i) {
    const std::string& file = flags.files[i];
    options->run = absl::StrCat(run, "-", i + 1);
    options->origin = flags.origin.empty() ? FileOrigin(file) : flags.origin;
    captures->Add(std::make_shared<Capture>(file, *options, channel));
  }
  return absl::OkStatus();
}

}  // namespace silhouette
