// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/dialling.h"

#include <fmt/format.h>
#include <iterator>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "daemon/log.h"

namespace sallyport::daemon {
namespace {

/// What we say of a line that there is none of: RFC 2661 §4.4.4 and §4.4.5 want it said.
constexpr uint32_t kSynchronous = 1;
constexpr uint32_t kDigital = 1;
constexpr uint32_t kConnectSpeed = 1'000'000'000;  // bits a second
constexpr uint32_t kMinimumSpeed = 1;

/// A call as ICRQ and ICCN have it or, outgoing, as OCRQ has it.
l2tp::OpenCall CallOf(const DialOptions& dial, const DialCall& call) {
  l2tp::OpenCall open{.dial = call.id,
                      .tunnel = call.tunnel,
                      .direction = dial.direction,
                      .details = {},
                      .proxy = {}};
  open.details.call_serial_number = static_cast<uint32_t>(call.id.value());
  open.details.framing_type = kSynchronous;
  open.details.called_number = dial.called_number;
  if (dial.direction == l2tp::CallDirection::kIncoming) {
    open.details.tx_connect_speed = kConnectSpeed;
  } else {
    open.details.bearer_type = kDigital;
    open.details.minimum_bps = kMinimumSpeed;
    open.details.maximum_bps = kConnectSpeed;
  }
  return open;
}

std::vector<DialSettings> SettingsOf(const std::vector<DialOptions>& dials) {
  std::vector<DialSettings> settings;
  settings.reserve(dials.size());
  for (const DialOptions& dial : dials) settings.push_back(dial.settings);
  return settings;
}

}  // namespace

Dialling::Dialling(EventLoop& loop, RandomSource& random, Resolver* resolver, Ike* ike,
                   uint16_t port, std::vector<DialOptions> dials, EventSink* events,
                   GiveCallback give)
    : loop_(loop),
      random_(random),
      resolver_(resolver),
      ike_(ike),
      port_(port),
      dials_(std::move(dials)),
      events_(events),
      give_(std::move(give)),
      dialer_(SettingsOf(dials_)),
      timer_(loop.AddTimer([this] {
        DialActions actions;
        dialer_.HandleTimeout(loop_.Now(), random_.Draw(), actions);
        Run(std::move(actions));
      })) {}

void Dialling::Start() {
  DialActions actions;
  dialer_.Start(loop_.Now(), random_.Draw(), actions);
  Run(std::move(actions));
}

void Dialling::Configure(const std::vector<DialOptions>& dials) {
  for (size_t i = 0; i < dials_.size() && i < dials.size(); ++i) {
    auto& profiles = dials_[i].profiles;
    const auto& next = dials[i].profiles;
    // Sessions point at their profile, which stays where it is, and keep the link that they have.
    for (size_t j = 0; j < profiles.size() && j < next.size(); ++j) profiles[j].link = next[j].link;
  }
}

void Dialling::Handle(const DialEvent& event) {
  if (dials_.empty()) return;
  DialActions actions;
  dialer_.Handle(event, loop_.Now(), random_.Draw(), actions);
  Run(std::move(actions));
}

void Dialling::Run(DialActions actions) {
  actions_.insert(actions_.end(), std::make_move_iterator(actions.begin()),
                  std::make_move_iterator(actions.end()));
  // What an action leads to waits for its turn, so that the order stays the dialer's.
  if (running_actions_) return;
  running_actions_ = true;
  while (!actions_.empty()) {
    const DialAction action = std::move(actions_.front());
    actions_.pop_front();
    Carry(action);
  }
  running_actions_ = false;
  Rearm();
}

void Dialling::Carry(const DialAction& action) {
  std::visit(
      Overloaded{
          [&](const ResolveServer& resolve) { Resolve(resolve.dial); },
          [&](const SecurePath& secure) {
            const DialOptions& dial = dials_[secure.dial];
            ike_->Initiate({.dial = dial.settings.name, .address = secure.server, .psk = dial.psk});
          },
          [&](const DialTunnel& tunnel) {
            give_(l2tp::OpenTunnel{.dial = tunnel.id,
                                   .path = tunnel.path,
                                   .peer = {.address = tunnel.server, .port = port_},
                                   .local = tunnel.local,
                                   .policy = dials_[tunnel.dial].policy});
          },
          [&](const DialCall& call) { give_(CallOf(dials_[call.dial], call)); },
          [&](const HangUp& hang_up) {
            give_(l2tp::CloseTunnel{hang_up.tunnel, {}});
          },
          [&](const DialTroubled& troubled) { Tell(troubled); },
          [&](const DialEstablished& established) { Tell(established); },
      },
      action);
}

void Dialling::Tell(const DialTroubled& troubled) {
  const DialSettings& settings = dials_[troubled.dial].settings;
  LogWarning("dial_failed", fmt::format("dial {} to {}: {}; tried again in {} s", settings.name,
                                        settings.server, troubled.text, troubled.wait.count()));
  if (events_ == nullptr) return;
  events_->Publish({.type = "dial.failed",
                    .fields = {{"dial", settings.name},
                               {"server", settings.server},
                               {"detail", troubled.text},
                               {"retry_seconds", static_cast<uint64_t>(troubled.wait.count())}}});
}

void Dialling::Tell(const DialEstablished& established) {
  const DialSettings& settings = dials_[established.dial].settings;
  LogInfo("dial_up", fmt::format("dial {} to {} is up with {} session(s)", settings.name,
                                 settings.server, settings.sessions));
  if (events_ == nullptr) return;
  events_->Publish({.type = "dial.up",
                    .fields = {{"dial", settings.name},
                               {"server", settings.server},
                               {"sessions", uint64_t{settings.sessions}}}});
}

void Dialling::Resolve(size_t dial) {
  const std::string& host = dials_[dial].settings.server;
  if (resolver_ == nullptr) {
    return Handle(ServerResolved{dial, Unexpected{std::string("names are not looked up here")}});
  }
  resolver_->Resolve(host, [this, dial](Expected<IpAddress, std::string> address) {
    Handle(ServerResolved{dial, std::move(address)});
  });
}

bool Dialling::Secured(const SecurityAssociation& sa, l2tp::PathId path) {
  const auto dial = dialer_.FindByName(sa.dial);
  if (!dial || !dialer_.WantsPath(*dial)) return false;
  Handle(PathSecured{.dial = *dial, .path = path, .server = sa.peer.address, .local = sa.local});
  return true;
}

void Dialling::NotSecured(const std::string& dial, const std::string& reason) {
  if (const auto found = dialer_.FindByName(dial)) Handle(PathLost{*found, reason});
}

const DialProfile* Dialling::ProfileOf(l2tp::DialId id) const {
  const auto dial = dialer_.Find(id);
  return dial ? &dials_[*dial].profiles[dialer_.SessionIndex(id)] : nullptr;
}

std::string Dialling::NameOf(l2tp::DialId id) const {
  const auto dial = dialer_.Find(id);
  return dial ? dials_[*dial].settings.name : std::string();
}

}  // namespace sallyport::daemon
