// SPDX-License-Identifier: GPL-2.0-or-later
// Which octets of one call's Entropy serve which purpose, so that no two share any.
#pragma once
#include <array>
#include <cstdint>

#include "base/entropy.h"
#include "base/time.h"

namespace sallyport::ppp {

/// 16 octets: a CHAP challenge, or a client's Peer-Challenge (RFC 2759 §3 and §4 prescribe the
/// size; RFC 1994 §4.1 leaves it open).
std::array<uint8_t, 16> ChallengeFrom(const Entropy& entropy);
/// A Magic-Number; never zero (RFC 1661 §6.4).
uint32_t MagicNumberFrom(const Entropy& entropy);
/// The Identifier of the first challenge.
uint8_t IdentifierFrom(const Entropy& entropy);
/// `interval` less a random part of up to a quarter.
Duration ShortenedBy(const Entropy& entropy, Duration interval);
/// The Interface-Identifiers of the two ends (RFC 5072 §4.1): never zero, never the same, "u" bit
/// zero as for every random one, and of none that RFC 5453 reserves.
std::array<uint64_t, 2> InterfaceIdentifiersFrom(const Entropy& entropy);

}  // namespace sallyport::ppp
