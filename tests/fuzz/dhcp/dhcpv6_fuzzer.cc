// SPDX-License-Identifier: GPL-2.0-or-later
// Any message to the DHCPv6 server: an answer is for the one who asked, bounded, and well-formed.
#include <algorithm>
#include <cstdlib>

#include "base/wire_reader.h"
#include "dhcp/dhcpv6_server.h"

namespace {

using sallyport::WireReader;

/// The octets of the options of an answer, each within the other.
void CheckOptions(WireReader in) {
  while (!in.empty()) {
    in.U16();
    in.Take(in.U16());
    if (!in.ok()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sallyport::IpAddress;
  using sallyport::IpPrefix;
  if (size == 0) return 0;
  static const sallyport::dhcp::Dhcpv6Config kConfig{.duid = {0, 4, 1, 2, 3, 4},
                                                     .dns = {*IpAddress::Parse("2001:db8::53")},
                                                     .search = {"example.com"},
                                                     .lifetimes = {}};
  sallyport::dhcp::Dhcpv6Binding binding{.prefix = *IpPrefix::Parse("2001:db8:1:7::/64"),
                                         .address = *IpAddress::Parse("2001:db8:1:7::2"),
                                         .delegated = {}};
  if ((data[0] & 1) != 0) binding.delegated = IpPrefix::Parse("2001:db8:100:200::/56");
  const std::span<const uint8_t> message(data + 1, size - 1);
  const auto answer = sallyport::dhcp::AnswerDhcpv6(kConfig, binding, message, (data[0] & 2) == 0);
  if (!answer) return 0;
  // What is listed comes back once, and for each association a little more.
  if (answer->size() > 2 * message.size() + 512) std::abort();
  if (!std::equal(message.begin() + 1, message.begin() + 4, answer->begin() + 1)) std::abort();
  CheckOptions(WireReader(std::span(*answer).subspan(4)));
  return 0;
}
