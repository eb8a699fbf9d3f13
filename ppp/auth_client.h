// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <optional>

#include "base/entropy.h"
#include "base/time.h"
#include "ppp/events.h"
#include "ppp/layer.h"
#include "ppp/packet.h"

namespace sallyport::ppp {

/// The client's side of one authentication protocol, from LCP's Opened on: we prove ourselves to
/// the peer. It stays for as long as LCP is open, since the peer may ask again. It tells the link
/// LayerUp when the peer has accepted us (each time anew) and LayerFailed when it has not.
class AuthClient {
 public:
  virtual ~AuthClient() = default;

  virtual Protocol protocol() const = 0;
  /// Whether packets of this Code are meant for the client, not for the authenticator.
  virtual bool Takes(uint8_t code) const = 0;
  virtual void Start(TimePoint now, const Entropy& entropy, LayerOutputs& out) = 0;
  virtual void Receive(const Packet& packet, TimePoint now, const Entropy& entropy,
                       LayerOutputs& out) = 0;
  virtual void HandleTimeout(TimePoint now, LayerOutputs& out) = 0;
  virtual std::optional<TimePoint> NextDeadline() const = 0;
  /// The peer negotiates a network protocol, which it does after a login only. Most protocols have
  /// the login repeated until it is answered, and need no such hint.
  virtual void PeerInNetworkPhase(LayerOutputs& /*out*/) {}
};

/// `config` and `drops` are borrowed and outlive the object. Precondition: `config.client`.
std::unique_ptr<AuthClient> MakeAuthClient(AuthMethod method, const LinkConfig& config,
                                           DropCounters& drops);

}  // namespace sallyport::ppp
