#include "gateway/host_lookup.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/status.h"

namespace silhouette {
namespace {

absl::Status Explain(int error) {
  if (error == EAI_NONAME || error == EAI_NODATA) {
    return absl::NotFoundError("no host has that name");
  }
  if (error == EAI_AGAIN) return absl::UnavailableError("no name server answers");
  return absl::UnavailableError(gai_strerror(error));
}

IpAddress AddressOf(const sockaddr& found) {
  if (found.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(found);
    return IpAddress::FromV4(reinterpret_cast<const uint8_t*>(&v4.sin_addr));
  }
  return IpAddress::FromV6(reinterpret_cast<const sockaddr_in6&>(found).sin6_addr.s6_addr);
}

}  // namespace

absl::StatusOr<std::vector<IpAddress>> LookUpHost(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // else each address comes once for each type
  addrinfo* first = nullptr;
  if (int error = getaddrinfo(host.c_str(), nullptr, &hints, &first); error != 0) {
    return Explain(error);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(first, &freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* at = first; at != nullptr; at = at->ai_next) {
    if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
    addresses.push_back(AddressOf(*at->ai_addr));
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

std::shared_future<HostLookup::Addresses> HostLookup::Start(const std::string& host) {
  std::lock_guard lock(mutex_);
  std::shared_future<Addresses>& asked = asked_[host];
  const bool is_open =
      asked.valid() && asked.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
  if (is_open) return asked;
  std::packaged_task<Addresses()> task([look_up = look_up_, host] { return look_up(host); });
  asked = task.get_future().share();
  std::thread(std::move(task)).detach();
  return asked;
}

}  // namespace silhouette
