// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <vector>

#include "aaa/pool_set.h"
#include "daemon/concentrator.h"
#include "daemon/data_plane.h"
#include "daemon/http_server.h"
#include "daemon/ike.h"
#include "daemon/status_model.h"

namespace sallyport::daemon {

/// Joins what the parts know into what the status API shows.
class StatusView final : public StatusSource {
 public:
  struct Options {
    bool ipsec_required = true;
    uint16_t mtu = 1400;
  };

  /// All references outlive it; `ike` is null without IPsec.
  StatusView(Concentrator& concentrator, const DataPlane& data_plane, const Ike* ike,
             const aaa::PoolSet& pools, Options options);

  /// Whose refused requests are shown too; set once the server runs.
  void SetServer(const HttpServer* server) { server_ = server; }

  DaemonStatus Status() const override;
  std::vector<SessionRecord> Sessions(const SessionFilter& filter) const override;
  std::vector<DialRecord> Dials() const override;
  std::vector<AttemptRecord> Attempts(const AttemptFilter& filter) const override;
  DisconnectResult Disconnect(const SessionFilter& filter,
                              const std::optional<PeerCredentials>& caller) override;

 private:
  SessionRecord Record(const ClientSession& session) const;
  DialRecord Record(const Dialer::Dial& dial) const;
  IpsecStatus Ipsec() const;

  Concentrator& concentrator_;
  const DataPlane& data_plane_;
  const Ike* ike_;
  const aaa::PoolSet& pools_;
  Options options_;
  const HttpServer* server_ = nullptr;
  WallTime started_;
  TimePoint started_monotonic_;
};

}  // namespace sallyport::daemon
