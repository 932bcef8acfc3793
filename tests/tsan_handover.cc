// Tells the thread sanitizer what Debian's gRPC and Abseil do. They are not instrumented: their
// absl::Mutex waits on futexes and their queues are atomics, so data handed over through gRPC looks
// unordered. These definitions stand in front of the libraries' own, say what happens before what,
// and call the real ones. cmake/sanitize.cmake links this first into every program of the tsan
// preset; nothing else uses it.

#include <dlfcn.h>
#include <grpc/grpc.h>

#include <cstdlib>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);

namespace {

template <typename Function>
Function* Real(const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();  // Another Abseil or gRPC: the names below need an update.
  return reinterpret_cast<Function*>(found);
}

#define REAL(name, ...) static auto* const real = Real<__VA_ARGS__>(name)

// An operation's start happens before its end: what an application wrote before starting it is
// there for whoever is told that it ended. One address for all operations, as the library merges
// and hands on their queues freely.
char operations;

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  REAL("_ZN4absl7debian35Mutex4LockEv", void(Mutex*));
  real(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  REAL("_ZN4absl7debian35Mutex6UnlockEv", void(Mutex*));
  __tsan_release(this);
  real(this);
}

bool Mutex::TryLock() {
  REAL("_ZN4absl7debian35Mutex7TryLockEv", bool(Mutex*));
  const bool locked = real(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void CondVar::Wait(Mutex* mutex) {
  REAL("_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE", void(CondVar*, Mutex*));
  __tsan_release(mutex);
  real(this, mutex);
  __tsan_acquire(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  REAL("_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE",
       bool(CondVar*, Mutex*, Duration));
  __tsan_release(mutex);
  const bool timed_out = real(this, mutex, timeout);
  __tsan_acquire(mutex);
  return timed_out;
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  REAL("_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE",
       bool(CondVar*, Mutex*, Time));
  __tsan_release(mutex);
  const bool timed_out = real(this, mutex, deadline);
  __tsan_acquire(mutex);
  return timed_out;
}

ABSL_NAMESPACE_END
}  // namespace absl

extern "C" {

grpc_call_error grpc_call_start_batch(grpc_call* call, const grpc_op* ops, size_t count, void* tag,
                                      void* reserved) {
  REAL("grpc_call_start_batch", grpc_call_error(grpc_call*, const grpc_op*, size_t, void*, void*));
  __tsan_release(&operations);
  return real(call, ops, count, tag, reserved);
}

grpc_event grpc_completion_queue_next(grpc_completion_queue* queue, gpr_timespec deadline,
                                      void* reserved) {
  REAL("grpc_completion_queue_next", grpc_event(grpc_completion_queue*, gpr_timespec, void*));
  const grpc_event event = real(queue, deadline, reserved);
  __tsan_acquire(&operations);
  return event;
}

grpc_event grpc_completion_queue_pluck(grpc_completion_queue* queue, void* tag,
                                       gpr_timespec deadline, void* reserved) {
  REAL("grpc_completion_queue_pluck",
       grpc_event(grpc_completion_queue*, void*, gpr_timespec, void*));
  const grpc_event event = real(queue, tag, deadline, reserved);
  __tsan_acquire(&operations);
  return event;
}

}  // extern "C"
