// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/domain_name.h"

#include <algorithm>

namespace sallyport::dhcp {

void WriteDomainName(std::string_view name, WireWriter& out) {
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out.U8(static_cast<uint8_t>(label.size()));
    out.Text(label);
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  out.U8(0);
}

}  // namespace sallyport::dhcp
