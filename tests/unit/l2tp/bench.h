// SPDX-License-Identifier: GPL-2.0-or-later
// An Endpoint on a bench: virtual time, a client driven message by message, actions recorded.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/entropy.h"
#include "l2tp/endpoint.h"
#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr PathId kOriginPath{1};
inline constexpr PathId kOwnPath{2};
inline const IpEndpoint kPeer{IpAddress::V4(0xCB007109), 1701};  // 203.0.113.9
inline const IpAddress kLocal = IpAddress::V4(0xC6336401);       // 198.51.100.1
inline constexpr uint16_t kPeerTunnel = 77;
inline constexpr uint16_t kPeerSession = 501;
inline constexpr DialId kDial{900};

EndpointConfig BenchConfig();

class Bench {
 public:
  explicit Bench(EndpointConfig config = BenchConfig()) : endpoint(std::move(config)) {}

  void ReceiveFrom(PathId path, const IpEndpoint& peer, const Bytes& bytes);
  /// From the client under test, on the tunnel's own path.
  void Receive(const Bytes& bytes) { ReceiveFrom(kOwnPath, kPeer, bytes); }
  void Give(const Command& command) { endpoint.Handle(command, now, NextEntropy(), actions); }
  /// Moves time on, stopping at each deadline of the engine.
  void Advance(milliseconds by);

  /// The recorded actions of one type, which are then forgotten; the others stay.
  template <typename T>
  std::vector<T> Take() {
    std::vector<T> taken;
    std::vector<Action> rest;
    for (auto& action : actions) {
      if (auto* wanted = std::get_if<T>(&action)) {
        taken.push_back(std::move(*wanted));
      } else {
        rest.push_back(std::move(action));
      }
    }
    actions = std::move(rest);
    return taken;
  }
  /// The messages sent since the last call, taken apart.
  std::vector<Decoded> Sent();
  /// The one message sent since the last call; fails the test if there is not exactly one.
  Decoded SentOne();
  /// The one action of a type; fails the test likewise.
  template <typename T>
  T TakeOne();

  /// SCCRQ to SCCCN and its ZLB; gives our tunnel id. The next Ns of the client is 2, its Nr 1.
  uint16_t OpenTunnel(uint16_t peer_tunnel = kPeerTunnel, PathId own = kOwnPath,
                      const IpEndpoint& peer = kPeer, PathId origin = kOriginPath);
  /// OpenTunnel to SCCCN, the peer's tunnel being kPeerTunnel; gives our tunnel id. The next Ns of
  /// the peer is 1, its Nr 2.
  uint16_t Dial(const TunnelPolicy& policy = {});
  /// ICRQ to ICCN; gives our session id. Takes two Ns of the client and one of ours.
  uint16_t OpenSession(uint16_t tunnel, uint16_t peer_session, uint16_t ns, uint16_t nr);

  /// The same for a call that we ask the peer for, as LAC.
  uint16_t PlaceCall(uint16_t tunnel, uint16_t peer_session, uint16_t ns, uint16_t nr);

  uint64_t Drops(DropReason reason) const { return endpoint.statistics().drops.Get(reason); }

  Endpoint endpoint;
  TimePoint now{std::chrono::hours(1)};
  Actions actions;
  bool authenticated = false;            // what is received comes through an SA
  std::optional<Entropy> fixed_entropy;  // for each call, instead of a sequence

 private:
  Entropy NextEntropy();

  uint32_t random_ = 1;
};

void ExpectOne(size_t count);

template <typename T>
T Bench::TakeOne() {
  auto taken = Take<T>();
  ExpectOne(taken.size());
  return taken.empty() ? T() : std::move(taken.front());
}

}  // namespace sallyport::l2tp::testing
