// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/network_layer.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "ppp/ipcp.h"
#include "ppp/ipv6cp.h"

namespace sallyport::ppp {

NetworkLayer::NetworkLayer(const LinkConfig& config, DropCounters& drops) : drops_(drops) {
  members_[0].protocol = std::make_unique<Ipcp>(config, drops);
  members_[1].protocol = std::make_unique<Ipv6cp>(config, drops);
}

void NetworkLayer::Start(const NetworkPhase& phase, TimePoint now, const Entropy& entropy,
                         NetworkOutputs& out) {
  mtu_ = phase.mtu;
  // Each has to know of the others before one may end the link.
  std::optional<LayerFailed> missing;
  for (Member& member : members_) {
    NetworkProtocol& protocol = *member.protocol;
    if (protocol.use() == NetworkUse::kRefuse) continue;
    if (auto prepared = protocol.Prepare(phase, entropy); !prepared) {
      missing = LayerFailed{EndReason::kNetworkRefused, prepared.error()};
      if (protocol.use() == NetworkUse::kRequire) return out.push_back(*std::move(missing));
      continue;
    }
    member.started = true;
    protocol.control().set_max_packet_length(phase.peer_mru);
  }
  if (std::ranges::none_of(members_, &Member::started)) {
    return out.push_back(std::move(missing).value_or(
        LayerFailed{EndReason::kNetworkRefused, "no network protocol is allowed"}));
  }
  for (Member& member : members_) {
    if (!member.started) continue;
    LayerOutputs outputs;
    member.protocol->control().Open(now, outputs);
    member.protocol->control().Up(now, outputs);
    Take(member, std::move(outputs), now, out);
  }
}

void NetworkLayer::Stop(TimePoint now, NetworkOutputs& out) {
  for (Member& member : members_) {
    member.started = false;
    LayerOutputs outputs;
    LowerDown(member, now, outputs);
    Take(member, std::move(outputs), now, out);
    TakeDown(member, out);  // also when it has just left Opened and is yet to say so
  }
}

void NetworkLayer::LowerDown(Member& member, TimePoint now, LayerOutputs& out) {
  ControlProtocol& control = member.protocol->control();
  if (control.state() == Automaton::State::kInitial ||
      control.state() == Automaton::State::kStarting) {
    return;  // RFC 1661 §4.2: the lower layer is down already
  }
  control.Down(now, out);
}

bool NetworkLayer::Takes(Protocol protocol) const {
  return std::ranges::any_of(members_, [protocol](const Member& member) {
    return member.protocol->number() == protocol && member.started;
  });
}

NetworkLayer::Member* NetworkLayer::Find(Protocol protocol) {
  const auto found = std::ranges::find_if(
      members_, [protocol](const Member& member) { return member.protocol->number() == protocol; });
  return found == members_.end() ? nullptr : &*found;
}

void NetworkLayer::Receive(const Frame& frame, TimePoint now, const Entropy& entropy,
                           NetworkOutputs& out) {
  const auto packet = ParsePacket(frame.information);
  if (!packet) return drops_.Count(packet.error());
  Member& member = *Find(frame.protocol);
  member.protocol->Refresh(entropy);
  LayerOutputs outputs;
  member.protocol->control().Receive(*packet, now, outputs);
  Take(member, std::move(outputs), now, out);
}

void NetworkLayer::Rejected(Protocol protocol, TimePoint now, NetworkOutputs& out) {
  Member* member = Find(protocol);
  if (member == nullptr || !member->started) return;
  GiveUp(*member,
         {EndReason::kNetworkRefused, "the peer rejects " + std::string(member->protocol->name())},
         now, out);
}

void NetworkLayer::HandleTimeout(TimePoint now, NetworkOutputs& out) {
  for (Member& member : members_) {
    LayerOutputs outputs;
    member.protocol->control().HandleTimeout(now, outputs);
    Take(member, std::move(outputs), now, out);
  }
}

std::optional<TimePoint> NetworkLayer::NextDeadline() const {
  std::optional<TimePoint> next;
  for (const Member& member : members_) {
    const auto deadline = std::as_const(*member.protocol).control().NextDeadline();
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  return next;
}

bool NetworkLayer::satisfied() const {
  const auto missing = [](const Member& member) {
    return member.protocol->use() == NetworkUse::kRequire && !member.up;
  };
  return std::ranges::any_of(members_, &Member::up) && std::ranges::none_of(members_, missing);
}

void NetworkLayer::Take(Member& member, LayerOutputs outputs, TimePoint now, NetworkOutputs& out) {
  for (auto& output : outputs) {
    std::visit(
        Overloaded{
            [&](SendFrame& frame) { out.push_back(std::move(frame)); },
            [&](const LayerUp&) { TakeUp(member, now, out); },
            [&](const LayerDown&) { TakeDown(member, out); },
            [&](const LayerFinished& finished) { TakeFinished(member, finished.cause, out); },
            // The peer has a restart period to open the protocol again.
            [](const PeerTerminated&) {},
            [&](LayerFailed& failure) { GiveUp(member, std::move(failure), now, out); },
            [](const ProtocolRejected&) {},  // LCP's alone
        },
        output);
  }
}

void NetworkLayer::TakeUp(Member& member, TimePoint now, NetworkOutputs& out) {
  if (!member.started) return;
  auto up = member.protocol->Up(mtu_);
  if (!up) {
    return GiveUp(member, {EndReason::kNetworkRefused, up.error()}, now, out);
  }
  member.up = true;
  out.push_back(*std::move(up));
}

void NetworkLayer::TakeDown(Member& member, NetworkOutputs& out) {
  if (std::exchange(member.up, false)) out.push_back(member.protocol->Down());
}

/// RFC 1661 §4.4 tlf: when no other network protocol is open, the link may end.
void NetworkLayer::TakeFinished(Member& member, LayerFinished::Cause cause, NetworkOutputs& out) {
  if (CanDoWithout(member)) return;  // the peer may open it later (RFC 1661 §4.2 Stopped)
  const std::string name(member.protocol->name());
  switch (cause) {
    case LayerFinished::Cause::kUnanswered:
      return Fail({EndReason::kNegotiationTimeout, "no answer to " + name}, out);
    case LayerFinished::Cause::kPeerTerminated:
      return Fail({EndReason::kPeerTerminated, "the peer closed " + name}, out);
    case LayerFinished::Cause::kClosed:
      return;
  }
}

/// The link is to end: what is up goes down before it says goodbye.
void NetworkLayer::Fail(LayerFailed failure, NetworkOutputs& out) {
  for (Member& member : members_) TakeDown(member, out);
  out.push_back(std::move(failure));
}

/// The protocol is not to be heard of again on this link, until LCP is renegotiated.
void NetworkLayer::GiveUp(Member& member, LayerFailed failure, TimePoint now, NetworkOutputs& out) {
  member.started = false;
  if (!CanDoWithout(member)) return Fail(std::move(failure), out);
  LayerOutputs outputs;
  LowerDown(member, now, outputs);
  TakeDown(member, out);
}

/// It is up, or being negotiated: not idle after it got no answer, or after the peer closed it.
bool NetworkLayer::Lives(const Member& member) {
  const auto state = std::as_const(*member.protocol).control().state();
  return member.started && state != Automaton::State::kStopped;
}

bool NetworkLayer::CanDoWithout(const Member& member) const {
  return member.protocol->use() != NetworkUse::kRequire && std::ranges::any_of(members_, Lives);
}

}  // namespace sallyport::ppp
