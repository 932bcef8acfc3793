#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture-svc/engine.h"
#include "capture-svc/sandbox/sandbox.h"
#include "capture-svc/source/source_options.h"
#include "common/link_flags.h"
#include "common/options.h"

namespace silhouette {

// What says how packets are read: shared by capture-svc and the command-line tool.
struct ReadFlags {
  std::string home;             // networks that are ours; empty for the default
  std::string align = "epoch";  // epoch or first
  std::string lateness = "1s";
  std::vector<std::string> look_into = {};  // gre, vxlan, ipip
  bool vlan_key = false;
  std::string anonymize = {};  // key file; empty for none
};
void AddReadFlags(CLI::App* app, ReadFlags* flags);
// Only those that say how a packet by itself is read: the others keep their defaults.
void AddPacketFlags(CLI::App* app, ReadFlags* flags);
// Errors: INVALID_ARGUMENT naming the flag, or those of the key file.
absl::StatusOr<CaptureOptions> MakeCaptureOptions(const ReadFlags& flags);

// What says how interfaces are captured from: shared likewise.
struct LiveFlags {
  std::string filter;
  int snap_length = LiveOptions().snap_length;
  int buffer_mib = 16;
  bool not_promiscuous = false;
  std::string write;  // pcapng file
  std::string user = "nobody";
  bool no_sandbox = false;
  bool require_sandbox = false;
};
// All but --write need `interface`, the option that names one; --write excludes --anonymize, which
// AddReadFlags has added before.
void AddLiveFlags(CLI::App* app, CLI::Option* interface, LiveFlags* flags);
SourceOptions InterfaceSource(const std::string& interface, const LiveFlags& flags);

// Gives up what is not needed once the captures are open, as the flags say, and logs how that went.
// Errors: PERMISSION_DENIED when it is required and the system refused some of it.
absl::Status GiveUpRights(const LiveFlags& flags, bool may_write_files);

struct CaptureFlags {
  ServerOptions server;
  ReadFlags read;
  LiveFlags live;
  std::vector<std::string> files;  // or folders, or patterns
  std::vector<std::string> interfaces;
  std::vector<std::string> watch;  // folders
  std::vector<std::string> replay;
  std::string speed = "1x";
  std::string glob;        // of names in watched folders
  std::string origin;      // empty: made from the source
  std::string run;         // of files; empty: a new one each time
  std::string files_from;  // folder of the files that RPCs may name; empty: none
  std::string feature_address = "127.0.0.1:7102";
  bool once = false;
  LinkFlags link;
};
void AddCaptureFlags(CLI::App* app, CaptureFlags* flags);

// The sources that the flags name, in groups: a group's captures run one after the other, and the
// groups at the same time. Errors: INVALID_ARGUMENT or NOT_FOUND naming the flag or the path.
absl::StatusOr<std::vector<std::vector<SourceOptions>>> MakeSources(const CaptureFlags& flags);

}  // namespace silhouette
