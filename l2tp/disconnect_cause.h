// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace sallyport::l2tp {

/// The value of a PPP Disconnect Cause Code AVP (RFC 3145 §2) in words, printable: what ended the
/// PPP link behind a CDN. Empty for one that is too short. "It is for informational and logging
/// purposes only" (§1).
std::string DescribeDisconnectCause(std::span<const uint8_t> value);

}  // namespace sallyport::l2tp
