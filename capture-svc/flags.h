#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "capture-svc/capture.h"
#include "common/options.h"

namespace silhouette {

// What says how packets are read: shared by capture-svc and the command-line tool.
struct ReadFlags {
  std::string home;             // networks that are ours; empty for the default
  std::string align = "epoch";  // epoch or first
  std::string lateness = "1s";
  std::vector<std::string> look_into;  // gre, vxlan, ipip
  bool vlan_key = false;
};
void AddReadFlags(CLI::App* app, ReadFlags* flags);
// Errors: INVALID_ARGUMENT naming the flag.
absl::StatusOr<CaptureOptions> MakeCaptureOptions(const ReadFlags& flags);

// The origin of a file: "file:" and its name without its folder.
std::string FileOrigin(const std::string& path);

struct CaptureFlags {
  ServerOptions server;
  ReadFlags read;
  std::vector<std::string> files;
  std::string origin;  // empty: file:NAME
  std::string feature_address = "127.0.0.1:7102";
  bool once = false;
};
void AddCaptureFlags(CLI::App* app, CaptureFlags* flags);
// A capture for each file. Errors: INVALID_ARGUMENT naming the flag.
absl::Status MakeCaptures(const CaptureFlags& flags, CaptureList* captures);

}  // namespace silhouette
