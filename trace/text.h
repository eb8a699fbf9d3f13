// SPDX-License-Identifier: GPL-2.0-or-later
// What a control message says, in one line for people. Takes any octets; the line has printable
// characters only and is bounded by the octets that are given.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace sallyport::trace {

/// A UDP payload (RFC 2661 §3.1): "ICRQ Ns 2 Nr 1: Assigned Session ID 1, Call Serial Number 1".
std::string L2tpText(std::span<const uint8_t> datagram);

/// A frame that begins with its Protocol field (RFC 1661 §2): "LCP Configure-Request id 1: MRU
/// 1400".
std::string PppText(std::span<const uint8_t> frame);

}  // namespace sallyport::trace
