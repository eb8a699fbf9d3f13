// SPDX-License-Identifier: GPL-2.0-or-later
#include "dhcp/domain_name.h"

#include <algorithm>
#include <utility>

namespace sallyport::dhcp {
namespace {

// RFC 1035 §2.3.4.
constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxName = 255;

bool LabelsFit(std::string_view name) {
  while (true) {
    const size_t dot = std::min(name.find('.'), name.size());
    if (dot == 0 || dot > kMaxLabel) return false;
    if (dot == name.size()) return true;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

void WriteDomainName(std::string_view name, WireWriter& out) {
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out.U8(static_cast<uint8_t>(label.size()));
    out.Text(label);
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  out.U8(0);
}

std::optional<std::vector<uint8_t>> DomainNameOctets(std::string_view name) {
  if (!LabelsFit(name)) return {};
  WireWriter out;
  WriteDomainName(name, out);
  if (out.size() > kMaxName) return {};
  return std::move(out).Finish();
}

}  // namespace sallyport::dhcp
