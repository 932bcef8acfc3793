#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "capture-svc/flags.h"
#include "capture-svc/source/source_options.h"

namespace silhouette {

// Where packets come from, a file or an interface, and how they are read: shared by `run` and
// `features`.
struct SourceFlags {
  std::string file;
  std::string interface;
  std::string duration;  // of a live capture; empty: until Ctrl-C
  ReadFlags read;
  LiveFlags live;

  bool is_live() const { return !interface.empty(); }
};
void AddSourceFlags(CLI::App* app, SourceFlags* flags);
void AddReadAndLiveFlags(CLI::App* app, SourceFlags* flags);

SourceOptions SourceOf(const SourceFlags& flags);

// Gives up what an opened interface does not need any more, before there are threads, and says that
// it listens. Nothing for a file. `command` is what messages begin with, as "run".
// Errors: as GiveUpRights.
absl::Status BeginToListen(const std::string& command, const SourceFlags& flags,
                           const OpenedSource& opened);

}  // namespace silhouette
