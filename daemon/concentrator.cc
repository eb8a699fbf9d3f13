// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/concentrator.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "daemon/log.h"
#include "daemon/session_end.h"

namespace sallyport::daemon {
namespace {

/// All interface counters are read in one dump twice in each keepalive interval, as a proof of life
/// that spares HELLOs and LCP echoes; but not more often than this. Local policy.
constexpr std::chrono::seconds kShortestCountersInterval{5};
/// How long a shutdown waits for the peers; systemd gives 90 s. Local policy.
constexpr std::chrono::seconds kShutdownLimit{5};

/// Tunnels that the data path may be busy with at once; more are refused, so that a flood of
/// requests cannot fill the queue of the worker threads. Local policy.
constexpr size_t kMaxPreparingTunnels = 256;

/// Sessions that are told goodbye at a stretch when an operator ends many. Local policy.
constexpr size_t kDisconnectAtOnce = 64;

constexpr uint16_t kIpv6LeastMtu = 1280;  // RFC 8200 §5

/// What a LAC has negotiated, in PPP's terms; nothing when it has sent none of it.
std::optional<ppp::ProxiedLink> ProxiedBy(const l2tp::ProxyAttributes& attributes) {
  if (attributes == l2tp::ProxyAttributes()) return {};
  // A Configure-Request without options is as good as none: LCP has no less to say.
  const auto options = [](const std::vector<uint8_t>& octets) {
    return octets.empty() ? std::nullopt : std::optional(octets);
  };
  ppp::ProxiedLink link{.initial_received = options(attributes.initial_received_confreq),
                        .last_sent = options(attributes.last_sent_confreq),
                        .last_received = options(attributes.last_received_confreq),
                        .authentication = {}};
  if (attributes.authen_type) {
    link.authentication = ppp::ProxiedAuthentication{.type = *attributes.authen_type,
                                                     .name = attributes.authen_name,
                                                     .challenge = attributes.authen_challenge,
                                                     .id = attributes.authen_id,
                                                     .response = attributes.authen_response};
  }
  return link;
}

/// Nothing when there are no keepalives to be spared: then the daemon sleeps.
std::optional<std::chrono::seconds> CountersInterval(const Concentrator::Options& options,
                                                     std::optional<std::chrono::seconds> idle) {
  std::optional<std::chrono::seconds> shortest = idle;
  for (const auto interval : {options.l2tp.hello_interval, options.ppp.echo_interval}) {
    if (interval.count() > 0) shortest = std::min(interval, shortest.value_or(interval));
  }
  if (!shortest) return {};
  return std::max(*shortest / 2, kShortestCountersInterval);
}

}  // namespace

Concentrator::Concentrator(EventLoop& loop, DataPlane& data_plane, Ike* ike, AccessControl& access,
                           RandomSource& random, Options options)
    : loop_(loop),
      data_plane_(data_plane),
      ike_(ike),
      random_(random),
      options_(std::move(options)),
      endpoint_(options_.l2tp),
      sessions_(loop, data_plane, access, random, options_.ppp, options_.dhcpv6,
                options_.l2tp.max_sessions_per_tunnel, options_.logins),
      inform_(data_plane, sessions_, options_.inform),
      dialling_(loop, random, options_.resolver, ike, options_.port, options_.dials,
                options_.events, [this](const l2tp::Command& command) { Give(command); }),
      attempts_(loop, data_plane, options_.events),
      lost_sas_(loop, data_plane, ike, sas_, [this](SaId id) { SaLost(id); }),
      stray_sas_(
          loop, data_plane, ike,
          [this](const KernelSa& sa, ReqId reqid) { return IsInUse(sa, reqid); },
          [this](const StraySas::Sas& sas) { DeleteStraySas(sas); }, options_.stray_settle),
      l2tp_timer_(loop.AddTimer([this] {
        l2tp::Actions actions;
        endpoint_.HandleTimeout(loop_.Now(), random_.Draw(), actions);
        Run(std::move(actions));
      })),
      counters_timer_(loop.AddTimer([this] {
        RefreshCounters([this] {
          counters_due_.reset();
          ArmCountersTimer(sessions_.ShortestIdleLimit());
        });
      })),
      shutdown_timer_(loop.AddTimer([this] { FinishShutdown(); })),
      leftovers_timer_(loop.AddTimer([this] { DeleteLeftovers(loop_.Now()); })),
      unused_sas_timer_(loop.AddTimer([this] { RetireUnusedSas(); })),
      orphans_timer_(loop.AddTimer([this] { CheckOrphans(); })) {
  sessions_.SetCloseCallback([this](const SessionKey& key, const l2tp::ResultCode& result) {
    Give(l2tp::CloseSession{key.tunnel, key.session, result});
  });
  sessions_.SetUpCallback([this](const ClientSession& session) {
    dialling_.Handle(SessionReady{session.key});
    ArmCountersTimer(session.limits.idle);
    // Not from here: another session may end by it.
    loop_.Defer([this, key = session.key] { SupersedeFormerSas(key); });
  });
  sessions_.SetForgottenCallback([this](const ClientSession& session) {
    Account(session);
    inform_.Forget(session.key);
    if (options_.trace != nullptr) options_.trace->Gone(session.key.tunnel, session.key.session);
    dialling_.Handle(SessionGone{session.key, session.end_text});
    NoticeIdle();
  });
  sessions_.SetEventSink(options_.events);
  sessions_.SetFrameTap(
      [this](const ClientSession& session, bool received, std::span<const uint8_t> frame) {
        if (traced()) TraceFrame(session, received, frame);
      });
}

// ---- What comes in ----------------------------------------------------------------------------

void Concentrator::OnDatagram(const l2tp::Datagram& datagram, const Reception& reception) {
  if (!reception.listener || !options_.ipsec_required) {
    const SaTable::Entry* entry = sas_.FindByPath(datagram.path);
    // Two charons, one after the other, may have given two clients one reqid.
    if (entry != nullptr && entry->sa.peer.address != datagram.peer.address) return;
    Receive(datagram);
    return;
  }
  // It came through ESP (the listener's socket policy), but overtook the news of its SA, or the
  // element that would have led it to the SA's path.
  const SaTable::Entry* entry =
      reception.reqid ? sas_.FindByReqid(*reception.reqid) : sas_.FindOnly(datagram.peer.address);
  if (entry != nullptr) {
    l2tp::Datagram moved = datagram;
    moved.path = entry->path;
    moved.authenticated = true;
    Receive(moved);
  } else {
    sas_.Keep(datagram, reception.reqid, loop_.Now());
  }
}

void Concentrator::Receive(const l2tp::Datagram& datagram) {
  l2tp::Actions actions;
  endpoint_.Receive(datagram, loop_.Now(), random_.Draw(), actions);
  if (traced()) TraceReceived(datagram, actions);
  Run(std::move(actions));
}

void Concentrator::OnFrame(const SessionKey& key, std::span<const uint8_t> frame) {
  // Of sessions that have no interface yet no counter tells.
  Give(l2tp::ProofOfLife{key.tunnel});
  sessions_.ReceiveFrame(key, frame);
}

void Concentrator::OnDhcp(const SessionKey& key, const DhcpDatagram& datagram) {
  inform_.OnMessage(key, datagram, loop_.Now());
}

void Concentrator::OnSessionLost(const SessionKey& key) { sessions_.Lost(key); }

void Concentrator::OnAttemptFailed(const FailedAttempt& attempt) {
  // A client that made a new IKE SA for the SAs that it has did not fail.
  const bool served = sas_.HasClient(attempt.peer.address, attempt.identity);
  if (attempt.reason == AttemptReason::kNoQuickMode && served) return;
  attempts_.Failed(attempt);
}

const SecurityAssociation* Concentrator::SaUnder(const TunnelRecord& tunnel) const {
  const SaTable::Entry* entry = tunnel.sa ? sas_.Find(*tunnel.sa) : nullptr;
  return entry == nullptr ? nullptr : &entry->sa;
}

/// Of a session that is over and never served its client.
void Concentrator::Account(const ClientSession& session) {
  if (session.was_up || session.dialled != nullptr || stopping_) return;
  const auto tunnel = tunnels_.find(session.key.tunnel);
  attempts_.SessionEnded(session, tunnel == tunnels_.end() ? nullptr : SaUnder(tunnel->second));
}

void Concentrator::OnDialFailed(const std::string& dial, const std::string& reason) {
  dialling_.NotSecured(dial, reason);
}

void Concentrator::RefreshCounters(UniqueFunction<void()> done) {
  counters_waiters_.push_back(std::move(done));
  if (counters_waiters_.size() > 1) return;  // one dump serves all who ask meanwhile
  data_plane_.ReadCounters(
      [this](const CounterReadings& readings) { TakeCounters(readings, loop_.Now(), {}); });
}

/// Those of the sessions after `after`, some in each turn of the loop.
void Concentrator::TakeCounters(const CounterReadings& readings, TimePoint read,
                                const SessionKey& after) {
  const auto last = sessions_.UpdateCounters(
      readings, read, after, [this](l2tp::TunnelId tunnel) { Give(l2tp::ProofOfLife{tunnel}); });
  if (last) {
    loop_.Defer([this, readings, read, last] { TakeCounters(readings, read, *last); });
    return;
  }
  for (auto& waiter : std::exchange(counters_waiters_, {})) waiter();
}

/// `idle`: the limit of a session that has come up, or the shortest of all.
void Concentrator::ArmCountersTimer(std::optional<std::chrono::seconds> idle) {
  const auto interval = CountersInterval(options_, idle);
  if (!interval || sessions_.sessions().empty()) return;
  const TimePoint due = loop_.Now() + *interval;
  if (counters_due_ && *counters_due_ <= due) return;
  counters_due_ = due;
  counters_timer_.Set(due);
}

// ---- What the L2TP engine wants done ----------------------------------------------------------

void Concentrator::Give(const l2tp::Command& command) {
  l2tp::Actions actions;
  endpoint_.Handle(command, loop_.Now(), random_.Draw(), actions);
  Run(std::move(actions));
}

void Concentrator::Run(l2tp::Actions actions) {
  actions_.insert(actions_.end(), std::make_move_iterator(actions.begin()),
                  std::make_move_iterator(actions.end()));
  // Carrying out one action can lead to more; those wait for their turn here, so that the order
  // stays the engine's and the stack stays flat.
  if (running_actions_) return;
  running_actions_ = true;
  while (!actions_.empty()) {
    const l2tp::Action action = std::move(actions_.front());
    actions_.pop_front();
    Carry(action);
  }
  running_actions_ = false;
  Rearm();
  NoticeIdle();
}

void Concentrator::Carry(const l2tp::Action& action) {
  std::visit(
      Overloaded{
          [&](const l2tp::SendDatagram& send) {
            if (traced()) TraceSent(send);
            data_plane_.Send(send);
          },
          [&](const l2tp::PrepareTunnel& request) { PrepareTunnel(request); },
          [&](const l2tp::TunnelUp& up) { TunnelUp(up); },
          [&](const l2tp::PrepareSession& request) { PrepareSession(request); },
          [&](const l2tp::SessionUp& up) {
            std::optional<ppp::ProxiedLink> proxied;
            if (options_.pass_proxy && !up.dial) proxied = ProxiedBy(up.proxy);
            if (CallRecord* call = sessions_.CallOf({up.tunnel, up.session})) {
              call->details = up.details;
            }
            sessions_.Start({up.tunnel, up.session}, up.send_sequence,
                            MtuOf(up.tunnel, up.send_sequence), std::move(proxied));
            ArmCountersTimer({});
          },
          [&](const l2tp::DialFailed& failed) { DialRefused(failed); },
          // What a LAC and an LNS tell each other about a line; nothing to do here but to show it.
          [&](const l2tp::ErrorsReported& reported) {
            if (CallRecord* call = sessions_.CallOf({reported.tunnel, reported.session})) {
              ++call->error_reports;
              call->errors = reported.errors;
            }
          },
          [&](const l2tp::LinkInfo& info) {
            if (CallRecord* call = sessions_.CallOf({info.tunnel, info.session})) {
              call->link_info = info;
            }
          },
          [&](const l2tp::SessionDown& down) { SessionEnded(down); },
          [&](const l2tp::TunnelDown& down) { TunnelEnded(down); },
          [&](const l2tp::TunnelReleased& released) { TunnelReleased(released.tunnel); },
          [&](const l2tp::DataFrame& data) {
            sessions_.ReceiveFrame({data.tunnel, data.session}, data.frame);
          },
          [&](const l2tp::Refused& refused) {
            refused_log_.LogWarning(
                "tunnel_refused",
                fmt::format("tunnel asked for by {} is refused: {}", refused.peer.ToString(),
                            Describe(l2tp::EndReason::kRefused, refused.result)),
                loop_.Now(), {{"PEER", refused.peer.ToString()}});
            attempts_.TunnelRefused(refused);
            Publish({.type = "tunnel.refused",
                     .fields = {{"peer", refused.peer.address.ToString()},
                                {"detail", Describe(l2tp::EndReason::kRefused, refused.result)}}});
          },
      },
      action);
}

void Concentrator::PrepareTunnel(const l2tp::PrepareTunnel& request) {
  const l2tp::TunnelId tunnel = request.tunnel;
  TunnelRecord record;
  record.request = request;
  record.in_kernel = static_cast<bool>(request.peer_tunnel);
  record.since = std::chrono::system_clock::now();
  record.started = loop_.Now();
  if (request.dial) dialling_.Handle(TunnelNamed{*request.dial, tunnel});
  std::optional<ReqId> reqid;
  if (const SaTable::Entry* entry = sas_.FindByPath(request.path)) {
    record.sa = entry->sa.id;
    attempts_.SaUsed(entry->sa.id);
    sas_.AddTunnel(entry->sa.id, tunnel);
    reqid = entry->sa.reqid;
    ike_->Keep(entry->sa.id);
    SupersedeOlderSas(entry->sa);
  } else if (options_.ipsec_required) {
    // Its SA has gone in the meantime.
    tunnels_.insert_or_assign(tunnel, std::move(record));
    Give(l2tp::TunnelPrepared{tunnel, std::nullopt});
    return;
  }
  tunnels_.insert_or_assign(tunnel, std::move(record));
  if (preparing_tunnels_ >= kMaxPreparingTunnels) {
    Give(l2tp::TunnelPrepared{tunnel, std::nullopt});
    return;
  }
  ++preparing_tunnels_;
  data_plane_.PrepareTunnel(request, reqid, [this, tunnel](std::optional<l2tp::PathId> path) {
    --preparing_tunnels_;
    const auto found = tunnels_.find(tunnel);
    if (found == tunnels_.end()) {
      if (path) data_plane_.RemovePath(*path);  // ended while its path was made
      return;
    }
    found->second.path = path;
    const bool sa_gone = found->second.sa && sas_.Find(*found->second.sa) == nullptr;
    if (path && sa_gone) {
      Give(l2tp::TunnelPrepared{tunnel, std::nullopt});
      return;
    }
    if (path && std::exchange(found->second.path_behind, false)) MovePath(found->second);
    Give(l2tp::TunnelPrepared{tunnel, path});
  });
}

void Concentrator::TunnelUp(const l2tp::TunnelUp& up) {
  const auto found = tunnels_.find(up.tunnel);
  if (found == tunnels_.end()) return;
  auto& request = found->second.request;
  if (up.dial) {
    request.peer_tunnel = up.peer_tunnel;
    request.peer = up.peer;
    request.host_name = up.host_name;
    request.vendor_name = up.vendor_name;
  }
  tunnel_up_log_.LogInfo(
      "tunnel_up",
      fmt::format("tunnel {} with {} ({}) is up", up.tunnel.value(), request.peer.ToString(),
                  request.host_name),
      loop_.Now(),
      {{"PEER", request.peer.ToString()}, {"TUNNEL", std::to_string(up.tunnel.value())}});
  found->second.up = true;
  Publish({.type = "tunnel.up",
           .fields = {{"tunnel", uint64_t{up.tunnel.value()}},
                      {"peer", request.peer.address.ToString()},
                      {"host_name", request.host_name, true}}});
  if (!found->second.in_kernel) Complete(found->second, up);
}

void Concentrator::Complete(const TunnelRecord& record, const l2tp::TunnelUp& up) {
  if (!record.path) return;  // it was not to be had, and the engine knows
  data_plane_.CompleteTunnel(*record.path, up, [this, tunnel = up.tunnel](bool ok) {
    const auto found = tunnels_.find(tunnel);
    if (found == tunnels_.end()) return;
    found->second.in_kernel = ok;
    if (ok) {
      dialling_.Handle(TunnelReady{tunnel});
    } else {
      // RFC 2661 §4.4.2: result 2, general error; error 4, insufficient resources.
      Give(l2tp::CloseTunnel{tunnel, {.result = 2, .error = 4, .message = {}}});
    }
  });
}

void Concentrator::DialRefused(const l2tp::DialFailed& failed) {
  const std::string dial = dialling_.NameOf(failed.dial);
  dialling_.Handle(AttemptRefused{failed.dial, Describe(l2tp::EndReason::kRefused, failed.result)});
  for (const auto& [id, entry] : sas_.entries()) {
    const bool of_dial = !dial.empty() && entry.sa.dial == dial;
    if (of_dial && entry.live.empty()) ike_->Terminate(id);
  }
}

void Concentrator::PrepareSession(const l2tp::PrepareSession& request) {
  const SessionKey key{request.tunnel, request.session};
  const auto answer = [this, key](bool ok) {
    Give(l2tp::SessionPrepared{key.tunnel, key.session, ok});
  };
  const auto tunnel = tunnels_.find(request.tunnel);
  const DialProfile* profile = request.dial ? dialling_.ProfileOf(*request.dial) : nullptr;
  const bool forgotten = request.dial && profile == nullptr;
  if (tunnel == tunnels_.end() || !tunnel->second.in_kernel || forgotten) return answer(false);
  tunnel->second.had_session = true;
  if (request.dial) dialling_.Handle(SessionNamed{*request.dial, key});
  sessions_.Prepare(request, tunnel->second.request.peer, profile, answer);
}

SessionMtu Concentrator::MtuOf(l2tp::TunnelId tunnel, bool sequenced) {
  const auto found = tunnels_.find(tunnel);
  if (found == tunnels_.end()) return {};
  const TunnelRecord& record = found->second;
  const IpEndpoint& peer = record.request.peer;
  const SaTable::Entry* sa = record.sa ? sas_.Find(*record.sa) : nullptr;
  OuterPath outside{.outer_v6 = peer.address.is_v6(), .esp = {}, .sequenced = sequenced};
  if (sa != nullptr) {
    outside.esp = sa->sa.esp_sizes;
    outside.udp_encapsulation = sa->sa.udp_encapsulation;
  }
  if (const auto outer = data_plane_.OuterMtu(record.request.local, peer.address)) {
    outside.outer_mtu = *outer;
  }
  const SessionMtu mtu = SessionMtuOf(outside);
  if (LargestInnerPacket(outside) < std::min(kIpv6LeastMtu, options_.ppp.mtu)) {
    small_mtu_log_.LogWarning(
        "mtu_small",
        fmt::format("the network to {} takes packets of {} octets, which leaves {} for a session; "
                    "IPv6 needs {}",
                    peer.address.ToString(), outside.outer_mtu, LargestInnerPacket(outside),
                    kIpv6LeastMtu),
        loop_.Now(), {{"PEER", peer.ToString()}});
  }
  return mtu;
}

void Concentrator::SessionEnded(const l2tp::SessionDown& down) {
  const SessionKey key{down.tunnel, down.session};
  const std::string text = Describe(down);
  // Refused before it had a record: the manager has nothing to tell the dial about.
  if (!sessions_.sessions().contains(key)) dialling_.Handle(SessionGone{key, text});
  sessions_.LowerDown(key, text, CauseOf(down));
}

void Concentrator::TunnelEnded(const l2tp::TunnelDown& down) {
  const auto found = tunnels_.find(down.tunnel);
  if (found == tunnels_.end()) return;
  found->second.ended = true;
  EndTunnelOfSa(found->second);
  const auto& request = found->second.request;
  tunnel_down_log_.LogInfo(
      "tunnel_down",
      fmt::format("tunnel {} with {} ({}) is down: {}", down.tunnel.value(),
                  request.peer.ToString(), request.host_name, Describe(down.reason, down.result)),
      loop_.Now(),
      {{"PEER", request.peer.ToString()}, {"TUNNEL", std::to_string(down.tunnel.value())}});
  Publish({.type = "tunnel.down",
           .fields = {{"tunnel", uint64_t{down.tunnel.value()}},
                      {"peer", request.peer.address.ToString()},
                      {"detail", Describe(down.reason, down.result)}}});
  if (!request.dial && !found->second.had_session && !stopping_) {
    attempts_.TunnelEnded(request, down, Describe(down.reason, down.result),
                          SaUnder(found->second));
  }
  dialling_.Handle(TunnelLost{down.tunnel, Describe(down.reason, down.result)});
}

void Concentrator::TunnelReleased(l2tp::TunnelId tunnel) {
  const auto found = tunnels_.find(tunnel);
  if (found == tunnels_.end()) return;
  const TunnelRecord record = std::move(found->second);
  tunnels_.erase(found);
  if (options_.trace != nullptr) options_.trace->Gone(tunnel, {});
  if (record.path) data_plane_.RemovePath(*record.path);
  if (record.sa) sas_.RemoveTunnel(*record.sa, tunnel);
}

// ---- What operators want ------------------------------------------------------------------------

void Concentrator::Disconnect(const std::vector<std::string>& ids, const std::string& text) {
  const bool at_it = !disconnections_.empty();
  for (const std::string& id : ids) disconnections_.push_back({id, text});
  if (!at_it) DisconnectSome();
}

void Concentrator::DisconnectSome() {
  for (size_t done = 0; done < kDisconnectAtOnce && !disconnections_.empty(); ++done) {
    const Disconnection next = std::move(disconnections_.front());
    disconnections_.pop_front();
    // By the id, which nobody has again: its key may be another's by now.
    if (const ClientSession* session = sessions_.FindById(next.id)) {
      sessions_.Disconnect(SessionKey(session->key), next.text, "admin_reset");
    }
  }
  if (!disconnections_.empty()) loop_.Defer([this] { DisconnectSome(); });
}

void Concentrator::SetDraining(bool draining) {
  if (draining == options_.l2tp.draining) return;
  options_.l2tp.draining = draining;
  endpoint_.Configure(options_.l2tp);
  drained_told_ = false;
  Publish({.type = draining ? "drain.begin" : "drain.end",
           .fields = {{"sessions", uint64_t{sessions_.sessions().size()}}}});
  if (draining) {
    LogInfo("draining", fmt::format("new clients are refused; {} session(s) go on",
                                    sessions_.sessions().size()));
  } else {
    LogInfo("draining_ended", "new clients are taken again");
  }
  NoticeIdle();
}

void Concentrator::Configure(LiveOptions options) {
  options.l2tp.draining = options_.l2tp.draining;
  options_.l2tp = std::move(options.l2tp);
  options_.ppp = std::move(options.ppp);
  options_.pass_proxy = options.pass_proxy;
  options_.sa_times = options.sa_times;
  endpoint_.Configure(options_.l2tp);
  sessions_.Configure(options_.ppp, std::move(options.dhcpv6),
                      options_.l2tp.max_sessions_per_tunnel, options.logins);
  dialling_.Configure(options.dials);
}

/// Asked for at each turn, so thousands are not looked at: that many are not our own links.
bool Concentrator::HasClients() const {
  size_t links = 0;
  size_t most = 0;  // sessions of ours
  for (const Dialer::Dial& dial : dialling_.dialer().dials()) {
    if (dial.tunnel) ++links;
    most += dial.settings.sessions;
  }
  const auto& sessions = sessions_.sessions();
  return endpoint_.tunnel_count() > links || sessions.size() > most ||
         std::ranges::any_of(sessions,
                             [](const auto& one) { return one.second.dialled == nullptr; });
}

/// To be called whenever the last tunnel or session may have gone.
void Concentrator::NoticeIdle() {
  FinishShutdownIfIdle();
  if (drained_told_ || stopping_ || !drained()) return;
  drained_told_ = true;
  LogInfo("drained", "no client is left; the daemon can be stopped");
  Publish({.type = "drain.empty", .fields = {}});
}

void Concentrator::Publish(const Event& event) {
  if (options_.events != nullptr) options_.events->Publish(event);
}

// ---- The end ------------------------------------------------------------------------------------

void Concentrator::Shutdown(UniqueFunction<void()> done) {
  stopping_ = true;
  dialling_.Stop();
  shutdown_done_ = std::move(done);
  shutdown_timer_.Set(loop_.Now() + kShutdownLimit);
  Give(l2tp::Shutdown{});
}

void Concentrator::FinishShutdown() {
  if (!shutdown_done_) return;
  shutdown_timer_.Set(std::nullopt);
  // The SAs were made for L2TP alone, and nobody is left to serve it (RFC 3193 §3.1).
  const bool deaf = ike_ != nullptr && !ike_->state().connected;
  for (const auto& [id, entry] : sas_.entries()) {
    if (deaf || orphans_.contains(id)) {
      leftovers_.push_back({entry.sa, loop_.Now()});
    } else {
      ike_->Terminate(id);
    }
  }
  DeleteLeftovers(TimePoint::max());
  std::exchange(shutdown_done_, {})();
}

void Concentrator::FinishShutdownIfIdle() {
  if (!stopping_ || !shutdown_done_ || !tunnels_.empty() || !sessions_.sessions().empty()) return;
  // Not from here: the caller of Run() may stand in the middle of something.
  loop_.Defer([this] { FinishShutdown(); });
}

void Concentrator::Rearm() { l2tp_timer_.Set(endpoint_.NextDeadline()); }

}  // namespace sallyport::daemon
