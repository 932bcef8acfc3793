#pragma once

#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/address.h"

namespace silhouette {

// The addresses that a host's name has now, sorted. Waits for the system's resolver, which may take
// many seconds. Errors: NOT_FOUND, UNAVAILABLE (nobody can say at the moment).
absl::StatusOr<std::vector<IpAddress>> LookUpHost(const std::string& host);

// Looks names up without waiting, each in a thread of its own, as nothing stops the system's
// resolver. Thread-safe.
class HostLookup {
 public:
  using Addresses = absl::StatusOr<std::vector<IpAddress>>;
  using LookUp = std::function<Addresses(const std::string& host)>;

  // `look_up` may be called, and used to its end, after this is gone.
  explicit HostLookup(LookUp look_up = LookUpHost) : look_up_(std::move(look_up)) {}

  // The answer, once it is there. A question that is still open is not asked again.
  std::shared_future<Addresses> Start(const std::string& host);

 private:
  const LookUp look_up_;
  std::mutex mutex_;
  std::map<std::string, std::shared_future<Addresses>> asked_;  // by host; guarded by mutex_
};

}  // namespace silhouette
