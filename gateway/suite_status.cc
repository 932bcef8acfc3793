#include "gateway/suite_status.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "silhouette/v1/status_service.grpc.pb.h"

namespace silhouette {
namespace {

// A question to one replica, until it is answered.
struct Call {
  ServiceKind service;
  std::string address;
  grpc::ClientContext context;
  v1::GetServiceStatusResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetServiceStatusResponse>> reader;
};
using Calls = std::vector<std::unique_ptr<Call>>;

Calls Start(const std::vector<Replicas>& services, std::chrono::milliseconds patience,
            grpc::CompletionQueue* queue) {
  const auto deadline = std::chrono::system_clock::now() + patience;
  Calls calls;
  for (const Replicas& replicas : services) {
    for (const Replica& replica : replicas.found) {
      Call& call = *calls.emplace_back(std::make_unique<Call>());
      call.service = replicas.service;
      call.address = replica.address;
      call.context.set_deadline(deadline);
      call.reader = v1::StatusService::NewStub(replica.channel)
                        ->AsyncGetServiceStatus(&call.context, {}, queue);
      call.reader->Finish(&call.response, &call.status, &call);
    }
  }
  return calls;
}

v1::ServiceStatus Unavailable(ServiceKind service, const std::string& address, std::string why) {
  v1::ServiceStatus status;
  status.set_service(NameOf(service));
  status.set_address(address);
  status.set_unavailable(std::move(why));
  return status;
}

std::string Remedy(ServiceKind service) {
  return absl::StrCat("start ", NameOf(service), " there, or put right the gateway's ",
                      AddressFlagOf(service));
}

// Why a call that ended with `status` did not answer; what, where and what would be right.
std::string Explain(const Call& call, std::chrono::milliseconds patience) {
  const std::string& words = call.status.error_message();
  if (absl::StrContains(words, "Connection refused")) {
    return absl::StrCat("nothing listens at ", call.address, "; ", Remedy(call.service));
  }
  switch (call.status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::StrCat("no answer from ", call.address, " within ", patience.count(),
                          " ms: its machine may be down or too busy; ", Remedy(call.service));
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::StrCat("what answers at ", call.address,
                          " tells no status: it is another program, or an older version; ",
                          Remedy(call.service));
    default:
      return absl::StrCat("no answer from ", call.address, ": ", words, "; ", Remedy(call.service));
  }
}

v1::ServiceStatus ResultOf(Call* call, std::chrono::milliseconds patience) {
  if (!call->status.ok()) {
    return Unavailable(call->service, call->address, Explain(*call, patience));
  }
  v1::ServiceStatus status = std::move(*call->response.mutable_status());
  if (status.service() != NameOf(call->service)) {
    return Unavailable(call->service, call->address,
                       absl::StrCat("at ", call->address, " answers ", status.service(), "; ",
                                    Remedy(call->service)));
  }
  status.set_address(call->address);
  return status;
}

// All replicas at the same time.
std::vector<v1::ServiceStatus> AskAll(const std::vector<Replicas>& services,
                                      std::chrono::milliseconds patience) {
  grpc::CompletionQueue queue;
  const Calls calls = Start(services, patience, &queue);
  void* call = nullptr;
  bool ok = false;
  for (size_t i = 0; i < calls.size(); ++i) queue.Next(&call, &ok);  // their deadlines end them
  queue.Shutdown();
  queue.Next(&call, &ok);
  std::vector<v1::ServiceStatus> all;
  std::set<std::pair<std::string, int64_t>> seen;
  for (const auto& each : calls) {
    v1::ServiceStatus status = ResultOf(each.get(), patience);
    // A process under two addresses, as its IPv4 and its IPv6 one, is told once.
    const bool answered = status.unavailable().empty();
    if (answered && !seen.insert({status.service(), status.started_ns()}).second) continue;
    all.push_back(std::move(status));
  }
  return all;
}

void AddLost(const std::vector<Replicas>& services, std::vector<v1::ServiceStatus>* all) {
  for (const Replicas& replicas : services) {
    for (const Replicas::Lost& lost : replicas.lost) {
      all->push_back(
          Unavailable(replicas.service, lost.address,
                      absl::StrCat("cannot find ", lost.address, ": ", lost.why,
                                   "; put right the gateway's ", AddressFlagOf(replicas.service))));
    }
  }
}

void SortLikeTheData(std::vector<v1::ServiceStatus>* services) {
  const auto place = [](const v1::ServiceStatus& status) {
    const auto is_it = [&](ServiceKind kind) { return status.service() == NameOf(kind); };
    return std::find_if(std::begin(kServiceKinds), std::end(kServiceKinds), is_it);
  };
  std::stable_sort(services->begin(), services->end(), [&](const auto& a, const auto& b) {
    return std::pair(place(a), a.address()) < std::pair(place(b), b.address());
  });
}

}  // namespace

SuiteStatus::SuiteStatus(ServiceDirectory* directory, std::function<v1::ServiceStatus()> own,
                         std::chrono::milliseconds patience)
    : directory_(directory), own_(std::move(own)), patience_(patience) {}

void SuiteStatus::Fill(v1::GetStatusResponse* response) const {
  const std::vector<Replicas> services = directory_->FindAll();
  std::vector<v1::ServiceStatus> all = AskAll(services, patience_);
  AddLost(services, &all);
  SortLikeTheData(&all);
  all.push_back(own_());
  response->mutable_services()->Add(std::make_move_iterator(all.begin()),
                                    std::make_move_iterator(all.end()));
}

}  // namespace silhouette
