// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of a running daemon, made in order and taken down in the reverse one.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "daemon/concentrator.h"
#include "daemon/config.h"
#include "daemon/event_loop.h"
#include "daemon/event_stream.h"
#include "daemon/http_server.h"
#include "daemon/ike.h"
#include "daemon/kernel_data_plane.h"
#include "daemon/local_access.h"
#include "daemon/random_source.h"
#include "daemon/resolver.h"
#include "daemon/status_api.h"
#include "daemon/status_view.h"
#include "daemon/worker_pool.h"

namespace sallyport::daemon {

/// `loop` outlives it. Signals must be blocked before (EventLoop::AddSignal).
class Daemon {
 public:
  /// Reads the configuration anew, as at the start.
  using Loader = std::function<Expected<LoadedConfig, std::vector<ConfigError>>()>;

  Daemon(EventLoop& loop, LoadedConfig loaded, Loader load);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Serves from here on. The error is for the operator; nothing is left behind then.
  Expected<void, std::string> Start();
  /// Tells every client goodbye, takes everything down and ends the loop with code 0. A second call
  /// does not wait for the clients.
  void Stop();
  /// Reads the configuration again and takes over what a running daemon can; nobody is dropped. One
  /// with an error changes nothing. All is logged.
  void Reload();

 private:
  ReloadResult TakeNewConfig();
  std::vector<std::string> Apply(LoadedConfig loaded, const ConfigChanges& changes);
  void SetPools(std::vector<aaa::PoolSettings> pools);
  Expected<void, std::string> StartServers();
  void RefreshCounters(std::function<void()> done);
  void StopIke();
  void Finish();

  EventLoop& loop_;
  Loader load_;
  Config config_;  // in force
  RandomSource random_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<KernelDataPlane> data_plane_;
  std::unique_ptr<Ike> ike_;  // null without IPsec
  std::unique_ptr<LocalAccess> access_;
  EventStream events_;
  TraceStream trace_;
  std::unique_ptr<Concentrator> concentrator_;
  std::unique_ptr<StatusView> view_;
  std::unique_ptr<StatusApi> api_;
  std::vector<HttpServer> servers_;         // for operators, for monitoring
  std::optional<TimePoint> counters_read_;  // when somebody last asked for all
  Timer finish_timer_;
  bool stopping_ = false;
  bool finished_ = false;
};

}  // namespace sallyport::daemon
