// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aaa/authenticate.h"
#include "aaa/pool_set.h"
#include "aaa/user_database.h"
#include "daemon/access_control.h"
#include "daemon/event_loop.h"
#include "daemon/file_watch.h"
#include "daemon/log_limit.h"

namespace sallyport::daemon {

/// Logins decided by the users file, addresses from the configured pools. The file is read again
/// when it changes, unless it is a credential; one with an error is reported and the old users
/// stay.
class LocalAccess final : public AccessControl {
 public:
  struct Options {
    std::string users_file;
    std::string server_name;  // the "server" column of the file: our host name
    aaa::NameRules names{};
    ppp::NetworkParameters network;  // DNS and WINS; the addresses are filled in for each session
    SessionLimits limits;            // of every session
    // Families that sessions may have.
    bool ipv4 = true;
    bool ipv6 = true;
  };

  /// `users` is what the configuration check has read from the file already.
  LocalAccess(EventLoop& loop, Options options, aaa::UserDatabase users, aaa::PoolSet pools);

  /// Takes a new configuration.
  void Configure(Options options, aaa::UserDatabase users);
  /// Takes other pools: `in_use` keep their addresses. Which address each user had last is
  /// forgotten.
  void SetPools(aaa::PoolSet pools, const std::vector<Lease>& in_use);

  Expected<AccessGranted, AccessDenied> Decide(const ppp::Authenticate& request,
                                               const std::optional<Lease>& held) override;
  Expected<ppp::AuthAccepted, AccessDenied> DecideAgain(const ppp::Authenticate& request) override;
  void Release(const Lease& lease) override;

  const aaa::PoolSet& pools() const { return pools_; }

 private:
  /// Addresses for who has logged in.
  Expected<aaa::AddressLease, AccessDenied> Allocate(const aaa::Accepted& accepted,
                                                     const std::optional<Lease>& held);
  void Reload();
  void LogUsers() const;
  /// Where IPv6 is meant to be, and the pool has none left.
  void LogMissingPrefixes(const aaa::AddressLease& lease, const std::string& user);
  std::unique_ptr<FileWatch> WatchUsers(const std::string& path);
  Expected<aaa::Accepted, AccessDenied> Verify(const ppp::Authenticate& request) const;

  EventLoop& loop_;
  Options options_;
  aaa::UserDatabase users_;
  aaa::PoolSet pools_;
  std::unique_ptr<FileWatch> watch_;
  LogLimit no_prefix_log_;
  LogLimit no_delegated_log_;
};

}  // namespace sallyport::daemon
