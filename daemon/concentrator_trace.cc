// SPDX-License-Identifier: GPL-2.0-or-later
// What the concentrator tells those who trace: each packet with the tunnel, the sessions and the
// addresses that it belongs to.
#include <span>
#include <variant>
#include <vector>

#include "daemon/concentrator.h"
#include "l2tp/header.h"

namespace sallyport::daemon {
namespace {

using Layer = TracedPacket::Layer;

/// Of the tunnel that a message to no tunnel of ours has just made.
l2tp::TunnelId MadeBy(const l2tp::Actions& answer) {
  for (const l2tp::Action& action : answer) {
    if (const auto* request = std::get_if<l2tp::PrepareTunnel>(&action)) return request->tunnel;
  }
  return {};
}

/// None of no tunnel.
std::vector<TracedPacket::Session> SessionsOf(const SessionManager& manager,
                                              l2tp::TunnelId tunnel) {
  std::vector<TracedPacket::Session> sessions;
  for (const auto& [key, session] : manager.OfTunnel(tunnel)) {
    sessions.push_back({.id = session.id, .user = session.user});
  }
  return sessions;
}

}  // namespace

/// Our end of a tunnel, as it stands on the wire.
IpEndpoint Concentrator::LocalOf(const TunnelRecord& record) const {
  IpEndpoint local{record.request.local, options_.port};
  if (const SecurityAssociation* sa = local.address ? nullptr : SaUnder(record)) {
    local.address = sa->local;
  }
  // What answers a caller is written to leave from the common port; what calls has its own.
  if (record.request.dial && record.path) local.port = data_plane_.LocalPort(*record.path);
  return local;
}

/// Whose message a received one is: by its header and where it came from, as the engine sees it;
/// of a new tunnel by `answer`, what the engine does about it. Zero: nobody's.
l2tp::TunnelId Concentrator::TunnelOf(const l2tp::Datagram& datagram, l2tp::TunnelId named,
                                      const l2tp::Actions& answer) const {
  const auto is_from = [&datagram](const TunnelRecord& record) {
    // A server may answer from another port than it was asked at (RFC 2661 §8.1).
    const bool peer = record.request.dial ? record.request.peer.address == datagram.peer.address
                                          : record.request.peer == datagram.peer;
    return peer && (record.path == datagram.path || record.request.path == datagram.path);
  };
  if (named) {
    const auto found = tunnels_.find(named);
    return found != tunnels_.end() && is_from(found->second) ? named : l2tp::TunnelId();
  }
  if (const l2tp::TunnelId made = MadeBy(answer)) return made;
  // An SCCRQ once more.
  for (const auto& [tunnel, record] : tunnels_) {
    if (!record.ended && is_from(record)) return tunnel;
  }
  return {};
}

void Concentrator::TraceReceived(const l2tp::Datagram& datagram, const l2tp::Actions& answer) {
  const auto packet = l2tp::ParsePacket(datagram.bytes);
  // A frame that came this way is told of when its session has it.
  if (packet && std::holds_alternative<l2tp::DataPacket>(*packet)) return;
  l2tp::TunnelId tunnel;
  if (packet) {
    tunnel = TunnelOf(datagram, std::get<l2tp::ControlPacket>(*packet).header.tunnel, answer);
  }
  const auto found = tunnels_.find(tunnel);
  IpEndpoint local{datagram.local, options_.port};
  if (found != tunnels_.end()) local = LocalOf(found->second);
  options_.trace->Take({.layer = Layer::kL2tp,
                        .received = true,
                        .peer = datagram.peer,
                        .local = local,
                        .tunnel = tunnel,
                        .session = {},
                        .sessions = SessionsOf(sessions_, tunnel),
                        .bytes = datagram.bytes});
}

void Concentrator::TraceSent(const l2tp::SendDatagram& send) {
  const auto found = tunnels_.find(send.tunnel);
  IpEndpoint local{send.local, options_.port};
  if (!local.address && found != tunnels_.end()) local = LocalOf(found->second);
  options_.trace->Take({.layer = Layer::kL2tp,
                        .received = false,
                        .peer = send.peer,
                        .local = local,
                        .tunnel = send.tunnel,
                        .session = {},
                        .sessions = SessionsOf(sessions_, send.tunnel),
                        .bytes = send.bytes});
}

void Concentrator::TraceFrame(const ClientSession& session, bool received,
                              std::span<const uint8_t> frame) {
  const auto found = tunnels_.find(session.key.tunnel);
  TracedPacket packet{.layer = Layer::kPpp,
                      .received = received,
                      .peer = session.peer,
                      .local = {},
                      .tunnel = session.key.tunnel,
                      .session = session.key.session,
                      .sessions = {{.id = session.id, .user = session.user}},
                      .header_tunnel = session.peer_tunnel.value(),
                      .header_session = session.peer_session.value(),
                      .bytes = frame};
  if (found != tunnels_.end()) packet.local = LocalOf(found->second);
  if (received) {
    packet.header_tunnel = session.key.tunnel.value();
    packet.header_session = session.key.session.value();
  }
  options_.trace->Take(packet);
}

}  // namespace sallyport::daemon
