// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/status_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include "base/unique_fd.h"
#include "daemon/attempt.h"
#include "daemon/session_end.h"

namespace sallyport::daemon {
namespace {

void AppendDaemon(const MetricsStatus& metrics, MetricsText& text) {
  const DaemonStatus& status = metrics.status;
  text.Info("sallyport_build", "The running version.");
  text.Sample({{"version", status.version}}, uint64_t{1});
  text.Gauge("sallyport_start_time_seconds", "seconds", "When the daemon started, Unix time.");
  text.Sample({}, static_cast<double>(status.started.time_since_epoch().count()));
  text.Gauge("sallyport_draining", "", "1 while new clients are refused.");
  text.Sample({}, uint64_t{status.state == DaemonState::kDraining});
  // Where IPsec is not required nobody is to be alarmed that there is no IKE daemon.
  if (status.ipsec.required) {
    text.Gauge("sallyport_ike_connected", "", "1 while the IKE daemon answers.");
    text.Sample({}, uint64_t{status.ipsec.vici.connected});
    const ViciStatus& vici = status.ipsec.vici;
    text.Gauge("sallyport_ike_limited", "",
               "1 while the IKE daemon answers but lacks something, by what it is.");
    text.Sample({{"reason", "no_ikev1"}}, uint64_t{vici.connected && vici.lacks_ikev1});
    text.Sample({{"reason", "refused_configuration"}}, uint64_t{vici.connected && vici.refuses});
  }
  if (!metrics.dials.empty()) {
    text.Gauge("sallyport_dial_up", "", "1 while every session of a dial is up.");
    for (const auto& [dial, up] : metrics.dials) text.Sample({{"dial", dial}}, uint64_t{up});
  }
  if (metrics.last_reload) {
    text.Gauge("sallyport_config_last_reload_successful", "", "1 if the last reload was applied.");
    text.Sample({}, uint64_t{!metrics.last_reload_failed});
    text.Gauge("sallyport_config_last_reload_timestamp_seconds", "seconds",
               "When a reload was last asked for, Unix time.");
    text.Sample({}, static_cast<double>(metrics.last_reload->time_since_epoch().count()));
  }
  text.Counter("sallyport_events", "", "Events published to those who follow them.");
  text.Sample({}, metrics.events);
  text.Gauge("sallyport_event_subscribers", "", "Connections that follow the events.");
  text.Sample({}, metrics.event_subscribers);
}

uint64_t CountOf(const CountByReason& counts, std::string_view reason) {
  const auto found = counts.find(reason);
  return found == counts.end() ? 0 : found->second;
}

/// Those that have not happened too: the first of a series without a beginning is no increase to
/// Prometheus, and would never show.
void AppendFailures(const MetricsStatus& metrics, MetricsText& text) {
  text.Counter("sallyport_session_ends", "", "Ended sessions by cause (RFC 2866 section 5.10).");
  for (const std::string_view cause : kCauses) {
    text.Sample({{"cause", cause}}, CountOf(metrics.session_ends, cause));
  }
  text.Counter("sallyport_failed_attempts", "", "Clients that did not get in, by reason.");
  for (const std::string_view reason : AttemptReasonWords()) {
    text.Sample({{"reason", reason}}, CountOf(metrics.failed_attempts, reason));
  }
}

void AppendSessions(const MetricsStatus& metrics, MetricsText& text) {
  const DaemonStatus& status = metrics.status;
  text.Gauge("sallyport_sessions", "", "Sessions by state.");
  for (const auto& [state, count] : metrics.sessions_by_state) {
    text.Sample({{"state", state}}, count);
  }
  text.Gauge("sallyport_session_limit", "", "Sessions that may be at once (l2tp.max_sessions).");
  text.Sample({}, metrics.session_limit);
  text.Counter("sallyport_session_starts", "", "Calls that became sessions.");
  text.Sample({}, metrics.session_starts);
  AppendFailures(metrics, text);
  text.HistogramOf("sallyport_session_setup_seconds", "seconds",
                   "From the client's ICRQ until its packets flow.");
  text.Sample({"", ""}, metrics.setup.whole);
  text.HistogramOf("sallyport_session_phase_seconds", "seconds", "Parts of a session's set-up.");
  for (const SetupPhase phase : kSetupPhases) {
    text.Sample({"phase", ToString(phase)}, metrics.setup.Of(phase));
  }
  text.Counter("sallyport_ppp_auth", "", "Logins decided.");
  text.Sample({{"result", "accepted"}}, status.auth.accepted);
  text.Sample({{"result", "rejected"}}, status.auth.rejected);
  text.Counter("sallyport_client_bytes", "bytes",
               "Payload of all sessions; in is what came from clients.");
  text.Sample({{"direction", "in"}}, metrics.traffic.rx_bytes);
  text.Sample({{"direction", "out"}}, metrics.traffic.tx_bytes);
  text.Counter("sallyport_client_packets", "packets",
               "Packets of all sessions; in is what came from clients.");
  text.Sample({{"direction", "in"}}, metrics.traffic.rx_packets);
  text.Sample({{"direction", "out"}}, metrics.traffic.tx_packets);
}

void AppendPrefixes(const DaemonStatus& status, MetricsText& text) {
  text.Gauge("sallyport_pool_prefixes", "", "IPv6 prefixes of a pool by kind and state.");
  const auto append = [&text](const std::string& pool, std::string_view kind, uint64_t size,
                              uint64_t used) {
    if (size == 0) return;
    text.Sample({{"pool", pool}, {"kind", kind}, {"state", "used"}}, used);
    text.Sample({{"pool", pool}, {"kind", kind}, {"state", "free"}}, size - used);
  };
  for (const PoolStatus& pool : status.pools) {
    append(pool.name, "link", pool.ipv6_size, pool.ipv6_used);
    append(pool.name, "delegated", pool.delegated_size, pool.delegated_used);
  }
}

void AppendLayers(const DaemonStatus& status, MetricsText& text) {
  text.Gauge("sallyport_ipsec_sas", "", "Pairs of ESP SAs that are up.");
  text.Sample({}, status.ipsec.sas);
  text.Counter("sallyport_ipsec_errors", "",
               "Packets that IPsec refused on this host since its boot, by the kernel's names.");
  for (const auto& [reason, count] : status.ipsec.errors) text.Sample({{"reason", reason}}, count);
  text.Counter("sallyport_ipsec_overruns", "", "Lost notifications of the kernel about SAs.");
  text.Sample({}, status.ipsec.overruns);
  text.Gauge("sallyport_tunnels", "", "L2TP control connections, unfinished ones included.");
  text.Sample({}, status.l2tp.tunnels);
  text.Counter("sallyport_l2tp_messages", "", "L2TP control messages.");
  text.Sample({{"direction", "in"}}, status.l2tp.messages_received);
  text.Sample({{"direction", "out"}}, status.l2tp.messages_sent);
  text.Counter("sallyport_l2tp_retransmits", "", "L2TP control messages sent again.");
  text.Sample({}, status.l2tp.retransmissions);
  text.Counter("sallyport_drops", "", "Received and not acted on, by layer and reason.");
  for (const auto& [layer, drops] : {std::pair{"l2tp", &status.drops.l2tp},
                                     {"ppp", &status.drops.ppp},
                                     {"vici", &status.drops.vici},
                                     {"data", &status.drops.data},
                                     {"dhcp", &status.drops.dhcp},
                                     {"ipv6", &status.drops.ipv6},
                                     {"status", &status.drops.status}}) {
    for (const auto& [reason, count] : *drops) {
      text.Sample({{"layer", layer}, {"reason", reason}}, count);
    }
  }
  text.Gauge("sallyport_pool_addresses", "", "Addresses of a pool by state.");
  for (const PoolStatus& pool : status.pools) {
    text.Sample({{"pool", pool.name}, {"state", "used"}}, pool.used);
    text.Sample({{"pool", pool.name}, {"state", "free"}}, pool.size - pool.used);
  }
  AppendPrefixes(status, text);
}

/// Pages of memory in use: the second number of proc(5)'s statm; 0 when it cannot be read.
uint64_t ResidentPages() {
  const UniqueFd fd(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 128> buffer{};
  const ssize_t size = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : 0;
  const std::string_view line(buffer.data(), static_cast<size_t>(std::max<ssize_t>(size, 0)));
  const size_t second = line.find(' ');
  uint64_t pages = 0;
  if (second != line.npos) {
    (void)std::from_chars(line.data() + second + 1, line.data() + line.size(), pages);
  }
  return pages;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void AppendProcessMetrics(MetricsText& text) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    text.Counter("process_cpu_seconds", "seconds", "CPU time of the process.");
    text.Sample({}, Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  }
  text.Gauge("process_resident_memory_bytes", "bytes", "Memory of the process.");
  text.Sample({}, ResidentPages() * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    text.Gauge("process_max_fds", "", "Descriptors that the process may have.");
    text.Sample({}, uint64_t{limit.rlim_cur});
  }
}

std::string MetricsOf(const MetricsStatus& metrics, MetricsFormat format) {
  MetricsText text(format);
  AppendDaemon(metrics, text);
  AppendSessions(metrics, text);
  AppendLayers(metrics.status, text);
  AppendProcessMetrics(text);
  return std::move(text).Finish();
}

}  // namespace sallyport::daemon
