#include "common/grpc_log.h"

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/log.h"

namespace silhouette {
namespace {

std::atomic<uint64_t> failed_handshakes = 0;
std::atomic<int64_t> silent_until_ms = 0;

void TellOfHandshake(std::string_view message) {
  ++failed_handshakes;
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::steady_clock::now().time_since_epoch())
                             .count();
  int64_t until = silent_until_ms;
  if (now_ms < until || !silent_until_ms.compare_exchange_strong(until, now_ms + 10'000)) return;
  const size_t reason = message.rfind(':');  // "…:SSL routines::certificate verify failed."
  if (reason != std::string_view::npos) message.remove_prefix(reason + 1);
  LogInfo(absl::StrCat("a TLS handshake failed: ", std::string(message)));
}

[[noreturn]] void EndWithoutPort(std::string_view message) {
  const size_t reason = message.rfind(':');  // "Failed accept4: Too many open files"
  LogError(absl::StrCat("takes no more connections", std::string(message.substr(reason)),
                        "; ends, to be started again"));
  spdlog::default_logger()->flush();
  std::_Exit(1);
}

}  // namespace

void JoinGrpcLog() {
  gpr_set_log_function([](gpr_log_func_args* args) {
    const std::string_view message = args->message;
    if (message.starts_with("Handshake failed")) TellOfHandshake(message);
    if (message.starts_with("Failed accept4:")) EndWithoutPort(message);
    if (IsLogged(LogLevel::kDebug)) LogDebug(absl::StrCat("grpc: ", args->message));
  });
}

uint64_t FailedHandshakes() { return failed_handshakes; }

}  // namespace silhouette
