// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <sys/types.h>

namespace sallyport::daemon {

/// Who is at the other end of a unix socket, as the kernel recorded it when the connection was made
/// (SO_PEERCRED, unix(7)).
struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  bool operator==(const PeerCredentials&) const = default;
};

/// Nothing when the kernel does not say.
std::optional<PeerCredentials> PeerCredentialsOf(int socket);

}  // namespace sallyport::daemon
