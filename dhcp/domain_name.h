// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/wire_writer.h"

namespace sallyport::dhcp {

/// Appends `name` as labels without compression (RFC 1035 §3.1, RFC 8415 §10). Precondition: it is
/// a host name, its labels at most 63 octets, without a dot at the end.
void WriteDomainName(std::string_view name, WireWriter& out);

/// The same of any text; nothing if it has an empty label, one of more than 63 octets, or more than
/// 255 octets in all (RFC 1035 §2.3.4).
std::optional<std::vector<uint8_t>> DomainNameOctets(std::string_view name);

}  // namespace sallyport::dhcp
