// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// Lower-case hexadecimal, two digits an octet.
std::string ToHex(std::span<const uint8_t> bytes);

/// The octets of an even number of hexadecimal digits of either case; nothing for other text.
std::optional<std::vector<uint8_t>> FromHex(std::string_view text);

/// `bytes` from the network as text that is safe in a log, a terminal and JSON: printable ASCII and
/// valid UTF-8 stay, everything else becomes \xNN; at most `limit` octets are taken ("..."
/// follows).
std::string PrintableText(std::span<const uint8_t> bytes, size_t limit = 128);
std::string PrintableText(std::string_view bytes, size_t limit = 128);

}  // namespace sallyport
