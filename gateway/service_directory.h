#pragma once

#include <grpcpp/channel.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/tls_credentials.h"
#include "gateway/host_lookup.h"

namespace silhouette {

// The services beside the gateway, in the order of the data's way.
enum class ServiceKind { kCapture, kFeature, kClassify };
inline constexpr ServiceKind kServiceKinds[] = {ServiceKind::kCapture, ServiceKind::kFeature,
                                                ServiceKind::kClassify};
// "capture-svc".
const char* NameOf(ServiceKind service);
// "--capture-address".
const char* AddressFlagOf(ServiceKind service);

// Where they are to be found, as host:port; a name stands for all addresses that it has. kNoAddress
// stands for none.
inline constexpr char kNoAddress[] = "none";
struct ServiceAddresses {
  std::vector<std::string> capture = {"127.0.0.1:7101"};
  std::vector<std::string> feature = {"127.0.0.1:7102"};
  std::vector<std::string> classify = {"127.0.0.1:7103"};

  const std::vector<std::string>& of(ServiceKind service) const;
};

// A process of a service.
struct Replica {
  std::string address;  // host:port, the host as an address
  std::shared_ptr<grpc::Channel> channel;
};

// What stands behind a service's addresses at the moment.
struct Replicas {
  struct Lost {
    std::string address;  // host:port, whose host has no address
    std::string why;
  };
  ServiceKind service;
  std::vector<Replica> found;  // sorted by address; whether they answer is not known
  std::vector<Lost> lost;
};

// Finds the services' replicas and keeps a channel to each. Names are looked up at each call, as
// replicas come and go. Thread-safe.
class ServiceDirectory {
 public:
  // How long a call waits for names. What a name stood for before is good enough for one that
  // nobody can look up at the moment.
  static constexpr std::chrono::milliseconds kPatience{1000};

  // `tls` is for the channels, which expect the name's certificate, and must outlive this.
  ServiceDirectory(ServiceAddresses addresses, TlsCredentials* tls,
                   HostLookup::LookUp look_up = LookUpHost,
                   std::chrono::milliseconds patience = kPatience);

  Replicas Find(ServiceKind service);
  // All services at once, in their order.
  std::vector<Replicas> FindAll();

 private:
  struct Question;  // about one of the addresses
  using Deadline = std::chrono::steady_clock::time_point;

  std::vector<Question> Ask(ServiceKind service);
  Replicas Answer(ServiceKind service, const std::vector<Question>& questions, Deadline deadline);
  absl::StatusOr<std::vector<Replica>> Answer(const Question& question, Deadline deadline);
  // The channels to these addresses, opened where there was none; others of the name are forgotten.
  std::vector<Replica> Keep(const Question& question, const std::vector<IpAddress>& addresses);

  const ServiceAddresses addresses_;
  TlsCredentials* const tls_;
  const std::chrono::milliseconds patience_;
  HostLookup lookup_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Replica>> known_;  // by host:port as given; guarded by mutex_
};

}  // namespace silhouette
