// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aaa/login_delay.h"
#include "aaa/login_name.h"
#include "base/time.h"
#include "base/timer_queue.h"
#include "daemon/access_control.h"
#include "daemon/count_by_reason.h"
#include "daemon/data_plane.h"
#include "daemon/event.h"
#include "daemon/event_loop.h"
#include "daemon/ipv6_services.h"
#include "daemon/log.h"
#include "daemon/log_limit.h"
#include "daemon/random_source.h"
#include "daemon/rate_meter.h"
#include "daemon/session_index.h"
#include "daemon/session_mtu.h"
#include "daemon/setup_times.h"
#include "daemon/status_model.h"
#include "l2tp/events.h"
#include "ppp/events.h"
#include "ppp/link.h"

namespace sallyport::daemon {

/// What makes a session one that we have dialled.
struct DialProfile {
  std::string dial;                             // the name of the [[dial]]
  std::string interface;                        // the name of the network interface
  std::shared_ptr<const ppp::LinkConfig> link;  // as the client; of sessions that are yet to begin
  std::vector<IpPrefix> routes;
};

/// What L2TP says about a call.
struct CallRecord {
  l2tp::CallDirection direction = l2tp::CallDirection::kIncoming;
  l2tp::CallDetails details;                // once it is connected
  uint64_t error_reports = 0;               // WENs (RFC 2661 §6.13)
  l2tp::CallErrors errors;                  // as the last of them says
  std::optional<l2tp::LinkInfo> link_info;  // the last SLI (RFC 2661 §6.14)
};

/// All that is known of one PPP session: the middle of the client's record. The tunnel and the SA
/// under it are found by `key.tunnel`.
struct ClientSession {
  std::string id;  // for operators: unpredictable, never used again
  SessionKey key;
  l2tp::TunnelId peer_tunnel;
  l2tp::SessionId peer_session;
  IpEndpoint peer;                       // of the tunnel; for the log
  const DialProfile* dialled = nullptr;  // none: the peer asked for it
  CallRecord call;
  SessionState state = SessionState::kStarting;
  std::chrono::system_clock::time_point since;  // when ICRQ came
  TimePoint started;                            // the same on the monotonic clock

  std::string user;  // printable; empty before the first login
  std::optional<ppp::AuthMethod> method;
  std::optional<ppp::EapType> eap_method;  // once known, where the method is EAP
  std::optional<Lease> lease;
  std::optional<ppp::NetworkUp> network;  // while IPCP is open
  std::optional<ppp::Ipv6Up> ipv6;        // while IPv6CP is open
  std::optional<std::string> interface;   // once made
  InterfaceCounters counters;             // as of the last refresh
  RateMeter rate;                         // of them
  SessionLimits limits;
  std::optional<TimePoint> up_at;  // when packets flowed first
  TimePoint last_data;             // once up: when the client was last known to send data

  bool l2tp_up = true;     // the L2TP session lives; nothing is asked of it afterwards
  bool link_down = false;  // the PPP engine has ended
  bool interface_requested = false;
  unsigned network_changes = 0;  // of both; tells an old answer of the data path from a new
  std::string end_text;          // why it ended, readable; the first cause wins
  std::string_view end_cause;    // likewise, a word of RFC 2866 §5.10: "lost_carrier"

  TimePoint phase_began;                               // of the set-up
  std::shared_ptr<const ppp::LinkConfig> link_config;  // as of its beginning

  // For the account of a session that never came up.
  bool was_up = false;
  bool lcp_opened = false;
  std::optional<ppp::EndReason> link_end;
  std::optional<AccessDenied> refusal;  // of its last login
};

/// By what the journal finds the messages about a session.
std::vector<LogField> LogFieldsOf(const ClientSession& session);

using SessionMap = std::map<SessionKey, ClientSession>;

/// The sessions of one tunnel, in the order of their ids.
class SessionsOfTunnel {
 public:
  SessionsOfTunnel(const SessionMap& all, l2tp::TunnelId tunnel)
      : begin_(all.lower_bound({tunnel, {}})),
        end_(all.upper_bound({tunnel, l2tp::SessionId(UINT16_MAX)})) {}

  SessionMap::const_iterator begin() const { return begin_; }
  SessionMap::const_iterator end() const { return end_; }
  size_t size() const { return static_cast<size_t>(std::distance(begin_, end_)); }

 private:
  SessionMap::const_iterator begin_;
  SessionMap::const_iterator end_;
};

/// What is counted of all sessions since the start.
struct SessionTotalsSinceStart {
  uint64_t begun = 0;
  CountByReason ended;        // by end_cause
  InterfaceCounters traffic;  // as of the last readings
};

struct AuthenticationCounters {
  uint64_t accepted = 0;
  uint64_t rejected = 0;
};

/// What holds for logins whoever decides them.
struct LoginPolicy {
  aaa::LoginDelaySettings delay;
  aaa::NameRules names;  // which names count as one user
};

/// Every session from ICRQ to the release of its last kernel object: runs the PPP engines, decides
/// logins and drives the data path.
class SessionManager {
 public:
  using SessionCallback = std::function<void(const ClientSession& session)>;
  /// Sees each frame, as it was received or is sent.
  using FrameTap = std::function<void(const ClientSession& session, bool received,
                                      std::span<const uint8_t> frame)>;
  /// Asks the L2TP side to end a session (CDN).
  using CloseCallback = std::function<void(const SessionKey& key, const l2tp::ResultCode& result)>;

  /// All references outlive the manager.
  SessionManager(EventLoop& loop, DataPlane& data_plane, AccessControl& access,
                 RandomSource& random, ppp::LinkConfig config, dhcp::Dhcpv6Config dhcpv6,
                 size_t max_sessions_per_tunnel, const LoginPolicy& logins = {});

  void SetCloseCallback(CloseCallback close) { close_ = std::move(close); }
  /// Runs when packets flow.
  void SetUpCallback(SessionCallback up) { up_ = std::move(up); }
  /// Runs after each session that is forgotten, with what was known of it: its last kernel object
  /// is gone.
  void SetForgottenCallback(SessionCallback forgotten) { forgotten_ = std::move(forgotten); }
  void SetFrameTap(FrameTap tap) { tap_ = std::move(tap); }

  /// A call was asked for, by the peer or, with a `profile` that outlives the session, by us.
  /// `done` says whether it may go on.
  void Prepare(const l2tp::PrepareSession& request, const IpEndpoint& peer,
               const DialProfile* profile, DataPlane::DoneCallback done);
  /// The call is connected: starts PPP with packets of at most `mtu`; with `send_sequence`, once
  /// the data path numbers what it sends.
  void Start(const SessionKey& key, bool send_sequence, const SessionMtu& mtu,
             std::optional<ppp::ProxiedLink> proxied);
  /// The session's record of its call, to be filled in; null for an unknown session.
  CallRecord* CallOf(const SessionKey& key);
  /// The L2TP session is gone; `text` and `cause` (ClientSession::end_cause) say why.
  void LowerDown(const SessionKey& key, const std::string& text, std::string_view cause);
  void ReceiveFrame(const SessionKey& key, std::span<const uint8_t> frame);
  void ReceiveIpv6(const SessionKey& key, const Ipv6Message& message) {
    ipv6_services_.Receive(key, message);
  }
  /// The kernel lost the session; the L2TP session is closed with an error.
  void Lost(const SessionKey& key);
  /// Terminate-Request, CDN and so on, in order; `text` goes to the peer and the log, `cause` is
  /// ClientSession::end_cause.
  void Disconnect(const SessionKey& key, const std::string& text, std::string_view cause);

  /// For sessions and logins that begin from now on; name servers of IPv6 are told to all.
  void Configure(ppp::LinkConfig config, dhcp::Dhcpv6Config dhcpv6, size_t max_sessions_per_tunnel,
                 const LoginPolicy& logins);
  /// Who follows the sessions' lives; outlives the manager.
  void SetEventSink(EventSink* events) { events_ = events; }
  /// The peer of the tunnel is at another address.
  void MovePeer(l2tp::TunnelId tunnel, const IpEndpoint& peer);

  /// Takes in what a dump that was made at `read` says of the sessions after `after`, of as many as
  /// one turn of the loop may be busy with. Gives the last of them, if there are more. What has
  /// grown proves that the client lives: calls `alive` for each such session's tunnel. Ends those
  /// that are idle for too long: no counter grows by LCP echoes, which the kernel hands to us
  /// before it counts.
  std::optional<SessionKey> UpdateCounters(const CounterReadings& readings, TimePoint read,
                                           const SessionKey& after,
                                           const std::function<void(l2tp::TunnelId)>& alive);

  /// The shortest idle limit of any session: counters are to be read more often.
  std::optional<std::chrono::seconds> ShortestIdleLimit() const {
    return index_.shortest_idle_limit();
  }

  const SessionMap& sessions() const { return sessions_; }
  SessionsOfTunnel OfTunnel(l2tp::TunnelId tunnel) const { return {sessions_, tunnel}; }
  /// Null if there is none.
  const ClientSession* FindById(std::string_view id) const;
  size_t InState(SessionState state) const { return index_.InState(state); }
  const AuthenticationCounters& authentication() const { return authentication_; }
  const ppp::DropCounters& drops() const { return drops_; }
  const dhcp::DropCounters& ipv6_drops() const { return ipv6_services_.drops(); }
  const SessionTotalsSinceStart& totals() const { return totals_; }
  const SetupTimes& setup_times() const { return setup_times_; }

  /// Of a session that has ended but is not yet released: kDead.
  ppp::Phase PhaseOf(const SessionKey& key) const;

 private:
  using SharedConfig = std::shared_ptr<const ppp::LinkConfig>;

  SharedConfig ConfiguredFor(const DialProfile* profile) const;
  SharedConfig ConfigFor(const DialProfile* profile, const SessionMtu& mtu);
  void StartLink(const SessionKey& key, std::optional<ppp::ProxiedLink> proxied);
  void Run(const SessionKey& key, ppp::Actions& actions);
  void Carry(ClientSession& session, ppp::Action& action);
  void LinkEnded(ClientSession& session, const ppp::LinkDown& down);
  void Send(const ClientSession& session, ppp::SendFrame& frame);
  void Give(const SessionKey& key, const ppp::Command& command);
  void Decide(ClientSession& session, const ppp::Authenticate& request);
  void DecideAgain(ClientSession& session, const ppp::Authenticate& request);
  /// Who has logged in, or, before anybody has, who tries.
  static void SetUser(ClientSession& session, const ppp::Authenticate& request);
  void Refuse(ClientSession& session, const ppp::Authenticate& request, const AccessDenied& denied,
              Duration delay);
  void Accept(ClientSession& session, const ppp::AuthAccepted& answer, Duration delay);
  void Tell(const SessionKey& key, ppp::Command verdict, Duration delay);
  std::optional<Duration> Admit(ClientSession& session, const ppp::Authenticate& request);
  void RequestInterface(ClientSession& session);
  void ApplyNetwork(ClientSession& session);
  void NetworkApplied(ClientSession& session);
  void EndL2tp(ClientSession& session, const l2tp::ResultCode& result);
  void Release(const SessionKey& key);
  void Forget(const SessionKey& key);
  void RunTimers();
  void ArmTimer();
  void Rearm(const SessionKey& key);
  ClientSession* Find(const SessionKey& key);
  void SetState(ClientSession& session, SessionState state);
  void SetLimits(ClientSession& session, const SessionLimits& limits);
  void Count(ClientSession& session, const InterfaceCounters& now);
  void FinishPhase(ClientSession& session, SetupPhase phase);
  void FinishLogin(const SessionKey& key, const ppp::Command& verdict);
  void FinishNcp(ClientSession& session);
  void CountEnd(const ClientSession& session);
  void Publish(std::string_view type, const ClientSession& session,
               std::vector<EventField> more = {});

  EventLoop& loop_;
  DataPlane& data_plane_;
  AccessControl& access_;
  RandomSource& random_;
  SharedConfig config_;
  Ipv6Services ipv6_services_;
  size_t max_sessions_per_tunnel_;  // as many again may be in release
  ppp::DropCounters drops_;
  AuthenticationCounters authentication_;
  CloseCallback close_;
  SessionCallback up_;
  SessionCallback forgotten_;
  FrameTap tap_;
  SessionMap sessions_;
  SessionIndex index_;                     // of them
  std::map<SessionKey, ppp::Link> links_;  // same keys as sessions_, until released
  /// Configurations of links whose path takes less than is configured; there are as many as there
  /// are sizes.
  struct SmallerLink {
    const DialProfile* profile;
    uint16_t mru;
    uint16_t mtu;
    auto operator<=>(const SmallerLink&) const = default;
  };
  std::map<SmallerLink, SharedConfig> smaller_configs_;
  TimerQueue<SessionKey> deadlines_;
  TimerQueue<SessionKey> session_ends_;  // of sessions with a limit on their time
  LoginPolicy logins_;
  aaa::LoginDelay delay_;
  std::map<SessionKey, ppp::Command> verdicts_;  // that wait until they may be told
  TimerQueue<SessionKey> verdicts_due_;          // the same keys
  Timer timer_;
  EventSink* events_ = nullptr;
  SessionTotalsSinceStart totals_;
  SetupTimes setup_times_;
  LogLimit refused_log_;
  LogLimit ended_log_;  // of sessions without a login
};

}  // namespace sallyport::daemon
