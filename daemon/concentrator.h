// SPDX-License-Identifier: GPL-2.0-or-later
// The whole of the daemon, wired: L2TP engine, SAs, sessions, data path.
#pragma once
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/unique_function.h"
#include "daemon/attempt_watch.h"
#include "daemon/data_plane.h"
#include "daemon/dialling.h"
#include "daemon/event.h"
#include "daemon/event_loop.h"
#include "daemon/ike.h"
#include "daemon/inform_service.h"
#include "daemon/log_limit.h"
#include "daemon/lost_sas.h"
#include "daemon/random_source.h"
#include "daemon/sa_table.h"
#include "daemon/session_manager.h"
#include "daemon/stray_sas.h"
#include "daemon/trace_sink.h"
#include "l2tp/endpoint.h"

namespace sallyport::daemon {

/// What the daemon knows of one control connection: the lower middle of the client's record.
struct TunnelRecord {
  l2tp::PrepareTunnel request;                  // ids, peer, host and vendor name, origin path
  std::optional<SaId> sa;                       // the SA under it; none without IPsec
  std::optional<l2tp::PathId> path;             // its own, once made
  bool path_behind = false;                     // it was asked for before the client moved
  bool in_kernel = false;                       // one that we dial waits for the peer's id
  bool ended = false;                           // TunnelDown has come; it lingers
  bool had_session = false;                     // a call was asked for
  bool up = false;                              // TunnelUp has come
  std::chrono::system_clock::time_point since;  // when it was asked for
  TimePoint started;                            // the same on the monotonic clock
};

class Concentrator final : public DataPlane::Observer, public Ike::Observer {
 public:
  /// How long an SA may be without a tunnel.
  struct SaTimes {
    std::chrono::seconds setup{30};   // before its first one
    std::chrono::seconds linger{15};  // after its last
  };
  struct Options {
    l2tp::EndpointConfig l2tp;
    ppp::LinkConfig ppp;
    LoginPolicy logins;
    dhcp::v4::InformSettings inform;
    dhcp::Dhcpv6Config dhcpv6;
    bool ipsec_required = true;
    SaTimes sa_times;
    std::chrono::seconds stray_settle = StraySas::kSettle;
    bool pass_proxy = false;  // PPP is told what a LAC has negotiated (RFC 2661 §4.4.5)
    uint16_t port = 1701;     // of the servers that we dial
    std::vector<DialOptions> dials;
    Resolver* resolver = nullptr;  // for their names; outlives the concentrator
    EventSink* events = nullptr;   // who follows what happens; outlives it too
    TraceSink* trace = nullptr;    // who traces what passes; likewise
  };

  /// All references outlive it. `ike` is null without IPsec.
  Concentrator(EventLoop& loop, DataPlane& data_plane, Ike* ike, AccessControl& access,
               RandomSource& random, Options options);

  /// Begins to dial, and to look for clients that do not find in.
  void Start() {
    dialling_.Start();
    if (options_.ipsec_required) attempts_.WatchClearText();
  }

  /// Tells every peer goodbye (Terminate-Request is left out: StopCCN ends the calls, RFC 2661
  /// §5.7), waits for their acknowledgements, at most for a short time, then runs `done`.
  void Shutdown(UniqueFunction<void()> done);
  /// Takes every SA that is left out of the kernel: the IKE daemon did not do so in time, or has
  /// only promised to.
  void DeleteSas();

  /// Terminate-Request, CDN, then StopCCN if the tunnel is empty, of the sessions with these ids,
  /// some in each turn of the loop; `text` says who wants it.
  void Disconnect(const std::vector<std::string>& ids, const std::string& text);
  /// Refuses new clients, kindly, or takes them again. Those there are stay. That none is left is
  /// logged and published.
  void SetDraining(bool draining);
  bool draining() const { return options_.l2tp.draining; }
  /// Draining, and no client is left. Those whose client we are do not count: they may stay.
  bool drained() const { return draining() && !HasClients(); }
  /// What a reload may change, for what begins from now on; nobody is dropped.
  struct LiveOptions {
    l2tp::EndpointConfig l2tp;
    ppp::LinkConfig ppp;
    LoginPolicy logins = {};
    dhcp::Dhcpv6Config dhcpv6 = {};  // but for the DUID
    bool pass_proxy = false;
    SaTimes sa_times = {};
    std::vector<DialOptions> dials = {};  // of the same dials as at the start
  };
  void Configure(LiveOptions options);
  /// Reads the kernel's counters for the record; `done` runs when they are in.
  void RefreshCounters(UniqueFunction<void()> done);

  /// The same for the counters of SAs.
  void RefreshSaCounters(UniqueFunction<void()> done);

  /// As of the last refresh.
  const SaReadings& sa_readings() const { return sa_readings_; }
  const SessionManager& sessions() const { return sessions_; }
  const InformService& inform() const { return inform_; }
  const SaTable& sas() const { return sas_; }
  const std::map<l2tp::TunnelId, TunnelRecord>& tunnels() const { return tunnels_; }
  const l2tp::Endpoint& endpoint() const { return endpoint_; }
  const Dialer& dialer() const { return dialling_.dialer(); }
  bool stopping() const { return stopping_; }
  const AttemptBook& attempts() const { return attempts_.book(); }

  // DataPlane::Observer
  void OnDatagram(const l2tp::Datagram& datagram, const Reception& reception) override;
  void OnFrame(const SessionKey& key, std::span<const uint8_t> frame) override;
  void OnDhcp(const SessionKey& key, const DhcpDatagram& datagram) override;
  void OnIpv6Message(const SessionKey& key, const Ipv6Message& message) override {
    sessions_.ReceiveIpv6(key, message);
  }
  void OnSessionLost(const SessionKey& key) override;
  void OnSasDeleted(const std::set<KernelSa>& sas) override { lost_sas_.Deleted(sas); }
  void OnSasUncertain() override { lost_sas_.Uncertain(); }
  // Ike::Observer
  void OnSaUp(const SecurityAssociation& sa) override;
  void OnSaChanged(const SecurityAssociation& sa) override;
  void OnSaDown(SaId id, ReqId reqid, const std::string& reason) override;
  void OnSaForgotten(SaId id) override;
  void OnIkeState(const IkeState& state) override;
  void OnAttemptFailed(const FailedAttempt& attempt) override;
  void OnDialFailed(const std::string& dial, const std::string& reason) override;

 private:
  void Receive(const l2tp::Datagram& datagram);
  bool traced() const { return options_.trace != nullptr && options_.trace->wanted(); }
  l2tp::TunnelId TunnelOf(const l2tp::Datagram& datagram, l2tp::TunnelId named,
                          const l2tp::Actions& answer) const;
  void TraceReceived(const l2tp::Datagram& datagram, const l2tp::Actions& answer);
  void TraceSent(const l2tp::SendDatagram& send);
  void TraceFrame(const ClientSession& session, bool received, std::span<const uint8_t> frame);
  IpEndpoint LocalOf(const TunnelRecord& record) const;
  void Give(const l2tp::Command& command);
  void Run(l2tp::Actions actions);
  void Carry(const l2tp::Action& action);
  void PrepareTunnel(const l2tp::PrepareTunnel& request);
  void PrepareSession(const l2tp::PrepareSession& request);
  SessionMtu MtuOf(l2tp::TunnelId tunnel, bool sequenced);
  void TunnelUp(const l2tp::TunnelUp& up);
  void Complete(const TunnelRecord& record, const l2tp::TunnelUp& up);
  void Account(const ClientSession& session);
  const SecurityAssociation* SaUnder(const TunnelRecord& tunnel) const;
  void DialRefused(const l2tp::DialFailed& failed);
  void SessionEnded(const l2tp::SessionDown& down);
  void TunnelEnded(const l2tp::TunnelDown& down);
  void TunnelReleased(l2tp::TunnelId tunnel);
  void EndTunnelOfSa(const TunnelRecord& record);
  /// The tunnels on `from` go on through `to`, which may be the same with another peer address.
  void MoveTunnels(SaId from, const SecurityAssociation& to);
  void MovePath(const TunnelRecord& record);
  void MoveTunnel(TunnelRecord& record, const SecurityAssociation& to);
  void SupersedeOlderSas(const SecurityAssociation& sa);
  void SupersedeFormerSas(const SessionKey& key);
  void Supersede(SaId id, const SecurityAssociation& sa);
  void RetireUnusedSas();
  bool HasClients() const;
  void NoticeIdle();
  void FinishShutdownIfIdle();
  void Publish(const Event& event);
  void FinishShutdown();
  void DeleteLeftovers(TimePoint due);
  void SaLost(SaId id);
  bool IsInUse(const KernelSa& sa, ReqId reqid) const;
  void DeleteStraySas(const StraySas::Sas& sas);
  void CheckOrphans();
  void Rearm();
  void DisconnectSome();
  void TakeCounters(const CounterReadings& readings, TimePoint read, const SessionKey& after);
  void ArmCountersTimer(std::optional<std::chrono::seconds> idle);

  EventLoop& loop_;
  DataPlane& data_plane_;
  Ike* ike_;
  RandomSource& random_;
  Options options_;
  l2tp::Endpoint endpoint_;
  SessionManager sessions_;
  InformService inform_;
  Dialling dialling_;
  AttemptWatch attempts_;
  SaTable sas_;
  LostSas lost_sas_;
  StraySas stray_sas_;
  std::map<l2tp::TunnelId, TunnelRecord> tunnels_;
  std::deque<l2tp::Action> actions_;  // still to be carried out
  struct Disconnection {
    std::string id;
    std::string text;
  };
  std::deque<Disconnection> disconnections_;  // likewise
  bool running_actions_ = false;
  size_t preparing_tunnels_ = 0;  // asked of the data path and not answered, ended ones included
  std::optional<TimePoint> counters_due_;  // until the dump is there
  bool stopping_ = false;
  bool drained_told_ = false;  // that nobody is left
  UniqueFunction<void()> shutdown_done_;
  std::vector<UniqueFunction<void()>> counters_waiters_;
  SaReadings sa_readings_;
  std::vector<UniqueFunction<void()>> sa_counters_waiters_;
  Timer l2tp_timer_;
  Timer counters_timer_;
  Timer shutdown_timer_;
  Timer leftovers_timer_;
  Timer unused_sas_timer_;
  struct Leftover {
    SecurityAssociation sa;
    TimePoint due;
  };
  std::deque<Leftover> leftovers_;  // of SAs that are down, the oldest first
  Timer orphans_timer_;
  std::set<SaId> orphans_;  // SAs of an IKE daemon that is no more; the kernel has them
  bool ike_ready_ = false;  // as it was last told
  std::optional<std::string> last_ike_error_;
  LogLimit failure_log_;
  LogLimit refused_log_;
  LogLimit small_mtu_log_;
  LogLimit sa_up_log_;
  LogLimit sa_down_log_;
  LogLimit sa_lost_log_;
  LogLimit sa_astray_log_;
  LogLimit sa_superseded_log_;
  LogLimit tunnel_moved_log_;
  LogLimit sa_unused_log_;
  LogLimit tunnel_up_log_;
  LogLimit tunnel_down_log_;
};

}  // namespace sallyport::daemon
