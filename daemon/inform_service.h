// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>

#include "daemon/data_plane.h"
#include "daemon/session_manager.h"
#include "dhcp/inform_server.h"
#include "dhcp/rate_limit.h"

namespace sallyport::daemon {

/// Gives the DHCPINFORM engine the session that a message belongs to, and sends what it answers.
class InformService {
 public:
  /// The references outlive it.
  InformService(DataPlane& data_plane, const SessionManager& sessions,
                dhcp::v4::InformSettings settings);

  /// A message from the interface of `key`. Sessions that we dialled are not served: there we are
  /// the client.
  void OnMessage(const SessionKey& key, const DhcpDatagram& datagram, TimePoint now);
  /// The session is gone.
  void Forget(const SessionKey& key) { limits_.erase(key); }

  const dhcp::v4::DropCounters& drops() const { return server_.drops(); }

 private:
  DataPlane& data_plane_;
  const SessionManager& sessions_;
  dhcp::v4::InformServer server_;
  std::map<SessionKey, dhcp::RateLimit> limits_;  // of sessions that have asked
};

}  // namespace sallyport::daemon
