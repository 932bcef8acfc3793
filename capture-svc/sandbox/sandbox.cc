#include "capture-svc/sandbox/sandbox.h"

#include <unistd.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "capture-svc/sandbox/privileges.h"
#include "capture-svc/sandbox/system_calls.h"

namespace silhouette {
namespace {

std::atomic<bool> inside{false};

void Note(const absl::Status& status, std::string what, SandboxReport* report) {
  if (status.ok()) {
    report->done.push_back(std::move(what));
  } else {
    report->refused.push_back(absl::StrCat(what, ": ", status.message()));
  }
}

}  // namespace

SandboxReport EnterSandbox(const SandboxOptions& options) {
  SandboxReport report;
  inside = true;
  if (geteuid() == 0 && !options.user.empty()) {
    Note(DropUser(options.user), absl::StrCat("runs as ", options.user), &report);
  }
  Note(DropCapabilities(), "has no capabilities", &report);
  Note(ApplySeccomp(options.may_write_files),
       options.may_write_files ? "executes nothing and opens no packet socket"
                               : "executes nothing, writes no files and opens no packet socket",
       &report);
  return report;
}

}  // namespace silhouette

#if defined(__SANITIZE_ADDRESS__)
// The leak check at exit traces the process from a second one, which the sandbox forbids.
extern "C" int __lsan_is_turned_off() { return silhouette::inside ? 1 : 0; }
#endif
