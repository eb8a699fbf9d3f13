// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "daemon/dialer.h"
#include "daemon/event.h"
#include "daemon/event_loop.h"
#include "daemon/ike.h"
#include "daemon/random_source.h"
#include "daemon/resolver.h"
#include "daemon/session_manager.h"
#include "l2tp/events.h"

namespace sallyport::daemon {

/// One [[dial]], with all that its carrying out needs.
struct DialOptions {
  DialSettings settings;
  l2tp::TunnelPolicy policy;
  Secret psk;  // of the server; empty: the one of all peers
  std::string called_number;
  l2tp::CallDirection direction = l2tp::CallDirection::kIncoming;
  std::vector<DialProfile> profiles;  // one for each session
};

/// Carries out what the Dialer decides: asks resolver, IKE daemon and L2TP engine, and keeps the
/// time.
class Dialling {
 public:
  using GiveCallback = std::function<void(const l2tp::Command& command)>;

  /// All references outlive it. `ike` is null without IPsec, `resolver` where every server is an
  /// address, `events` where nobody follows them. `port` is that of the servers; `give` tells the
  /// L2TP engine.
  Dialling(EventLoop& loop, RandomSource& random, Resolver* resolver, Ike* ike, uint16_t port,
           std::vector<DialOptions> dials, EventSink* events, GiveCallback give);

  void Start();
  /// What the sessions of the same dials are to negotiate from now on.
  void Configure(const std::vector<DialOptions>& dials);
  void Stop() { dialer_.Stop(loop_.Now()); }
  void Handle(const DialEvent& event);

  /// An SA that a dial asked for is there; false if it is of no use any more.
  bool Secured(const SecurityAssociation& sa, l2tp::PathId path);
  void NotSecured(const std::string& dial, const std::string& reason);

  /// Null for an id that is not known any more.
  const DialProfile* ProfileOf(l2tp::DialId id) const;
  /// The name of the dial; empty for an id that is not known any more.
  std::string NameOf(l2tp::DialId id) const;
  const Dialer& dialer() const { return dialer_; }

 private:
  void Run(DialActions actions);
  void Carry(const DialAction& action);
  void Resolve(size_t dial);
  void Tell(const DialTroubled& troubled);
  void Tell(const DialEstablished& established);
  void Rearm() { timer_.Set(dialer_.NextDeadline()); }

  EventLoop& loop_;
  RandomSource& random_;
  Resolver* resolver_;
  Ike* ike_;
  uint16_t port_;
  std::vector<DialOptions> dials_;  // in the order of Dialer::dials()
  EventSink* events_;
  GiveCallback give_;
  Dialer dialer_;
  std::deque<DialAction> actions_;  // still to be carried out
  bool running_actions_ = false;
  Timer timer_;
};

}  // namespace sallyport::daemon
