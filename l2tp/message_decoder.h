// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "l2tp/avp_values.h"
#include "l2tp/message.h"

namespace sallyport::l2tp {

/// The message that `values` say. Those that it may go without are zero or empty if they are not
/// there; to require the others is Validate's part.
Message DecodeMessage(MessageType type, const AvpValues& values);

/// A Host Name AVP as it is compared and shown: printable, less the one NUL that macOS puts behind.
std::string DecodeHostName(std::span<const uint8_t> value);

}  // namespace sallyport::l2tp
