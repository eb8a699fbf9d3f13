// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/resolver.h"

#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <span>
#include <utility>

namespace sallyport::daemon {
namespace {

std::optional<IpAddress> AddressOf(const addrinfo& found) {
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): ai_addr is of the family's type
  if (found.ai_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(found.ai_addr);
    return IpAddress::V4(ntohl(v4->sin_addr.s_addr));
  }
  if (found.ai_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(found.ai_addr);
    return IpAddress::V6(std::span<const uint8_t, 16>(v6->sin6_addr.s6_addr));
  }
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  return {};
}

/// The first address in the order of RFC 6724, which getaddrinfo() applies.
Expected<IpAddress, std::string> LookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, [](addrinfo* all) {
    if (all != nullptr) freeaddrinfo(all);
  });
  if (code != 0) {
    return Unexpected{"the name \"" + host + "\" is not found: " + gai_strerror(code)};
  }
  for (const addrinfo* found = list; found != nullptr; found = found->ai_next) {
    if (const auto address = AddressOf(*found)) return *address;
  }
  return Unexpected{"the name \"" + host + "\" has no address"};
}

}  // namespace

void SystemResolver::Resolve(const std::string& host, Callback done) {
  pool_.Submit([host, done = std::move(done)](WorkerContext&) mutable {
    return WorkerPool::Completion(
        [address = LookUp(host), done = std::move(done)]() mutable { done(std::move(address)); });
  });
}

}  // namespace sallyport::daemon
