// SPDX-License-Identifier: GPL-2.0-or-later
// A trace as a capture file that Wireshark opens: what was inside of ESP, with its IP, UDP and L2TP
// headers put before it again. Pure.
#pragma once
#include <optional>
#include <string>

#include "cli/report.h"

namespace sallyport::cli {

/// What such a file begins with (draft-ietf-opsawg-pcap §4); packets are bare IP (LINKTYPE_RAW).
std::string PcapHeader();

/// One line of GET /v1/trace as a record; nothing for a line that is no packet.
std::optional<std::string> PcapRecord(const Json& line);

}  // namespace sallyport::cli
