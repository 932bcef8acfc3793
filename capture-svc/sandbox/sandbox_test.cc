#include "capture-svc/sandbox/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "capture-svc/sandbox/privileges.h"
#include "capture-svc/sandbox/system_calls.h"
#include "capture-svc/source/interfaces.h"
#include "capture-svc/source/live_source.h"
#include "capture-svc/source/test_network.h"

namespace silhouette {
namespace {

using Fact = std::function<bool()>;

bool Refused(long result) {
  const bool refused = result < 0 && errno == EPERM;
  if (!refused) std::cerr << "result " << result << ", errno " << errno << "\n";
  return refused;
}

// Everything that is refused is worth a failure: the tests run where nothing refuses.
void Enter(const SandboxOptions& options) {
  const SandboxReport report = EnterSandbox(options);
  if (report.refused.empty()) return;
  std::cerr << "refused: " << absl::StrJoin(report.refused, "; ") << "\n";
  _exit(2);
}

// Each fact is looked at in a process of its own, for there is no way out of the sandbox. It starts
// anew, so that no thread of an earlier test is in it.
void ExpectInside(const Fact& fact, const SandboxOptions& options = {}) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Enter(options);
        _exit(fact() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The value of one line of /proc/self/status.
std::string StatusOf(const std::string& key) {
  std::istringstream lines(ReadText("/proc/self/status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + ":\t")) return line.substr(key.size() + 2);
  }
  return "missing";
}

bool Is(const std::string& key, const std::string& wanted) {
  const std::string value = StatusOf(key);
  if (value != wanted) std::cerr << key << ": " << value << ", not " << wanted << "\n";
  return value == wanted;
}

LiveOptions Loopback() {
  LiveOptions options;
  options.interface = "lo";
  return options;
}

TEST(SandboxDeathTest, TheKernelConfirmsIt) {
  const std::string none(16, '0');
  const bool root = geteuid() == 0;
  ExpectInside([&] {
    return Is("Seccomp", "2") && Is("NoNewPrivs", "1") && Is("CapEff", none) &&
           Is("CapPrm", none) && Is("CapInh", none) && Is("CapAmb", none) &&
           (!root || Is("CapBnd", none));
  });
}

TEST(SandboxDeathTest, RootIsNobodyInItAndHasNoGroups) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, which it leaves";
  const std::string id = std::to_string(getpwnam("nobody")->pw_uid);
  const std::string group = std::to_string(getpwnam("nobody")->pw_gid);
  ExpectInside([&] {
    return Is("Uid", absl::StrJoin({id, id, id, id}, "\t")) &&
           Is("Gid", absl::StrJoin({group, group, group, group}, "\t")) &&
           getgroups(0, nullptr) == 0 && Refused(setuid(0));
  });
}

TEST(SandboxDeathTest, NoProgramIsExecuted) {
  ExpectInside([] {
    const char* const arguments[] = {"/bin/true", nullptr};
    return Refused(execv(arguments[0], const_cast<char**>(arguments)));
  });
}

TEST(SandboxDeathTest, NoProcessIsStartedTracedOrSignalled) {
  const pid_t parent = getppid();
  ExpectInside([&] {
    return Refused(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)) &&
           Refused(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)) && Refused(kill(parent, 0)) &&
           Refused(kill(-1, 0)) && kill(getpid(), 0) == 0;
  });
}

TEST(SandboxDeathTest, NoFileIsOpenedForWriting) {
  const std::string path = absl::StrCat(testing::TempDir(), "sandbox_", getpid());
  ExpectInside([&] {
    return Refused(open(path.c_str(), O_WRONLY | O_CREAT, 0600)) &&
           Refused(open("/dev/null", O_RDWR)) && Refused(open("/dev/null", O_RDONLY | O_TRUNC)) &&
           Refused(creat(path.c_str(), 0600)) && Refused(unlink("/dev/null"));
  });
}

TEST(SandboxDeathTest, FilesAreReadInIt) {
  ExpectInside([] { return !ReadText("/proc/self/status").empty(); });
}

TEST(SandboxDeathTest, FilesAreWrittenWhereThatWasAskedFor) {
  const std::string path = absl::StrCat(testing::TempDir(), "sandbox_", getpid());
  ExpectInside(
      [&] {
        const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
        return file >= 0 && write(file, "x", 1) == 1 && fdatasync(file) == 0 &&
               ftruncate(file, 0) == 0 && unlink(path.c_str()) == 0;
      },
      {.user = "", .may_write_files = true});
}

TEST(SandboxDeathTest, NoPacketSocketIsOpened) {
  ExpectInside([] {
    return Refused(socket(AF_PACKET, SOCK_RAW, 0)) && Refused(socket(AF_PACKET, SOCK_DGRAM, 0));
  });
}

TEST(SandboxDeathTest, NoPacketSocketIsOpenedByItsOldNameThoughCapabilitiesWereKept) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, whom the kernel would let";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        if (!ApplySeccomp(false).ok()) _exit(2);
        bool refused = true;
        for (int family : {AF_INET, AF_INET6}) {
          for (int type : {int{SOCK_PACKET}, SOCK_PACKET | SOCK_CLOEXEC, int{SOCK_RAW}}) {
            refused = Refused(socket(family, type, IPPROTO_UDP)) && refused;
          }
        }
        _exit(refused ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(SandboxDeathTest, InterfacesAreListedInIt) {
  const auto names_loopback = [] {
    const std::vector<InterfaceInfo> all = ListInterfaces();
    return std::any_of(all.begin(), all.end(), [](const auto& each) { return each.name == "lo"; });
  };
  if (!names_loopback()) GTEST_SKIP() << "this system has no interface called lo";
  ExpectInside(names_loopback);
}

TEST(SandboxDeathTest, ServersAreStartedInIt) {
  ExpectInside([] {
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
           listen(server, 1) == 0;
  });
}

TEST(SandboxDeathTest, ThreadsAreStartedInIt) {
  ExpectInside([] {
    bool ran = false;
    std::thread thread([&] { ran = Is("Seccomp", "2"); });
    thread.join();
    return ran;
  });
}

TEST(SandboxDeathTest, NothingIsTypedIntoTheTerminal) {
  ExpectInside([] { return Refused(ioctl(STDIN_FILENO, TIOCSTI, "x")); });
}

TEST(SandboxDeathTest, AnExitInItIsClean) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Enter({});
        exit(0);  // a sanitizer's checks run
      },
      testing::ExitedWithCode(0), "");
}

TEST(SandboxDeathTest, TheSystemCallsOfEarlierThreadsAreFilteredToo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        std::atomic<bool> entered{false};
        bool refused = false;
        std::thread thread([&] {
          entered.wait(false);
          refused = Refused(socket(AF_PACKET, SOCK_RAW, 0)) && Is("NoNewPrivs", "1");
        });
        if (!ApplySeccomp(false).ok()) _exit(2);
        entered = true;
        entered.notify_all();
        thread.join();
        _exit(refused ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(SandboxDeathTest, CapabilitiesThatAnEarlierThreadKeepsAreReported) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, for capabilities";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        std::atomic<bool> asked{false};
        std::thread thread([&] { asked.wait(false); });
        const absl::Status status = DropCapabilities();
        asked = true;
        asked.notify_all();
        thread.join();
        std::cerr << status;
        _exit(status.code() == absl::StatusCode::kFailedPrecondition ? 0 : 1);
      },
      testing::ExitedWithCode(0), "threads that were started earlier");
}

TEST(SandboxDeathTest, ACaptureThatIsOpenGoesOnInIt) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: it makes a network namespace";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        TestNetwork network;
        if (!network.ready()) _exit(0);
        const uint16_t port = network.OpenPort();
        auto source = LiveSource::Open(Loopback());
        if (!source.ok()) _exit(2);
        Enter({});
        if (!network.Send(port, 10, 20)) _exit(3);
        (*source)->Finish();
        size_t count = 0;
        for (bool ended = false; !ended;) {
          auto block = (*source)->Read();
          if (!block.ok()) std::cerr << block.status();
          if (!block.ok()) _exit(4);
          count += block->packets.size();
          ended = block->end;
        }
        std::cerr << count << " packets, " << (*source)->loss().kernel_dropped << " dropped";
        source->reset();
        _exit(0);
      },
      testing::ExitedWithCode(0), "10 packets, 0 dropped");
}

TEST(SandboxDeathTest, NoOtherCaptureIsOpenedInItAndTheErrorSaysWhatWouldHelp) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        if (!DropUser("nobody").ok() || !DropCapabilities().ok()) _exit(2);
        const absl::Status status = LiveSource::Open(Loopback()).status();
        std::cerr << status;
        _exit(status.code() == absl::StatusCode::kPermissionDenied ? 0 : 1);
      },
      testing::ExitedWithCode(0), "lo: .*setcap cap_net_raw");
}

TEST(SandboxDeathTest, AUserWhoIsNoneIsNamedAndTheRestIsDone) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, which it would leave";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const SandboxReport report = EnterSandbox({.user = "no-such-user"});
        std::cerr << absl::StrJoin(report.refused, "; ");
        _exit(report.done.size() == 2 && report.refused.size() == 1 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "user 'no-such-user': does not exist");
}

TEST(Sandbox, RootIsNoUserToBecome) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, which it would leave";
  EXPECT_EQ(DropUser("root").code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace silhouette
