#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace silhouette {

struct SandboxOptions {
  std::string user = "nobody";   // whom root becomes; empty stays root
  bool may_write_files = false;  // for a store on disk
};

// In words for people, one an entry.
struct SandboxReport {
  std::vector<std::string> done;
  std::vector<std::string> refused;
};

// Gives up what a process does not need any more once its capture is open: root, capabilities, most
// system calls. The system may refuse any of it (a container, an old kernel), and then the rest is
// done all the same. Call it before there are threads, after everything that needs privileges is
// open. There is no way back.
SandboxReport EnterSandbox(const SandboxOptions& options);

}  // namespace silhouette
