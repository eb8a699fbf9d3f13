// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/expected.h"
#include "base/ip_address.h"
#include "base/unique_fd.h"
#include "netlink/kernel_error.h"

namespace sallyport {

/// Ends the program when the kernel refused.
template <typename T>
T Must(Expected<T, netlink::KernelError> result) {
  if (!result) {
    std::fprintf(stderr, "FAIL %s\n", result.error().text.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// A UDP socket from `local` to `peer`; the UDP checksum is left out. Bound to the SAs of `reqid`
/// unless that is 0.
UniqueFd ConnectedUdpSocket(const IpEndpoint& local, const IpEndpoint& peer, uint32_t reqid);

/// Takes the calling network namespace through every call of netlink/ that needs no peer, and
/// leaves it as it was. Ends the program with status 1 at the first result that is not as it must
/// be.
void SelfCheck();

}  // namespace sallyport
