// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "aaa/pool_set.h"
#include "daemon/concentrator.h"
#include "daemon/config.h"
#include "daemon/data_plane.h"
#include "daemon/event_stream.h"
#include "daemon/http_server.h"
#include "daemon/ike.h"
#include "daemon/status_model.h"
#include "daemon/trace_stream.h"

namespace sallyport::daemon {

/// Joins what the parts know into what the status API shows.
class StatusView final : public StatusSource {
 public:
  /// What it joins; all outlive it.
  struct Parts {
    Concentrator& concentrator;
    const DataPlane& data_plane;
    const Ike* ike;  // null without IPsec
    const aaa::PoolSet& pools;
    const EventStream& events;
    TraceStream& trace;
    const Config& config;  // in force
  };

  explicit StatusView(Parts parts);

  /// Whose refused requests are shown too; set once the servers run.
  void SetServers(std::vector<const HttpServer*> servers) { servers_ = std::move(servers); }
  /// What carries out a reload.
  void SetReloader(std::function<ReloadResult()> reload) { reload_ = std::move(reload); }

  DaemonStatus Status() const override;
  MetricsStatus Metrics() const override;
  Page<SessionRecord> Sessions(const SessionFilter& filter, uint64_t after,
                               size_t scan) const override;
  std::optional<SessionRecord> Session(const std::string& id) const override;
  std::vector<std::string> SessionIds(const SessionFilter& filter) const override;
  Page<TunnelStatus> Tunnels(uint64_t after, size_t scan) const override;
  Page<SaStatus> Sas(uint64_t after, size_t scan) const override;
  std::vector<PoolStatus> Pools() const override;
  std::vector<ConfigValue> Configuration() const override;
  std::vector<DialRecord> Dials() const override;
  Page<AttemptRecord> Attempts(const AttemptFilter& filter, uint64_t after,
                               size_t scan) const override;
  DisconnectResult Disconnect(const SessionFilter& filter,
                              const std::optional<PeerCredentials>& caller) override;
  void SetDraining(bool draining, const std::optional<PeerCredentials>& caller) override;
  /// Without a caller it was a signal.
  ReloadResult Reload(const std::optional<PeerCredentials>& caller) override;
  void ChangeLogLevel(LogLevel level, const std::optional<PeerCredentials>& caller) override;
  std::shared_ptr<BodySource> Trace(const TraceQuery& query,
                                    const std::optional<PeerCredentials>& caller) override;

 private:
  TunnelStatus Record(const TunnelRecord& tunnel) const;
  const SaTable::Entry* SaOf(const TunnelRecord& tunnel) const;
  SessionRecord Record(const ClientSession& session) const;
  DialRecord Record(const Dialer::Dial& dial) const;
  IpsecStatus Ipsec() const;

  Concentrator& concentrator_;
  const DataPlane& data_plane_;
  const Ike* ike_;
  const aaa::PoolSet& pools_;
  const EventStream& events_;
  TraceStream& trace_;
  const Config& config_;
  std::vector<const HttpServer*> servers_;
  std::function<ReloadResult()> reload_;
  std::optional<WallTime> last_reload_;
  bool last_reload_failed_ = false;
  WallTime started_;
  TimePoint started_monotonic_;
};

}  // namespace sallyport::daemon
