// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/entropy.h"
#include "base/time.h"
#include "ppp/drop_reason.h"
#include "ppp/layer.h"
#include "ppp/network_protocol.h"

namespace sallyport::ppp {

/// What the network layer tells the link, in the order in which it happened: actions, among them
/// NetworkUp and its like, and LayerFailed when nothing is left that the link could be for.
using NetworkOutput = std::variant<Action, LayerFailed>;
using NetworkOutputs = std::vector<NetworkOutput>;

/// The network control protocols of one link (RFC 1661 §3.5), each open or not for itself. One that
/// fails takes the link with it only if it is required, or if no other is left.
class NetworkLayer {
 public:
  /// `config` and `drops` are borrowed and outlive the object.
  NetworkLayer(const LinkConfig& config, DropCounters& drops);

  /// For the first time or after Stop().
  void Start(const NetworkPhase& phase, TimePoint now, const Entropy& entropy, NetworkOutputs& out);
  /// LCP has left Opened (RFC 1661 §4.3 Down). May be called at any time.
  void Stop(TimePoint now, NetworkOutputs& out);

  /// One of the network control protocols that are, or may come, open. Others get Protocol-Reject.
  bool Takes(Protocol protocol) const;
  /// Precondition: Takes(frame.protocol).
  void Receive(const Frame& frame, TimePoint now, const Entropy& entropy, NetworkOutputs& out);
  /// The peer does not know `protocol` (RFC 1661 §5.7); nothing if it is none of ours.
  void Rejected(Protocol protocol, TimePoint now, NetworkOutputs& out);
  void HandleTimeout(TimePoint now, NetworkOutputs& out);
  std::optional<TimePoint> NextDeadline() const;

  /// At least one protocol is up, and every one that is required.
  bool satisfied() const;

 private:
  struct Member {
    std::unique_ptr<NetworkProtocol> protocol;
    bool started = false;  // and not given up: it is up or may come up
    bool up = false;
  };

  Member* Find(Protocol protocol);
  void Take(Member& member, LayerOutputs outputs, TimePoint now, NetworkOutputs& out);
  void TakeUp(Member& member, TimePoint now, NetworkOutputs& out);
  static void TakeDown(Member& member, NetworkOutputs& out);
  void TakeFinished(Member& member, LayerFinished::Cause cause, NetworkOutputs& out);
  void GiveUp(Member& member, LayerFailed failure, TimePoint now, NetworkOutputs& out);
  void Fail(LayerFailed failure, NetworkOutputs& out);
  static void LowerDown(Member& member, TimePoint now, LayerOutputs& out);
  static bool Lives(const Member& member);
  bool CanDoWithout(const Member& member) const;

  DropCounters& drops_;
  std::array<Member, 2> members_;
  uint16_t mtu_ = 0;
};

}  // namespace sallyport::ppp
