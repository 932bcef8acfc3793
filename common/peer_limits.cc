#include "common/peer_limits.h"

#include <grpc/grpc.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/address.h"

namespace silhouette {
namespace {

// Holds one call's place for as long as gRPC keeps the call. The handler of a refused call may be
// run all the same: it finds a call that is cancelled.
class LimitInterceptor : public grpc::experimental::Interceptor {
 public:
  LimitInterceptor(std::shared_ptr<PeerLimits> limits, grpc::experimental::ServerRpcInfo* call)
      : limits_(std::move(limits)), call_(call) {}
  ~LimitInterceptor() override {
    if (peer_) limits_->Leave(*peer_);
  }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_INITIAL_METADATA)) Enter();
    methods->Proceed();
  }

 private:
  void Enter() {
    std::string peer = PeerOf(call_->server_context()->peer());
    const absl::Status status = limits_->Enter(peer);
    if (status.ok()) {
      peer_ = std::move(peer);
      return;
    }
    grpc_call_cancel_with_status(call_->server_context()->c_call(), GRPC_STATUS_RESOURCE_EXHAUSTED,
                                 std::string(status.message()).c_str(), nullptr);
  }

  const std::shared_ptr<PeerLimits> limits_;
  grpc::experimental::ServerRpcInfo* const call_;
  std::optional<std::string> peer_;  // once it holds a place
};

class LimitInterceptors : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit LimitInterceptors(std::shared_ptr<PeerLimits> limits) : limits_(std::move(limits)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override {
    return new LimitInterceptor(limits_, call);
  }

 private:
  const std::shared_ptr<PeerLimits> limits_;
};

}  // namespace

absl::Status PeerLimits::Enter(const std::string& peer) {
  const auto now = now_();
  std::lock_guard lock(mutex_);
  auto found = peers_.find(peer);
  if (found == peers_.end()) {
    if (peers_.size() >= kMostPeers) ForgetIdle(now);
    if (peers_.size() >= kMostPeers) {
      ++refused_.peers;
      return absl::ResourceExhaustedError("too many peers at once; try again later");
    }
    found = peers_.emplace(peer, Peer{0, most_allowed(), now}).first;
  }
  Peer& known = found->second;
  if (known.open >= options_.open_calls) {
    ++refused_.open_calls;
    return absl::ResourceExhaustedError(absl::StrCat("this peer has ", known.open,
                                                     " calls open, as many as --max-peer-calls of "
                                                     "the service allows"));
  }
  known.allowed = Allowed(known, now);
  known.at = now;
  if (known.allowed < 1) {
    ++refused_.rate;
    return absl::ResourceExhaustedError(
        absl::StrCat("this peer makes more than ", options_.calls_per_second,
                     " calls per second, which --max-peer-call-rate of the service allows"));
  }
  known.allowed -= 1;
  ++known.open;
  return absl::OkStatus();
}

void PeerLimits::Leave(const std::string& peer) {
  std::lock_guard lock(mutex_);
  --peers_.at(peer).open;
}

PeerLimits::Refused PeerLimits::refused() const {
  std::lock_guard lock(mutex_);
  return refused_;
}

double PeerLimits::Allowed(const Peer& peer, Clock::time_point now) const {
  const std::chrono::duration<double> passed = now - peer.at;
  return std::min(most_allowed(), peer.allowed + passed.count() * options_.calls_per_second);
}

void PeerLimits::ForgetIdle(Clock::time_point now) {
  std::erase_if(peers_, [&](const auto& entry) {
    return entry.second.open == 0 && Allowed(entry.second, now) >= most_allowed();
  });
}

std::string PeerOf(const std::string& grpc_peer) {
  const std::string address = absl::StrReplaceAll(grpc_peer, {{"%5B", "["}, {"%5D", "]"}});
  const size_t open = address.find('['), close = address.find(']');
  if (open != std::string::npos && close != std::string::npos && open < close) {
    const std::string host = address.substr(open + 1, close - open - 1);
    auto parsed = IpAddress::Parse(host.substr(0, host.find('%')));
    if (!parsed.ok()) return host;
    if (parsed->is_v4()) return parsed->ToString();
    std::fill(parsed->bytes.begin() + 8, parsed->bytes.end(), uint8_t{0});
    return parsed->ToString();
  }
  const size_t scheme = address.find(':'), port = address.rfind(':');
  if (scheme == port) return address;
  return address.substr(scheme + 1, port - scheme - 1);
}

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeLimitInterceptors(
    std::shared_ptr<PeerLimits> limits) {
  return std::make_unique<LimitInterceptors>(std::move(limits));
}

}  // namespace silhouette
