#include "gateway/service_directory.h"

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_server.h"

namespace silhouette {
namespace {

std::string Join(const IpAddress& address, const std::string& port) {
  const char* const open = address.is_v4() ? "" : "[";
  const char* const close = address.is_v4() ? ":" : "]:";
  return absl::StrCat(open, address.ToString(), close, port);
}

void SortByAddress(std::vector<Replica>* replicas) {
  std::sort(replicas->begin(), replicas->end(),
            [](const Replica& a, const Replica& b) { return a.address < b.address; });
  const auto same = [](const Replica& a, const Replica& b) { return a.address == b.address; };
  replicas->erase(std::unique(replicas->begin(), replicas->end(), same), replicas->end());
}

}  // namespace

const char* NameOf(ServiceKind service) {
  if (service == ServiceKind::kCapture) return "capture-svc";
  return service == ServiceKind::kFeature ? "feature-svc" : "classify-svc";
}

const char* AddressFlagOf(ServiceKind service) {
  if (service == ServiceKind::kCapture) return "--capture-address";
  return service == ServiceKind::kFeature ? "--feature-address" : "--classify-address";
}

const std::vector<std::string>& ServiceAddresses::of(ServiceKind service) const {
  if (service == ServiceKind::kCapture) return capture;
  return service == ServiceKind::kFeature ? feature : classify;
}

struct ServiceDirectory::Question {
  explicit Question(const std::string& as_given) : address(as_given) {
    const size_t colon = as_given.rfind(':');
    host = as_given.substr(0, colon);
    port = as_given.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    if (auto parsed = IpAddress::Parse(host); parsed.ok()) literal = *parsed;
  }

  std::string address, host, port;
  std::optional<IpAddress> literal;
  std::shared_future<HostLookup::Addresses> answer;  // of a name
};

ServiceDirectory::ServiceDirectory(ServiceAddresses addresses, TlsCredentials* tls,
                                   HostLookup::LookUp look_up, std::chrono::milliseconds patience)
    : addresses_(std::move(addresses)),
      tls_(tls),
      patience_(patience),
      lookup_(std::move(look_up)) {}

Replicas ServiceDirectory::Find(ServiceKind service) {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  return Answer(service, Ask(service), deadline);
}

std::vector<Replicas> ServiceDirectory::FindAll() {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  std::vector<std::vector<Question>> questions;  // all are asked before any answer is waited for
  for (ServiceKind service : kServiceKinds) questions.push_back(Ask(service));
  std::vector<Replicas> all;
  for (ServiceKind service : kServiceKinds) {
    all.push_back(Answer(service, questions[all.size()], deadline));
  }
  return all;
}

std::vector<ServiceDirectory::Question> ServiceDirectory::Ask(ServiceKind service) {
  std::vector<Question> questions;
  for (const std::string& address : addresses_.of(service)) {
    if (address == kNoAddress) continue;
    Question& question = questions.emplace_back(address);
    if (!question.literal) question.answer = lookup_.Start(question.host);
  }
  return questions;
}

Replicas ServiceDirectory::Answer(ServiceKind service, const std::vector<Question>& questions,
                                  Deadline deadline) {
  Replicas replicas{service, {}, {}};
  for (const Question& question : questions) {
    auto answer = Answer(question, deadline);
    if (!answer.ok()) {
      replicas.lost.push_back({question.address, std::string(answer.status().message())});
      continue;
    }
    replicas.found.insert(replicas.found.end(), answer->begin(), answer->end());
  }
  SortByAddress(&replicas.found);
  return replicas;
}

absl::StatusOr<std::vector<Replica>> ServiceDirectory::Answer(const Question& question,
                                                              Deadline deadline) {
  if (question.literal) return Keep(question, {*question.literal});
  HostLookup::Addresses answer = absl::UnavailableError("the name server takes too long");
  if (question.answer.wait_until(deadline) == std::future_status::ready) {
    answer = question.answer.get();
  }
  if (answer.ok()) return Keep(question, *answer);
  if (absl::IsUnavailable(answer.status())) {
    std::lock_guard lock(mutex_);
    if (const auto known = known_.find(question.address); known != known_.end()) {
      return known->second;
    }
  }
  return answer.status();
}

std::vector<Replica> ServiceDirectory::Keep(const Question& question,
                                            const std::vector<IpAddress>& addresses) {
  std::lock_guard lock(mutex_);
  std::vector<Replica>& known = known_[question.address];
  std::vector<Replica> kept;
  for (const IpAddress& address : addresses) {
    const std::string where = Join(address, question.port);
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const Replica& one) { return one.address == where; });
    if (found != known.end()) {
      kept.push_back(*found);
    } else {
      kept.push_back({where, OpenChannel(where, tls_, question.literal ? "" : question.host)});
    }
  }
  return known = std::move(kept);
}

}  // namespace silhouette
