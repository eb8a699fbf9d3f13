// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/attempt_watch.h"

#include <fmt/format.h>
#include <utility>
#include <vector>

#include "daemon/config_keys.h"
#include "daemon/log.h"

namespace sallyport::daemon {
namespace {

using enum AttemptReason;

std::vector<std::string> StepsOf(const SecurityAssociation* sa) {
  if (sa == nullptr) return {};
  return {fmt::format("{} SA: {}", sa->ike_version, sa->ike_proposal),
          fmt::format("ESP SA {}: {}{}", sa->reqid.value(), sa->esp_proposal,
                      sa->udp_encapsulation ? " in UDP" : "")};
}

std::string IdentityOf(const SecurityAssociation* sa) {
  return sa == nullptr ? std::string() : sa->remote_id;
}

FailedAttempt OfSa(const SecurityAssociation& sa, AttemptReason reason, std::string detail) {
  return {.peer = sa.peer,
          .identity = sa.remote_id,
          .user = {},
          .stage = AttemptStage::kL2tp,
          .reason = reason,
          .detail = std::move(detail),
          .steps = StepsOf(&sa)};
}

AttemptReason ReasonOf(l2tp::EndReason reason) {
  switch (reason) {
    case l2tp::EndReason::kRetransmitTimeout:
      return kTunnelUnanswered;
    case l2tp::EndReason::kSetupTimeout:
    case l2tp::EndReason::kIdle:
    case l2tp::EndReason::kPathDown:
      return kTunnelUnfinished;
    case l2tp::EndReason::kProtocolError:
    case l2tp::EndReason::kRefused:
    case l2tp::EndReason::kTieLost:
      return kTunnelRefused;
    case l2tp::EndReason::kLocalClose:
      return kDisconnected;
    case l2tp::EndReason::kPeerClosed:
    case l2tp::EndReason::kReplaced:
    case l2tp::EndReason::kTunnelEnded:
      return kTunnelEnded;
  }
  return kTunnelEnded;
}

AttemptReason ReasonOf(ppp::EndReason reason) {
  switch (reason) {
    case ppp::EndReason::kPeerTerminated:
    case ppp::EndReason::kLowerLayerDown:
      return kPeerHungUp;
    case ppp::EndReason::kNegotiationTimeout:
    case ppp::EndReason::kAuthenticationTimeout:
    case ppp::EndReason::kEchoTimeout:
      return kPppUnanswered;
    case ppp::EndReason::kNotConverging:
    case ppp::EndReason::kLoopback:
      return kPppNotConverging;
    case ppp::EndReason::kAuthenticationRefused:
    case ppp::EndReason::kMethodNotAllowed:
      return kMethodRefused;
    case ppp::EndReason::kAuthenticationFailed:
    case ppp::EndReason::kServerUnproven:
      return kWrongPassword;
    case ppp::EndReason::kNetworkRefused:
      return kNetworkRefused;
    case ppp::EndReason::kLocalClose:
      return kServerFault;
  }
  return kServerFault;
}

AttemptStage StageOf(const ClientSession& session) {
  if (!session.lcp_opened) return AttemptStage::kLcp;
  if (session.refusal || !session.lease) return AttemptStage::kAuthentication;
  return AttemptStage::kIpcp;
}

}  // namespace

AttemptWatch::AttemptWatch(EventLoop& loop, DataPlane& data_plane, EventSink* events)
    : loop_(loop),
      data_plane_(data_plane),
      events_(events),
      timer_(loop.AddTimer([this] { CheckUnused(); })),
      clear_text_timer_(loop.AddTimer([this] { CheckClearText(); })) {}

void AttemptWatch::WatchClearText() { clear_text_timer_.Set(loop_.Now() + kClearTextInterval); }

void AttemptWatch::CheckClearText() {
  data_plane_.ReadClearTextPeers([this](const std::set<IpAddress>& peers) {
    for (const IpAddress& peer : peers) {
      if (clear_text_.contains(peer)) continue;
      Failed({.peer = {.address = peer, .port = 0},
              .identity = {},
              .user = {},
              .stage = AttemptStage::kIke,
              .reason = kClearText,
              .detail = {},
              .steps = {}});
    }
    clear_text_ = peers;
    WatchClearText();
  });
}

void AttemptWatch::Failed(FailedAttempt attempt) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const FailedAttempt& noted = book_.Add(std::move(attempt), now).attempt;
  std::string who = noted.peer.address.ToString();
  if (!noted.identity.empty()) who += fmt::format(" ({})", noted.identity);
  std::vector<LogField> fields{{"PEER", noted.peer.ToString()},
                               {"STAGE", std::string(ToString(noted.stage))},
                               {"REASON", std::string(ToString(noted.reason))}};
  if (!noted.user.empty()) {
    who += " as " + noted.user;
    fields.push_back({"USER", noted.user});
  }
  log_.LogWarning(
      "attempt_failed",
      fmt::format("{} did not get in: {}: {}{}{}; {}", who, Title(noted.stage), Title(noted.reason),
                  noted.detail.empty() ? "" : ": ", noted.detail, HintOf(noted)),
      loop_.Now(), fields);
  if (events_ == nullptr) return;
  // Not the detail: it may quote who somebody is.
  events_->Publish({.type = "attempt.failed",
                    .fields = {{"peer", noted.peer.address.ToString()},
                               {"identity", noted.identity, true},
                               {"user", noted.user, true},
                               {"stage", std::string(ToString(noted.stage))},
                               {"reason", std::string(ToString(noted.reason))},
                               {"hint", std::string(HintOf(noted))}}});
}

// ---- SAs that nobody asks for a tunnel in -----------------------------------------------------

void AttemptWatch::SaUp(const SecurityAssociation& sa, std::chrono::seconds setup) {
  if (!sa.dial.empty()) return;
  // Its counters are wanted, so it must be there still.
  const auto limit = std::min(kTunnelLimit, setup - std::chrono::seconds(2));
  const TimePoint now = loop_.Now();
  unused_.insert_or_assign(sa.id, Unused{.sa = sa, .since = now, .due = now + limit});
  deadlines_.Set(sa.id, now + limit);
  timer_.Set(deadlines_.Next());
}

void AttemptWatch::SaDown(SaId id, const std::string& reason, bool ours) {
  deadlines_.Set(id, std::nullopt);
  const auto found = unused_.find(id);
  if (found == unused_.end()) return;
  const Unused unused = std::move(found->second);
  unused_.erase(found);
  if (ours) return;
  const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(loop_.Now() - unused.since);
  Failed(OfSa(unused.sa, kSaUnused, fmt::format("after {} s: {}", lasted.count(), reason)));
}

void AttemptWatch::CheckUnused() {
  bool due = false;
  const TimePoint now = loop_.Now();
  while (const auto id = deadlines_.TakeExpired(now)) due = due || unused_.contains(*id);
  timer_.Set(deadlines_.Next());
  if (!due) return;
  data_plane_.ReadSaCounters([this](const SaReadings& readings) { Explain(readings.sas); });
}

void AttemptWatch::Explain(const std::map<KernelSa, SaCounters>& counters) {
  for (auto unused = unused_.begin(); unused != unused_.end();) {
    const SecurityAssociation& sa = unused->second.sa;
    const auto inbound = counters.find({.destination = sa.local, .spi = sa.spi_in});
    const bool due = loop_.Now() >= unused->second.due;
    if (!due || inbound == counters.end()) {
      ++unused;
      continue;
    }
    const SaCounters& seen = inbound->second;
    const uint64_t refused = seen.integrity_failures + seen.replays;
    if (seen.packets > 0) {
      Failed(OfSa(sa, kNoTunnel, fmt::format("{} packets came through the SA", seen.packets)));
    } else if (refused > 0) {
      Failed(OfSa(sa, kEspRefused,
                  fmt::format("{} packets failed the check of integrity, {} that "
                              "of replay",
                              seen.integrity_failures, seen.replays)));
    } else {
      Failed(OfSa(sa, kEspBlocked,
                  sa.udp_encapsulation ? "ESP in UDP, port 4500" : "plain ESP, IP protocol 50"));
    }
    unused = unused_.erase(unused);
  }
}

// ---- Tunnels and sessions ---------------------------------------------------------------------

void AttemptWatch::TunnelRefused(const l2tp::Refused& refused) {
  Failed({.peer = refused.peer,
          .identity = {},
          .user = {},
          .stage = AttemptStage::kL2tp,
          .reason = kTunnelRefused,
          .detail = fmt::format("result {} error {}: {}", refused.result.result,
                                refused.result.error.value_or(0), refused.result.message),
          .steps = {}});
}

void AttemptWatch::TunnelEnded(const l2tp::PrepareTunnel& request, const l2tp::TunnelDown& down,
                               const std::string& description, const SecurityAssociation* sa) {
  FailedAttempt attempt{.peer = request.peer,
                        .identity = IdentityOf(sa),
                        .user = {},
                        .stage = AttemptStage::kL2tp,
                        .reason = ReasonOf(down.reason),
                        .detail = description,
                        .steps = StepsOf(sa)};
  attempt.steps.push_back(
      fmt::format("it asked for a tunnel and calls itself {}", request.host_name));
  Failed(std::move(attempt));
}

void AttemptWatch::SessionEnded(const ClientSession& session, const SecurityAssociation* sa) {
  FailedAttempt attempt{.peer = session.peer,
                        .identity = IdentityOf(sa),
                        .user = session.user,
                        .stage = StageOf(session),
                        .reason = session.link_end ? ReasonOf(*session.link_end) : kServerFault,
                        .detail = session.end_text,
                        .steps = StepsOf(sa)};
  if (session.refusal) {
    attempt.reason = session.refusal->reason;
    attempt.detail = session.refusal->log_text;
  }
  attempt.steps.emplace_back("the L2TP tunnel and call were made");
  if (session.lcp_opened) attempt.steps.emplace_back("LCP was agreed on");
  if (session.method && !session.user.empty()) {
    attempt.steps.push_back(
        fmt::format("it logged in as {} by {}", session.user, ToString(*session.method)));
  }
  if (session.lease && session.lease->address) {
    attempt.steps.push_back(
        fmt::format("it was given the address {}", session.lease->address.ToString()));
  }
  Failed(std::move(attempt));
}

}  // namespace sallyport::daemon
