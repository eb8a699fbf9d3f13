// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/endpoint.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/overloaded.h"
#include "l2tp/context.h"
#include "l2tp/header.h"
#include "l2tp/message.h"
#include "l2tp/random.h"
#include "l2tp/reliable_channel.h"
#include "l2tp/tunnel.h"
#include "l2tp/tunnel_acceptor.h"
#include "l2tp/tunnel_table.h"

namespace sallyport::l2tp {
namespace {

ChannelSettings SettingsOf(const EndpointConfig& config) {
  return {.retransmit_initial = config.retransmit_initial,
          .retransmit_cap = config.retransmit_cap,
          .retransmit_max = config.retransmit_max,
          // "A value of 0 for the Receive Window Size AVP is invalid" (RFC 2661 §5.8).
          .receive_window = std::max<uint16_t>(1, config.receive_window),
          .acknowledgement_delay = config.acknowledgement_delay};
}

/// RFC 2661 §8.1: addresses and ports "MUST remain static for the life of the tunnel". Only whom we
/// dial may choose the port of its answer. In clear text that comes to a listener: what leads to
/// the tunnel's own path has the port that was asked in it, until the caller knows of the other.
bool IsFromPeer(const Tunnel& tunnel, const Datagram& datagram, const Context& context) {
  const TunnelIdentity& identity = tunnel.identity();
  const bool dialled_in_clear_text = identity.dial && identity.origin_path == PathId();
  const bool same_path =
      tunnel.path() == datagram.path || (dialled_in_clear_text && !datagram.authenticated);
  const bool same_peer = identity.peer == datagram.peer ||
                         (tunnel.awaits_answer() && identity.peer.address == datagram.peer.address);
  if (same_path && same_peer) return true;
  context.Count(DropReason::kWrongSource);
  return false;
}

}  // namespace

class Endpoint::Implementation {
 public:
  explicit Implementation(EndpointConfig config)
      : config_(std::move(config)), channel_(SettingsOf(config_)), acceptor_(tunnels_) {}

  void Receive(const Datagram& datagram, TimePoint now, const Entropy& entropy, Actions& out);
  void Handle(const Command& command, TimePoint now, const Entropy& entropy, Actions& out);
  void HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out);
  void Configure(EndpointConfig config) {
    config_ = std::move(config);
    channel_ = SettingsOf(config_);
  }
  std::optional<TimePoint> NextDeadline() const {
    const auto of_tunnels = tunnels_.NextDeadline();
    const auto of_acceptor = acceptor_.NextDeadline();
    if (!of_tunnels || !of_acceptor) return of_tunnels ? of_tunnels : of_acceptor;
    return std::min(*of_tunnels, *of_acceptor);
  }
  size_t tunnel_count() const { return tunnels_.half_open() + tunnels_.established(); }
  const EndpointStatistics& statistics() const { return statistics_; }

 private:
  Context MakeContext(Random& random, TimePoint now, Actions& out) {
    return {config_, channel_, statistics_, sessions_, random, now, out};
  }
  void ReceiveControl(const Datagram& datagram, const ControlPacket& packet,
                      const Context& context);
  void ReceiveData(const Datagram& datagram, const DataPacket& packet, const Context& context);

  /// Calls `work` with the tunnel, if there is one, and settles it.
  template <typename Work>
  void With(TunnelId id, const Context& context, Work work);

  void Execute(const TunnelPrepared& command, const Context& context);
  void Execute(const SessionPrepared& command, const Context& context);
  void Execute(const OpenTunnel& command, const Context& context);
  void Execute(const OpenCall& command, const Context& context);
  void Execute(const ReportErrors& command, const Context& context);
  void Execute(const SetLinkInfo& command, const Context& context);
  void Execute(const CloseTunnel& command, const Context& context);
  void Execute(const CloseSession& command, const Context& context);
  void Execute(const PathDown& command, const Context& context);
  void Execute(const MoveTunnel& command, const Context& context);
  void Execute(const ProofOfLife& command, const Context& context);
  void Execute(const Shutdown& command, const Context& context);

  EndpointConfig config_;
  ChannelSettings channel_;
  EndpointStatistics statistics_;
  size_t sessions_ = 0;  // of all tunnels
  bool shutting_down_ = false;
  TunnelTable tunnels_;
  TunnelAcceptor acceptor_;
};

// ---- Datagrams --------------------------------------------------------------------------------

void Endpoint::Implementation::Receive(const Datagram& datagram, TimePoint now,
                                       const Entropy& entropy, Actions& out) {
  Random random(entropy);
  const Context context = MakeContext(random, now, out);
  const auto packet = ParsePacket(datagram.bytes);
  if (!packet) {
    context.Count(packet.error());
    return;
  }
  std::visit(Overloaded{[&](const ControlPacket& control) {
                          ++statistics_.messages_received;
                          ReceiveControl(datagram, control, context);
                        },
                        [&](const DataPacket& data) { ReceiveData(datagram, data, context); }},
             *packet);
}

void Endpoint::Implementation::ReceiveControl(const Datagram& datagram, const ControlPacket& packet,
                                              const Context& context) {
  const TunnelId id = packet.header.tunnel;
  if (!id) {
    acceptor_.Receive(datagram, packet, context);
    return;
  }
  Tunnel* tunnel = tunnels_.Find(id);
  if (tunnel == nullptr) {
    context.Count(DropReason::kUnknownTunnel);
    tunnels_.AnswerForFormer(datagram, packet, context);
    return;
  }
  if (!IsFromPeer(*tunnel, datagram, context)) return;
  tunnel->Receive(datagram.peer, packet, context);
  tunnels_.Settle(id, context);
}

void Endpoint::Implementation::ReceiveData(const Datagram& datagram, const DataPacket& packet,
                                           const Context& context) {
  Tunnel* tunnel = tunnels_.Find(packet.tunnel);
  if (tunnel == nullptr) {
    context.Count(DropReason::kUnknownTunnel);
  } else if (IsFromPeer(*tunnel, datagram, context)) {
    tunnel->ReceiveData(packet, context);
  }
}

// ---- Commands ---------------------------------------------------------------------------------

void Endpoint::Implementation::Handle(const Command& command, TimePoint now, const Entropy& entropy,
                                      Actions& out) {
  Random random(entropy);
  const Context context = MakeContext(random, now, out);
  std::visit([&](const auto& one) { Execute(one, context); }, command);
}

template <typename Work>
void Endpoint::Implementation::With(TunnelId id, const Context& context, Work work) {
  Tunnel* tunnel = tunnels_.Find(id);
  if (tunnel == nullptr) return;
  work(*tunnel);
  tunnels_.Settle(id, context);
}

void Endpoint::Implementation::Execute(const TunnelPrepared& command, const Context& context) {
  tunnels_.OnPrepared(command, context);
}

void Endpoint::Implementation::Execute(const SessionPrepared& command, const Context& context) {
  With(command.tunnel, context,
       [&](Tunnel& tunnel) { tunnel.OnSessionPrepared(command.session, command.ok, context); });
}

/// The limit of half-open tunnels is not for these: strangers who ask shall not keep us from it.
void Endpoint::Implementation::Execute(const OpenTunnel& command, const Context& context) {
  if (shutting_down_) {
    const ResultCode result{stop_ccn_result::kShuttingDown, std::nullopt, "shutting down"};
    context.out.push_back(DialFailed{command.dial, result});
    return;
  }
  const auto id = tunnel_count() < config_.max_tunnels ? tunnels_.TakeId(context) : std::nullopt;
  if (!id) {
    const ResultCode result{stop_ccn_result::kGeneralError, error_code::kNoResources,
                            "too many tunnels"};
    context.out.push_back(DialFailed{command.dial, result});
    return;
  }
  const TunnelIdentity identity{.id = *id,
                                .peer_id = {},
                                .dial = command.dial,
                                .origin_path = command.path,
                                .peer = command.peer,
                                .local = command.local,
                                .created = context.now};
  tunnels_.Add(Tunnel(identity, command.policy, context), context);
}

void Endpoint::Implementation::Execute(const OpenCall& command, const Context& context) {
  if (tunnels_.Find(command.tunnel) == nullptr) {
    const ResultCode result{cdn_result::kGeneralError, error_code::kNoControlConnection,
                            "there is no such tunnel"};
    context.out.push_back(DialFailed{command.dial, result});
    return;
  }
  With(command.tunnel, context, [&](Tunnel& tunnel) { tunnel.Execute(command, context); });
}

void Endpoint::Implementation::Execute(const ReportErrors& command, const Context& context) {
  With(command.tunnel, context, [&](Tunnel& tunnel) { tunnel.Execute(command, context); });
}

void Endpoint::Implementation::Execute(const SetLinkInfo& command, const Context& context) {
  With(command.tunnel, context, [&](Tunnel& tunnel) { tunnel.Execute(command, context); });
}

void Endpoint::Implementation::Execute(const CloseTunnel& command, const Context& context) {
  Ending ending{EndReason::kLocalClose, command.result};
  if (ending.result.result == 0) ending.result.result = stop_ccn_result::kClear;
  With(command.tunnel, context, [&](Tunnel& tunnel) { tunnel.Close(ending, context); });
}

void Endpoint::Implementation::Execute(const CloseSession& command, const Context& context) {
  Ending ending{EndReason::kLocalClose, command.result};
  if (ending.result.result == 0) ending.result.result = cdn_result::kAdministrative;
  With(command.tunnel, context,
       [&](Tunnel& tunnel) { tunnel.CloseSession(command.session, ending, context); });
}

void Endpoint::Implementation::Execute(const PathDown& command, const Context& context) {
  acceptor_.PathDown(command.path);
  for (const TunnelId id : tunnels_.SendingOn(command.path)) {
    tunnels_.Abandon(id, EndReason::kPathDown, context);
    tunnels_.Settle(id, context);
  }
}

void Endpoint::Implementation::Execute(const MoveTunnel& command, const Context& context) {
  tunnels_.Move(command, context);
}

void Endpoint::Implementation::Execute(const ProofOfLife& command, const Context& context) {
  if (Tunnel* tunnel = tunnels_.Find(command.tunnel)) tunnel->OnProofOfLife(context.now);
}

void Endpoint::Implementation::Execute(const Shutdown&, const Context& context) {
  shutting_down_ = true;
  acceptor_.ShutDown();
  const ResultCode result{stop_ccn_result::kShuttingDown, std::nullopt, "shutting down"};
  tunnels_.ShutDown({EndReason::kLocalClose, result}, context);
}

void Endpoint::Implementation::HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out) {
  Random random(entropy);
  const Context context = MakeContext(random, now, out);
  tunnels_.HandleTimeout(context);
  acceptor_.HandleTimeout(context);
}

// ---- The public face --------------------------------------------------------------------------

Endpoint::Endpoint(EndpointConfig config)
    : implementation_(std::make_unique<Implementation>(std::move(config))) {}
Endpoint::~Endpoint() = default;

void Endpoint::Receive(const Datagram& datagram, TimePoint now, const Entropy& entropy,
                       Actions& out) {
  implementation_->Receive(datagram, now, entropy, out);
}
void Endpoint::Handle(const Command& command, TimePoint now, const Entropy& entropy, Actions& out) {
  implementation_->Handle(command, now, entropy, out);
}
void Endpoint::HandleTimeout(TimePoint now, const Entropy& entropy, Actions& out) {
  implementation_->HandleTimeout(now, entropy, out);
}
void Endpoint::Configure(EndpointConfig config) { implementation_->Configure(std::move(config)); }
std::optional<TimePoint> Endpoint::NextDeadline() const { return implementation_->NextDeadline(); }
size_t Endpoint::tunnel_count() const { return implementation_->tunnel_count(); }
const EndpointStatistics& Endpoint::statistics() const { return implementation_->statistics(); }

}  // namespace sallyport::l2tp
