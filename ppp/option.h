// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/expected.h"
#include "base/wire_writer.h"
#include "ppp/drop_reason.h"

namespace sallyport::ppp {

/// One configuration option (RFC 1661 §6): Type, Length, Data.
struct Option {
  uint8_t type = 0;
  std::span<const uint8_t> value;  // without the two octets of Type and Length; borrowed
};
bool operator==(const Option& a, const Option& b);

/// Reads a packet's options, in order. Errors: kBadOption (a Length under 2 or past the end), since
/// then none of the octets behind can be told apart.
Expected<std::vector<Option>, DropReason> ParseOptions(std::span<const uint8_t> bytes);

/// Appends `option`. Precondition: its value holds at most 253 octets.
void WriteOption(const Option& option, WireWriter& out);

}  // namespace sallyport::ppp
