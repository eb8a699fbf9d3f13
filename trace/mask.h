// SPDX-License-Identifier: GPL-2.0-or-later
// Overwrites what proves a password, with '*', in octets that somebody is going to see: passwords
// themselves and answers to challenges, by which a password can be found offline. All else stays
// as it was, sizes included. Of what cannot be parsed nothing is left but its header.
#pragma once
#include <cstdint>
#include <span>

namespace sallyport::trace {

/// In a UDP payload (RFC 2661): the Challenge Response and Proxy Authen Response AVPs, hidden ones,
/// and what MaskPpp() finds in a data message.
void MaskL2tp(std::span<uint8_t> datagram);

/// In a frame that begins with its Protocol field: what PAP, CHAP and EAP answer with, and users'
/// packets.
void MaskPpp(std::span<uint8_t> frame);

}  // namespace sallyport::trace
