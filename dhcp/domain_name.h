// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string_view>

#include "base/wire_writer.h"

namespace sallyport::dhcp {

/// Appends `name` as labels without compression (RFC 1035 §3.1, RFC 8415 §10). Precondition: it is
/// a host name, its labels at most 63 octets, without a dot at the end.
void WriteDomainName(std::string_view name, WireWriter& out);

}  // namespace sallyport::dhcp
