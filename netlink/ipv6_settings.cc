// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/ipv6_settings.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace sallyport::netlink {
namespace {

Expected<void, KernelError> Put(const std::string& interface_name, const char* setting,
                                char digit) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + interface_name + "/" + setting;
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  char present = 0;
  if (file && ::read(file.get(), &present, 1) == 1) {
    // To write disable_ipv6 takes RTNL even if nothing changes.
    if (present == digit) return {};
    if (::pwrite(file.get(), &digit, 1, 0) == 1) return {};
  }
  return Failure(errno, "write " + path);
}

}  // namespace

Expected<void, KernelError> EnableIpv6(const std::string& interface_name) {
  for (const char* setting : {"accept_ra", "accept_redirects", "disable_ipv6"}) {
    if (auto put = Put(interface_name, setting, '0'); !put) return put;
  }
  return {};
}

}  // namespace sallyport::netlink
