// SPDX-License-Identifier: GPL-2.0-or-later
// What the network protocols of a session have come to.
#pragma once
#include <string>

#include "daemon/data_plane.h"
#include "daemon/session_manager.h"

namespace sallyport::daemon {

/// What the data path is to do. At least one of the protocols is open.
SessionNetwork NetworkOf(const ClientSession& session);

/// The IPv4 address that the session has been given, for the log.
std::string AddressText(const ClientSession& session);

}  // namespace sallyport::daemon
