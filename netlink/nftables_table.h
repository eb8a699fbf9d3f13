// SPDX-License-Identifier: GPL-2.0-or-later
// The table "inet sallyport" as netlink messages: its layout, its elements and their reading back.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "netlink/message.h"
#include "netlink/nftables.h"
#include "netlink/nftables_parts.h"

namespace sallyport::netlink {

inline constexpr std::string_view kTunnelsByReqid = "tunnels_by_reqid";
inline constexpr std::string_view kTunnelsByPeer = "tunnels_by_peer";
inline constexpr std::string_view kTunnelsByPeer6 = "tunnels_by_peer6";
inline constexpr std::string_view kTunnelPorts = "tunnel_ports";
inline constexpr std::string_view kClearTextPeers = "clear_text_peers";
inline constexpr std::string_view kClearTextPeers6 = "clear_text_peers6";
inline constexpr std::string_view kClearText = "clear_text";
inline constexpr std::string_view kClearTextOut = "clear_text_out";
inline constexpr std::string_view kSpoofedSource = "spoofed_source";

/// Removes the table whether or not it is there.
std::vector<Message> RemoveTable();
/// Makes the table without elements. The table must not be there.
std::vector<Message> CreateTable(const RewritingOptions& options);
/// One element of one set more or less.
Message ChangeElement(const RewritingChange& change);

/// The dump request for the elements of `set`, and what its answers hold. An element that cannot be
/// read is left out.
Message ListElements(std::string_view set);
std::vector<TunnelPort> ParseTunnels(std::string_view set, const Received& answer);
std::vector<uint16_t> ParsePorts(const Received& answer);
std::vector<IpAddress> ParseAddresses(const Received& answer);

/// The request for one named counter, and its answer's payload.
Message GetCounter(std::string_view name);
std::optional<FenceCounter> ParseCounter(std::span<const uint8_t> payload);

}  // namespace sallyport::netlink
