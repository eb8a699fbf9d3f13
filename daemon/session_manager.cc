// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/session_manager.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "base/secret.h"
#include "base/text.h"
#include "daemon/config_keys.h"
#include "daemon/log.h"
#include "daemon/session_end.h"
#include "daemon/session_network.h"
#include "l2tp/message.h"

namespace sallyport::daemon {
namespace {

/// Sessions whose counters are taken in at a stretch: well below a millisecond's work. Local
/// policy.
constexpr size_t kCountersAtOnce = 64;

/// What the session has been given, for those who follow what happens.
std::vector<EventField> UpFields(const ClientSession& session) {
  std::vector<EventField> fields{{"address", nullptr}, {"interface", *session.interface}};
  if (session.network) fields.front().value = AddressText(session);
  return fields;
}

/// Why a link has ended, in the words of each who is told.
struct LinkEnding {
  std::string_view cause;  // as ClientSession::end_cause
  std::string text;
  l2tp::ResultCode result;  // of the CDN, without its message
};

LinkEnding EndingOf(const ClientSession& session, const ppp::LinkDown& down) {
  const bool login_failed = down.reason == ppp::EndReason::kAuthenticationFailed;
  // The right password of a user for whom no address is left: to the LAC that is a want of
  // facilities, which passes, and no administrator's decision.
  if (login_failed && session.refusal && session.refusal->reason == AttemptReason::kNoAddress) {
    return {"nas_error",
            "no address for the user",
            {l2tp::cdn_result::kNoFacilitiesNow, l2tp::error_code::kNoResources, {}}};
  }
  std::string text(Text(down.reason));
  if (!down.detail.empty() && !login_failed) text += fmt::format(" ({})", down.detail);
  return {CauseOf(down.reason), std::move(text), {ResultOf(down.reason), {}, {}}};
}

}  // namespace

std::vector<LogField> LogFieldsOf(const ClientSession& session) {
  std::vector<LogField> fields{{"SESSION", session.id}, {"PEER", session.peer.ToString()}};
  if (!session.user.empty()) fields.push_back({"USER", session.user});
  return fields;
}

SessionManager::SessionManager(EventLoop& loop, DataPlane& data_plane, AccessControl& access,
                               RandomSource& random, ppp::LinkConfig config,
                               dhcp::Dhcpv6Config dhcpv6, size_t max_sessions_per_tunnel,
                               const LoginPolicy& logins)
    : loop_(loop),
      data_plane_(data_plane),
      access_(access),
      random_(random),
      config_(std::make_shared<const ppp::LinkConfig>(std::move(config))),
      ipv6_services_(loop, data_plane, random, std::move(dhcpv6)),
      max_sessions_per_tunnel_(max_sessions_per_tunnel),
      logins_(logins),
      delay_(logins.delay),
      timer_(loop.AddTimer([this] { RunTimers(); })) {}

void SessionManager::Configure(ppp::LinkConfig config, dhcp::Dhcpv6Config dhcpv6,
                               size_t max_sessions_per_tunnel, const LoginPolicy& logins) {
  config_ = std::make_shared<const ppp::LinkConfig>(std::move(config));
  smaller_configs_.clear();  // those in use are kept by their sessions
  ipv6_services_.Configure(std::move(dhcpv6));
  max_sessions_per_tunnel_ = max_sessions_per_tunnel;
  logins_ = logins;
  delay_.Configure(logins.delay);
}

ClientSession* SessionManager::Find(const SessionKey& key) {
  const auto found = sessions_.find(key);
  return found == sessions_.end() ? nullptr : &found->second;
}

const ClientSession* SessionManager::FindById(std::string_view id) const {
  const SessionKey* key = index_.Find(id);
  return key == nullptr ? nullptr : &sessions_.find(*key)->second;
}

void SessionManager::SetState(ClientSession& session, SessionState state) {
  index_.ChangeState(session.state, state);
  session.state = state;
}

ppp::Phase SessionManager::PhaseOf(const SessionKey& key) const {
  const auto link = links_.find(key);
  return link == links_.end() ? ppp::Phase::kDead : link->second.phase();
}

void SessionManager::MovePeer(l2tp::TunnelId tunnel, const IpEndpoint& peer) {
  for (const auto& [key, session] : OfTunnel(tunnel)) Find(key)->peer = peer;
}

void SessionManager::Prepare(const l2tp::PrepareSession& request, const IpEndpoint& peer,
                             const DialProfile* profile, DataPlane::DoneCallback done) {
  const SessionKey key{request.tunnel, request.session};
  // The engine limits the calls of a tunnel; sessions that are being released it has forgotten, the
  // worker threads have not. As many again may be on their way out: local policy.
  if (sessions_.contains(key) || OfTunnel(key.tunnel).size() >= 2 * max_sessions_per_tunnel_) {
    done(false);
    return;
  }
  ClientSession session;
  const Entropy entropy = random_.Draw();
  session.id = ToHex(std::span(entropy).first(6));
  session.key = key;
  session.peer_tunnel = request.peer_tunnel;
  session.peer_session = request.peer_session;
  session.peer = peer;
  session.dialled = profile;
  session.call.direction = request.direction;
  if (profile != nullptr && profile->link->client) {
    session.user = PrintableText(profile->link->client->user);
  }
  session.since = std::chrono::system_clock::now();
  session.started = loop_.Now();
  session.phase_began = session.started;
  session.link_config = ConfiguredFor(profile);
  links_.emplace(key, ppp::Link(*session.link_config, drops_));
  ++totals_.begun;
  index_.Add(session.id, key);
  Publish("session.start", sessions_.emplace(key, std::move(session)).first->second);
  data_plane_.PrepareSession(request, std::move(done));
}

CallRecord* SessionManager::CallOf(const SessionKey& key) {
  ClientSession* session = Find(key);
  return session == nullptr ? nullptr : &session->call;
}

void SessionManager::Start(const SessionKey& key, bool send_sequence, const SessionMtu& mtu,
                           std::optional<ppp::ProxiedLink> proxied) {
  ClientSession* starting = Find(key);
  const auto link = links_.find(key);
  if (starting == nullptr || link == links_.end()) return;
  auto config = ConfigFor(starting->dialled, mtu);
  link->second = ppp::Link(*config, drops_);
  starting->link_config = std::move(config);
  if (!send_sequence) {
    StartLink(key, std::move(proxied));
    return;
  }
  data_plane_.NumberFrames(key, [this, key, proxied = std::move(proxied)](bool ok) mutable {
    if (ok) {
      StartLink(key, std::move(proxied));
    } else if (ClientSession* session = Find(key)) {
      session->end_cause = "nas_error";
      EndL2tp(*session, {l2tp::cdn_result::kGeneralError, l2tp::error_code::kNoResources,
                         "no sequence numbers are to be had"});
    }
  });
}

SessionManager::SharedConfig SessionManager::ConfiguredFor(const DialProfile* profile) const {
  return profile == nullptr ? config_ : profile->link;
}

SessionManager::SharedConfig SessionManager::ConfigFor(const DialProfile* profile,
                                                       const SessionMtu& mtu) {
  SharedConfig configured = ConfiguredFor(profile);
  const SmallerLink smaller{.profile = profile,
                            .mru = std::min(configured->mru, mtu.receive),
                            .mtu = std::min(configured->mtu, mtu.send)};
  if (smaller.mru == configured->mru && smaller.mtu == configured->mtu) return configured;
  SharedConfig& known = smaller_configs_[smaller];
  if (known == nullptr) {
    ppp::LinkConfig config = *configured;
    config.mru = smaller.mru;
    config.mtu = smaller.mtu;
    known = std::make_shared<const ppp::LinkConfig>(std::move(config));
  }
  return known;
}

void SessionManager::StartLink(const SessionKey& key, std::optional<ppp::ProxiedLink> proxied) {
  if (ClientSession* session = Find(key)) FinishPhase(*session, SetupPhase::kL2tp);
  Give(key, ppp::Start{std::move(proxied)});
  // Not before: a frame for a link that has not started would be lost.
  data_plane_.StartFrames(key);
}

void SessionManager::LowerDown(const SessionKey& key, const std::string& text,
                               std::string_view cause) {
  ClientSession* session = Find(key);
  if (session == nullptr) return;
  session->l2tp_up = false;
  if (session->end_text.empty()) session->end_text = text;
  if (session->end_cause.empty()) session->end_cause = cause;
  if (session->link_down) {
    Release(key);
  } else {
    Give(key, ppp::LowerDown{});
    Release(key);  // in case PPP had not been started
  }
}

void SessionManager::ReceiveFrame(const SessionKey& key, std::span<const uint8_t> frame) {
  const auto link = links_.find(key);
  if (link == links_.end()) return;
  if (const ClientSession* session = Find(key); session != nullptr && tap_) {
    tap_(*session, true, frame);
  }
  ppp::Actions actions;
  link->second.Receive(frame, loop_.Now(), random_.Draw(), actions);
  Run(key, actions);
}

void SessionManager::Lost(const SessionKey& key) {
  ClientSession* session = Find(key);
  if (session == nullptr || session->link_down) return;
  session->end_text = "the kernel removed the session";
  session->end_cause = "nas_error";
  Give(key, ppp::LowerDown{});
}

void SessionManager::Disconnect(const SessionKey& key, const std::string& text,
                                std::string_view cause) {
  ClientSession* session = Find(key);
  if (session == nullptr || session->state == SessionState::kClosing) return;
  SetState(*session, SessionState::kClosing);
  session->end_text = text;
  session->end_cause = cause;
  Give(key, ppp::Close{text});
}

void SessionManager::Give(const SessionKey& key, const ppp::Command& command) {
  const auto link = links_.find(key);
  if (link == links_.end()) return;
  ppp::Actions actions;
  link->second.Handle(command, loop_.Now(), random_.Draw(), actions);
  Run(key, actions);
}

void SessionManager::Run(const SessionKey& key, ppp::Actions& actions) {
  for (auto& action : actions) {
    ClientSession* session = Find(key);
    if (session == nullptr) return;
    Carry(*session, action);
  }
  Rearm(key);
}

void SessionManager::Carry(ClientSession& session, ppp::Action& action) {
  std::visit(Overloaded{
                 [&](ppp::SendFrame& send) { Send(session, send); },
                 [&](const ppp::LinkEstablished& link) {
                   session.lcp_opened = true;
                   FinishPhase(session, SetupPhase::kLcp);
                   if (session.dialled != nullptr) session.method = link.own_method;
                 },
                 [&](const ppp::Authenticate& request) { Decide(session, request); },
                 [&](const ppp::NetworkUp& network) {
                   FinishNcp(session);
                   session.network = network;
                   ApplyNetwork(session);
                 },
                 [&](const ppp::NetworkDown&) {
                   session.network.reset();
                   ApplyNetwork(session);
                 },
                 [&](const ppp::Ipv6Up& ipv6) {
                   FinishNcp(session);
                   session.ipv6 = ipv6;
                   ApplyNetwork(session);
                 },
                 [&](const ppp::Ipv6Down&) {
                   session.ipv6.reset();
                   ipv6_services_.Stop(session.key);
                   ApplyNetwork(session);
                 },
                 [&](const ppp::LinkDown& down) { LinkEnded(session, down); },
             },
             action);
}

void SessionManager::LinkEnded(ClientSession& session, const ppp::LinkDown& down) {
  session.link_down = true;
  session.link_end = down.reason;
  SetState(session, SessionState::kClosing);
  LinkEnding ending = EndingOf(session, down);
  if (session.end_cause.empty()) session.end_cause = ending.cause;
  if (session.end_text.empty()) session.end_text = std::move(ending.text);
  ending.result.message = session.end_text;
  EndL2tp(session, ending.result);
}

void SessionManager::Send(const ClientSession& session, ppp::SendFrame& frame) {
  if (tap_) tap_(session, false, frame.bytes);
  data_plane_.WriteFrame(session.key, frame.bytes);
  WipeBytes(frame.bytes);  // PAP has the password in it
}

void SessionManager::EndL2tp(ClientSession& session, const l2tp::ResultCode& result) {
  const SessionKey key = session.key;
  if (session.l2tp_up) {
    session.l2tp_up = false;
    close_(key, result);
  }
  Release(key);
}

void SessionManager::RequestInterface(ClientSession& session) {
  if (session.interface_requested) return;
  session.interface_requested = true;
  const SessionKey key = session.key;
  const std::string wanted = session.dialled == nullptr ? "" : session.dialled->interface;
  data_plane_.CreateInterface(key, wanted, [this, key](std::optional<std::string> name) {
    ClientSession* owner = Find(key);
    if (owner == nullptr || owner->state == SessionState::kClosing) return;
    if (!name) {
      Disconnect(key, "no network interface to be had", "nas_error");
      return;
    }
    owner->interface = std::move(name);
    ApplyNetwork(*owner);
  });
}

/// Has the data path do what the network protocols have come to.
void SessionManager::ApplyNetwork(ClientSession& session) {
  ++session.network_changes;
  const SessionKey key = session.key;
  if (!session.network && !session.ipv6) {
    if (session.state == SessionState::kUp) SetState(session, SessionState::kStarting);
    data_plane_.BringDown(key);
    return;
  }
  RequestInterface(session);  // of a client's it was made with the login
  if (!session.interface || session.state == SessionState::kClosing) return;
  const unsigned change = session.network_changes;
  data_plane_.BringUp(key, NetworkOf(session), [this, key, change](bool ok) {
    ClientSession* owner = Find(key);
    if (owner == nullptr || owner->state == SessionState::kClosing) return;
    if (!ok) {  // even if it is not wanted any more: nobody knows what is left of it
      Disconnect(key, "the network interface could not be brought up", "nas_error");
      return;
    }
    if (owner->network_changes != change) return;
    NetworkApplied(*owner);
  });
}

/// Packets flow.
void SessionManager::NetworkApplied(ClientSession& session) {
  const bool already_up = session.state == SessionState::kUp;
  FinishPhase(session, SetupPhase::kDataPath);
  SetState(session, SessionState::kUp);
  session.was_up = true;
  if (!already_up) session.last_data = loop_.Now();
  if (!session.up_at) session.up_at = session.last_data;
  if (session.limits.session) {
    session_ends_.Set(session.key, *session.up_at + *session.limits.session);
    ArmTimer();
  }
  const auto setup =
      std::chrono::duration_cast<std::chrono::milliseconds>(loop_.Now() - session.started);
  if (!already_up) {
    LogInfo("session_up",
            fmt::format("session {} {}@{}: up {} on {} ({}, setup {} ms)", session.id, session.user,
                        session.peer.ToString(), AddressText(session), *session.interface,
                        session.method ? ToString(*session.method, session.eap_method) : "no login",
                        setup.count()),
            LogFieldsOf(session));
    Publish("session.up", session, UpFields(session));
  }
  if (session.ipv6 && session.lease && session.lease->prefix) {
    const IpPrefix& prefix = *session.lease->prefix;
    const bool told = ipv6_services_.Start(session.key,
                                           {.prefix = prefix,
                                            .address = prefix.AddressOf(session.ipv6->network.peer),
                                            .delegated = session.lease->delegated},
                                           std::min(session.ipv6->mtu, session.ipv6->mru));
    if (told) {
      LogInfo("session_ipv6_up",
              fmt::format("session {} {}@{}: IPv6 {} on {}, delegated {}", session.id, session.user,
                          session.peer.ToString(), prefix.ToString(), *session.interface,
                          session.lease->delegated ? session.lease->delegated->ToString() : "none"),
              LogFieldsOf(session));
    }
  }
  if (!already_up && up_) up_(session);
}

void SessionManager::Release(const SessionKey& key) {
  if (links_.erase(key) == 0) return;  // already under way
  deadlines_.Set(key, std::nullopt);
  session_ends_.Set(key, std::nullopt);
  verdicts_due_.Set(key, std::nullopt);
  verdicts_.erase(key);
  ipv6_services_.Stop(key);
  if (ClientSession* session = Find(key)) SetState(*session, SessionState::kClosing);
  data_plane_.ReleaseSession(key, [this, key](bool) { Forget(key); });
}

void SessionManager::Forget(const SessionKey& key) {
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) return;
  const ClientSession session = std::move(found->second);
  sessions_.erase(found);
  index_.Remove(session.id, session.state, session.limits.idle);
  // Only now may the address serve another client: its route has gone.
  if (session.lease) access_.Release(*session.lease);
  const auto lasted =
      std::chrono::duration_cast<std::chrono::seconds>(loop_.Now() - session.started);
  std::string text = fmt::format("session {} {}@{}: ended after {} s: {}", session.id,
                                 session.user.empty() ? "-" : session.user, session.peer.ToString(),
                                 lasted.count(), session.end_text);
  if (session.lease) {
    LogInfo("session_end", text, LogFieldsOf(session));  // of users every one is told
  } else {
    ended_log_.LogInfo("session_end", std::move(text), loop_.Now(), LogFieldsOf(session));
  }
  CountEnd(session);
  if (forgotten_) forgotten_(session);
}

/// Of a session's first set-up only: what comes after it was up is no part of it.
void SessionManager::FinishPhase(ClientSession& session, SetupPhase phase) {
  if (session.was_up) return;
  const TimePoint now = loop_.Now();
  setup_times_.Of(phase).Observe(now - session.phase_began);
  session.phase_began = now;
  if (phase != SetupPhase::kDataPath) return;
  setup_times_.whole.Observe(now - session.started);
}

/// Of the first protocol to open: what the second still takes is not waited for.
void SessionManager::FinishNcp(ClientSession& session) {
  if (!session.network && !session.ipv6) FinishPhase(session, SetupPhase::kNcp);
}

void SessionManager::CountEnd(const ClientSession& session) {
  const std::string_view cause = session.end_cause.empty() ? "nas_error" : session.end_cause;
  ++totals_.ended[std::string(cause)];
  const auto lasted =
      std::chrono::duration_cast<std::chrono::seconds>(loop_.Now() - session.started);
  Publish("session.end", session,
          {{"cause", std::string(cause)},
           {"detail", session.end_text},
           {"duration_seconds", static_cast<uint64_t>(lasted.count())},
           {"rx_bytes", session.counters.rx_bytes},
           {"tx_bytes", session.counters.tx_bytes}});
}

void SessionManager::Publish(std::string_view type, const ClientSession& session,
                             std::vector<EventField> more) {
  if (events_ == nullptr) return;
  Event event{.type = type,
              .fields = {{"id", session.id},
                         {"user", session.user, true},
                         {"peer", session.peer.address.ToString()},
                         {"tunnel", uint64_t{session.key.tunnel.value()}}}};
  event.fields.insert(event.fields.end(), more.begin(), more.end());
  events_->Publish(event);
}

void SessionManager::Rearm(const SessionKey& key) {
  if (const auto link = links_.find(key); link != links_.end()) {
    deadlines_.Set(key, link->second.NextDeadline());
  }
  ArmTimer();
}

void SessionManager::ArmTimer() {
  auto next = deadlines_.Next();
  for (const auto& other : {session_ends_.Next(), verdicts_due_.Next()}) {
    if (other && (!next || *other < *next)) next = other;
  }
  timer_.Set(next);
}

void SessionManager::RunTimers() {
  const TimePoint now = loop_.Now();
  while (const auto key = session_ends_.TakeExpired(now)) {
    Disconnect(*key, "the session has lasted as long as it may", "session_timeout");
  }
  while (const auto key = verdicts_due_.TakeExpired(now)) {
    auto verdict = verdicts_.extract(*key);
    if (verdict.empty()) continue;
    FinishLogin(*key, verdict.mapped());
    Give(*key, verdict.mapped());
  }
  while (const auto key = deadlines_.TakeExpired(now)) {
    const auto link = links_.find(*key);
    if (link == links_.end()) continue;
    ppp::Actions actions;
    link->second.HandleTimeout(now, random_.Draw(), actions);
    Run(*key, actions);
  }
  ArmTimer();
}

void SessionManager::Count(ClientSession& session, const InterfaceCounters& now) {
  const auto count = [&](uint64_t InterfaceCounters::*counter) {
    const uint64_t before = session.counters.*counter;
    if (now.*counter > before) totals_.traffic.*counter += now.*counter - before;
  };
  count(&InterfaceCounters::rx_bytes);
  count(&InterfaceCounters::tx_bytes);
  count(&InterfaceCounters::rx_packets);
  count(&InterfaceCounters::tx_packets);
  session.counters = now;
}

std::optional<SessionKey> SessionManager::UpdateCounters(
    const CounterReadings& readings, TimePoint read, const SessionKey& after,
    const std::function<void(l2tp::TunnelId)>& alive) {
  std::vector<SessionKey> grown;
  std::vector<SessionKey> idle;
  std::optional<SessionKey> last;
  auto at = sessions_.upper_bound(after);
  for (size_t looked = 0; at != sessions_.end() && looked < kCountersAtOnce; ++at, ++looked) {
    auto& [key, session] = *at;
    last = key;
    const auto now = readings(key);
    if (!now) continue;  // nothing is known of it
    if (now->rx_packets > session.counters.rx_packets) {
      grown.push_back(key);
      session.last_data = read;
    }
    Count(session, *now);
    session.rate.Take(*now, read);
    const auto& limit = session.limits.idle;
    if (session.state == SessionState::kUp && limit && read - session.last_data >= *limit) {
      idle.push_back(key);
    }
  }
  const bool more = at != sessions_.end();
  for (const SessionKey& key : grown) {
    Give(key, ppp::ProofOfLife{});
    alive(key.tunnel);
  }
  for (const SessionKey& key : idle) Disconnect(key, "idle for too long", "idle_timeout");
  return more ? last : std::nullopt;
}

}  // namespace sallyport::daemon
