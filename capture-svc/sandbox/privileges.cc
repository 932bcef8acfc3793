#include "capture-svc/sandbox/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

absl::Status Refused(const char* what) {
  return absl::PermissionDeniedError(
      absl::StrCat(what, ": the system refuses: ", std::strerror(errno)));
}

// As far as it may. The kernel numbers capabilities from 0 and says EINVAL behind its last.
void EmptyBoundingSet() {
  for (unsigned long each = 0; prctl(PR_CAPBSET_READ, each, 0, 0, 0) >= 0; ++each) {
    prctl(PR_CAPBSET_DROP, each, 0, 0, 0);
  }
}

absl::StatusOr<passwd> FindUser(const std::string& name, std::vector<char>* memory) {
  memory->resize(1 << 16);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwnam_r(name.c_str(), &entry, memory->data(), memory->size(), &found) != 0 ||
      found == nullptr) {
    return absl::NotFoundError(absl::StrCat("user '", name, "': does not exist; name another"));
  }
  if (entry.pw_uid == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("user '", name, "': is root itself; name one without privileges"));
  }
  return entry;
}

absl::Status CheckRootIsGone(uid_t wanted) {
  uid_t real, effective, saved;
  getresuid(&real, &effective, &saved);
  const bool all = real == wanted && effective == wanted && saved == wanted;
  if (all && setuid(0) != 0 && seteuid(0) != 0) return absl::OkStatus();
  return absl::InternalError("root was left, but can come back; do not go on");
}

absl::Status EmptyCapabilitySets() {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    return Refused("clearing the ambient capabilities");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capset, &header, none) != 0) return Refused("giving up the capabilities");
  return absl::OkStatus();
}

// From a /proc/…/status: whether any of the sets that can be used is not empty.
bool HoldsCapabilities(const std::filesystem::path& status) {
  std::ifstream file(status);
  for (std::string line; std::getline(file, line);) {
    for (std::string_view set : {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"}) {
      if (line.starts_with(set) &&
          line.find_first_not_of("0\t ", set.size()) != std::string::npos) {
        return true;
      }
    }
  }
  return false;
}

// Capabilities are each thread's own, and one cannot take them from another.
absl::Status CheckOtherThreads() {
  int holders = 0;
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", error)) {
    if (HoldsCapabilities(thread.path() / "status")) ++holders;
  }
  if (holders == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(holders,
                   " threads that were started earlier keep their capabilities; give "
                   "them up before there are threads"));
}

}  // namespace

absl::Status DropUser(const std::string& user) {
  if (geteuid() != 0) return absl::OkStatus();
  std::vector<char> memory;
  const auto entry = FindUser(user, &memory);
  if (!entry.ok()) return entry.status();
  EmptyBoundingSet();
  // glibc has every thread do these.
  if (setgroups(0, nullptr) != 0) return Refused("leaving root's groups");
  if (setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0) return Refused("setgid");
  if (setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) return Refused("setuid");
  return CheckRootIsGone(entry->pw_uid);
}

absl::Status DropCapabilities() {
  EmptyBoundingSet();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Refused("no_new_privs");
  if (absl::Status status = EmptyCapabilitySets(); !status.ok()) return status;
  return CheckOtherThreads();
}

}  // namespace silhouette
