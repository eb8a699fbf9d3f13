// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/peer_credentials.h"

#include <sys/socket.h>

namespace sallyport::daemon {

std::optional<PeerCredentials> PeerCredentialsOf(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  return PeerCredentials{.pid = credentials.pid, .uid = credentials.uid, .gid = credentials.gid};
}

}  // namespace sallyport::daemon
