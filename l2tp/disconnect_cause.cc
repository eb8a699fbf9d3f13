// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/disconnect_cause.h"

#include <array>
#include <string_view>

#include "base/text.h"
#include "base/wire_reader.h"

namespace sallyport::l2tp {
namespace {

/// RFC 3145 §3, Disconnect Code 0 to 20.
constexpr std::array<std::string_view, 21> kCauses{
    "no information",
    "administrative disconnect",
    "LCP renegotiation is disabled at the LNS and no proxy LCP was sent",
    "normal disconnection",
    "encryption was required and refused",
    "LCP timed out",
    "no LCP packet was recognizable",
    "the link is looped back",
    "LCP Echo-Request timed out",
    "unexpected Endpoint-Discriminator for the bundle",
    "unexpected MRRU for the bundle",
    "unexpected Short-Sequence-Number option for the bundle",
    "call-back was required and refused",
    "authentication timed out",
    "unexpected authenticated name for the bundle",
    "authentication protocol was not acceptable",
    "authentication failed",
    "network control protocol timed out",
    "no network control protocol was available",
    "no acceptable address was found",
    "no address was permitted to the user",
};

/// Direction, RFC 3145 §2: 0 is for an error of the link as a whole.
std::string_view Place(uint8_t direction) {
  if (direction == 1) return " at the sender's peer";
  if (direction == 2) return " at the sender";
  return {};
}

}  // namespace

std::string DescribeDisconnectCause(std::span<const uint8_t> value) {
  WireReader in(value);
  const uint16_t code = in.U16();
  const auto protocol = in.Take(2);
  const uint8_t direction = in.U8();
  if (!in.ok()) return {};
  std::string text = "PPP cause " + std::to_string(code);
  if (code < kCauses.size()) text.append(", ").append(kCauses[code]);
  text += Place(direction);
  // Zero: no protocol in particular.
  if (protocol[0] != 0 || protocol[1] != 0) text += ", protocol 0x" + ToHex(protocol);
  if (!in.empty()) text += ": " + PrintableText(in.TakeRest());
  return text;
}

}  // namespace sallyport::l2tp
