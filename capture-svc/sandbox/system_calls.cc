#include "capture-svc/sandbox/system_calls.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

// Allowed whatever their arguments are. A call that an architecture lacks is left out by
// libseccomp.
constexpr int kMemory[] = {SCMP_SYS(brk),        SCMP_SYS(mmap),    SCMP_SYS(mmap2),
                           SCMP_SYS(munmap),     SCMP_SYS(mremap),  SCMP_SYS(mprotect),
                           SCMP_SYS(madvise),    SCMP_SYS(mincore), SCMP_SYS(msync),
                           SCMP_SYS(membarrier), SCMP_SYS(mlock),   SCMP_SYS(munlock)};

constexpr int kThreads[] = {
    SCMP_SYS(exit),           SCMP_SYS(exit_group),         SCMP_SYS(futex),
    SCMP_SYS(futex_waitv),    SCMP_SYS(set_robust_list),    SCMP_SYS(get_robust_list),
    SCMP_SYS(rseq),           SCMP_SYS(set_tid_address),    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),         SCMP_SYS(sched_setaffinity),  SCMP_SYS(sched_get_priority_max),
    SCMP_SYS(getpriority),    SCMP_SYS(set_thread_area),    SCMP_SYS(sched_get_priority_min)};

constexpr int kSignals[] = {
    SCMP_SYS(rt_sigaction),    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend),  SCMP_SYS(rt_sigpending),
    SCMP_SYS(sigaltstack),     SCMP_SYS(signalfd4),      SCMP_SYS(restart_syscall),
    SCMP_SYS(pause),           SCMP_SYS(sigreturn)};

constexpr int kTime[] = {SCMP_SYS(clock_gettime),   SCMP_SYS(clock_getres),
                         SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
                         SCMP_SYS(gettimeofday),    SCMP_SYS(time),
                         SCMP_SYS(times),           SCMP_SYS(timerfd_create),
                         SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime)};

// About this process and the machine.
constexpr int kQuestions[] = {
    SCMP_SYS(getpid),     SCMP_SYS(gettid),    SCMP_SYS(getppid), SCMP_SYS(getpgrp),
    SCMP_SYS(getpgid),    SCMP_SYS(getsid),    SCMP_SYS(getuid),  SCMP_SYS(geteuid),
    SCMP_SYS(getgid),     SCMP_SYS(getegid),   SCMP_SYS(capget),  SCMP_SYS(getresuid),
    SCMP_SYS(getresgid),  SCMP_SYS(getgroups), SCMP_SYS(uname),   SCMP_SYS(getrlimit),
    SCMP_SYS(ugetrlimit), SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(getrandom)};

// What is open already, and what a path leads to.
constexpr int kFiles[] = {SCMP_SYS(read),       SCMP_SYS(readv),       SCMP_SYS(pread64),
                          SCMP_SYS(preadv),     SCMP_SYS(preadv2),     SCMP_SYS(write),
                          SCMP_SYS(writev),     SCMP_SYS(pwrite64),    SCMP_SYS(pwritev),
                          SCMP_SYS(pwritev2),   SCMP_SYS(lseek),       SCMP_SYS(_llseek),
                          SCMP_SYS(close),      SCMP_SYS(close_range), SCMP_SYS(fstat),
                          SCMP_SYS(fstat64),    SCMP_SYS(stat),        SCMP_SYS(stat64),
                          SCMP_SYS(lstat),      SCMP_SYS(lstat64),     SCMP_SYS(newfstatat),
                          SCMP_SYS(fstatat64),  SCMP_SYS(statx),       SCMP_SYS(statfs),
                          SCMP_SYS(fstatfs),    SCMP_SYS(access),      SCMP_SYS(faccessat),
                          SCMP_SYS(faccessat2), SCMP_SYS(readlink),    SCMP_SYS(readlinkat),
                          SCMP_SYS(getdents64), SCMP_SYS(getcwd),      SCMP_SYS(dup),
                          SCMP_SYS(dup2),       SCMP_SYS(dup3),        SCMP_SYS(fcntl),
                          SCMP_SYS(fcntl64),    SCMP_SYS(fadvise64),   SCMP_SYS(flock),
                          SCMP_SYS(sendfile),   SCMP_SYS(readahead),   SCMP_SYS(copy_file_range),
                          SCMP_SYS(umask),      SCMP_SYS(sendfile64)};

constexpr int kWaiting[] = {SCMP_SYS(poll),        SCMP_SYS(ppoll),         SCMP_SYS(select),
                            SCMP_SYS(pselect6),    SCMP_SYS(epoll_ctl),     SCMP_SYS(epoll_wait),
                            SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),  SCMP_SYS(eventfd),
                            SCMP_SYS(eventfd2),    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_create),
                            SCMP_SYS(pipe),        SCMP_SYS(pipe2),         SCMP_SYS(_newselect)};

constexpr int kSockets[] = {
    SCMP_SYS(bind),       SCMP_SYS(listen),      SCMP_SYS(accept),      SCMP_SYS(accept4),
    SCMP_SYS(connect),    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt), SCMP_SYS(send),        SCMP_SYS(sendto),      SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),   SCMP_SYS(recv),        SCMP_SYS(recvfrom),    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),   SCMP_SYS(shutdown),    SCMP_SYS(socketpair)};

// SQLite's, and what replaces a file by rename.
constexpr int kWritingFiles[] = {
    SCMP_SYS(open),     SCMP_SYS(openat),      SCMP_SYS(creat),      SCMP_SYS(unlink),
    SCMP_SYS(unlinkat), SCMP_SYS(rename),      SCMP_SYS(renameat),   SCMP_SYS(renameat2),
    SCMP_SYS(mkdir),    SCMP_SYS(mkdirat),     SCMP_SYS(rmdir),      SCMP_SYS(ftruncate),
    SCMP_SYS(truncate), SCMP_SYS(fsync),       SCMP_SYS(fdatasync),  SCMP_SYS(fallocate),
    SCMP_SYS(fchmod),   SCMP_SYS(ftruncate64), SCMP_SYS(truncate64), SCMP_SYS(sync_file_range),
    SCMP_SYS(utimensat)};

// Without those that type into a terminal or change an interface.
constexpr unsigned long kControls[] = {FIONREAD,     FIONBIO,       FIOCLEX,       FIONCLEX,
                                       TCGETS,       TIOCGWINSZ,    SIOCGIFNAME,   SIOCGIFINDEX,
                                       SIOCGIFFLAGS, SIOCGIFCONF,   SIOCGIFADDR,   SIOCGIFNETMASK,
                                       SIOCGIFMTU,   SIOCGIFHWADDR, SIOCGIFBRDADDR};

constexpr int kSetVma = 0x53564d41;  // PR_SET_VMA, Linux 5.17: names memory
constexpr int kProcessControls[] = {
    PR_SET_NAME,         PR_GET_NAME,    PR_GET_DUMPABLE, PR_SET_NO_NEW_PRIVS,
    PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_CAPBSET_READ, kSetVma};

// No AF_PACKET, so no new capture.
constexpr int kLocalFamilies[] = {AF_UNIX, AF_NETLINK};
constexpr int kInternetFamilies[] = {AF_INET, AF_INET6};
// No SOCK_RAW, nor SOCK_PACKET, which makes Linux open a packet socket whatever the family is.
constexpr int kInternetTypes[] = {SOCK_STREAM, SOCK_DGRAM};
constexpr uint64_t kTypeBits = 0xf;  // the others are flags

// Collects rules; remembers the first that libseccomp refuses.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release) {
    if (context_ == nullptr) error_ = -ENOMEM;
  }

  void Allow(std::span<const int> calls) {
    for (int call : calls) AllowWhere(call, {});
  }
  // Where all the conditions hold.
  void AllowWhere(int call, std::initializer_list<scmp_arg_cmp> conditions) {
    Add(SCMP_ACT_ALLOW, call, conditions);
  }
  // As on a kernel that does not know the call: whoever makes it has another way.
  void Unknown(int call) { Add(SCMP_ACT_ERRNO(ENOSYS), call, {}); }
  // Where all the conditions hold, fails in a way of its own.
  void FailWhere(int call, uint16_t error, std::initializer_list<scmp_arg_cmp> conditions) {
    Add(SCMP_ACT_ERRNO(error), call, conditions);
  }

  // Returns 0 or a negative errno.
  int Load() {
    Set(SCMP_FLTATR_CTL_TSYNC, 1);     // all threads
    Set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a tree, not a list
    return error_ != 0 ? error_ : seccomp_load(context_.get());
  }

 private:
  void Add(uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
    if (error_ != 0) return;
    error_ = seccomp_rule_add_array(context_.get(), action, call,
                                    static_cast<unsigned>(conditions.size()), conditions.begin());
  }
  void Set(scmp_filter_attr attribute, uint32_t value) {
    if (error_ == 0) error_ = seccomp_attr_set(context_.get(), attribute, value);
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int error_ = 0;
};

// 32 bits: what lies above in the register is not the kernel's to look at.
scmp_arg_cmp Argument(unsigned index, uint64_t value) {
  return SCMP_CMP(index, SCMP_CMP_MASKED_EQ, 0xffffffff, value);
}

scmp_arg_cmp Bits(unsigned index, uint64_t mask, uint64_t value) {
  return SCMP_CMP(index, SCMP_CMP_MASKED_EQ, mask, value);
}

void AllowThreads(Filter* filter) {
  filter->Allow(kThreads);
  // Its flags lie in memory, where a filter cannot see them; glibc then takes clone.
  filter->Unknown(SCMP_SYS(clone3));
  filter->AllowWhere(SCMP_SYS(clone), {Bits(0, CLONE_THREAD, CLONE_THREAD)});
}

// To this process alone: abort, raise, pthread_kill.
void AllowSignals(Filter* filter) {
  filter->Allow(kSignals);
  const auto self = static_cast<uint64_t>(getpid());
  filter->AllowWhere(SCMP_SYS(kill), {Argument(0, self)});
  filter->AllowWhere(SCMP_SYS(tgkill), {Argument(0, self)});
}

void AllowFiles(bool may_write, Filter* filter) {
  filter->Allow(kFiles);
  filter->Unknown(SCMP_SYS(openat2));  // its flags lie in memory, too
  if (may_write) return filter->Allow(kWritingFiles);
  constexpr uint64_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC;
  filter->AllowWhere(SCMP_SYS(open), {Bits(1, kWriting, O_RDONLY)});
  filter->AllowWhere(SCMP_SYS(openat), {Bits(2, kWriting, O_RDONLY)});
}

void AllowSockets(Filter* filter) {
  filter->Allow(kSockets);
  for (int family : kLocalFamilies) {
    filter->AllowWhere(SCMP_SYS(socket), {Argument(0, static_cast<uint64_t>(family))});
  }
  for (int family : kInternetFamilies) {
    for (int type : kInternetTypes) {
      filter->AllowWhere(SCMP_SYS(socket), {Argument(0, static_cast<uint64_t>(family)),
                                            Bits(1, kTypeBits, static_cast<uint64_t>(type))});
    }
  }
  // libpcap asks when it lists the interfaces, and gives up the list at any other error.
  filter->FailWhere(SCMP_SYS(socket), EAFNOSUPPORT, {Argument(0, AF_BLUETOOTH)});
}

void AllowQuestions(Filter* filter) {
  filter->Allow(kQuestions);
  for (unsigned long control : kControls) {
    filter->AllowWhere(SCMP_SYS(ioctl), {Argument(1, control)});
  }
  // It changes interfaces, too, by what lies in memory. libpcap asks by it for a cable when it
  // lists them, and gives up the list at EPERM.
  filter->FailWhere(SCMP_SYS(ioctl), EOPNOTSUPP, {Argument(1, SIOCETHTOOL)});
  for (int control : kProcessControls) {
    filter->AllowWhere(SCMP_SYS(prctl), {Argument(0, static_cast<uint64_t>(control))});
  }
  filter->AllowWhere(SCMP_SYS(personality), {Argument(0, 0xffffffff)});       // only asks
  filter->AllowWhere(SCMP_SYS(prlimit64), {SCMP_CMP(2, SCMP_CMP_EQ, 0, 0)});  // likewise
}

absl::Status AsStatus(int error) {
  if (error == 0) return absl::OkStatus();
  const std::string text = absl::StrCat("seccomp: ", std::strerror(-error));
  if (error == -EINVAL || error == -ENOSYS || error == -EOPNOTSUPP) {
    return absl::UnimplementedError(absl::StrCat(text, "; the kernel needs CONFIG_SECCOMP_FILTER"));
  }
  return absl::PermissionDeniedError(text);
}

}  // namespace

absl::Status ApplySeccomp(bool may_write_files) {
  Filter filter;
  filter.Allow(kMemory);
  filter.Allow(kTime);
  filter.Allow(kWaiting);
  AllowThreads(&filter);
  AllowSignals(&filter);
  AllowFiles(may_write_files, &filter);
  AllowSockets(&filter);
  AllowQuestions(&filter);
  return AsStatus(filter.Load());
}

}  // namespace silhouette
