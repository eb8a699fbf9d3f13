// SPDX-License-Identifier: GPL-2.0-or-later
// A small client that dials, keeps some calls for a while and hangs up. It has its own sequence
// numbers, timers and codec, so that it shares no mistake with the engine.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "tests/unit/l2tp/wire_builder.h"

namespace sallyport::l2tp::testing {

struct LacScript {
  uint16_t tunnel = 1;    // the id it assigns
  uint16_t sessions = 1;  // calls, with ids from 1 on
  unsigned hellos = 0;    // sent while the calls are up
  size_t window = 1;      // messages it leaves unacknowledged
  bool cdn_before_stop = true;
};

class ScriptedLac {
 public:
  enum class Phase { kDialling, kCalling, kUp, kHangingUp, kDone, kFailed };

  explicit ScriptedLac(const LacScript& script) : script_(script) {}

  void Start(TimePoint now);
  void Receive(const Bytes& datagram, TimePoint now);
  void HandleTimeout(TimePoint now);
  std::optional<TimePoint> NextDeadline() const;
  std::vector<Bytes> TakeSent() { return std::exchange(sent_, {}); }

  Phase phase() const { return phase_; }
  uint16_t peer_tunnel() const { return peer_tunnel_; }

 private:
  struct Pending {
    uint16_t ns;
    uint16_t session;
    Bytes avps;
  };

  void Send(uint16_t session, const AvpList& avps);
  void Pump(TimePoint now);
  void Transmit(const Pending& message);
  void Act(const Decoded& message);
  void OnReply(const Decoded& message);
  void HangUp();
  bool ended() const { return phase_ == Phase::kDone || phase_ == Phase::kFailed; }

  LacScript script_;
  Phase phase_ = Phase::kDialling;
  uint16_t peer_tunnel_ = 0;
  std::map<uint16_t, uint16_t> peer_sessions_;  // by our id

  std::deque<Pending> queue_;
  size_t in_flight_ = 0;
  uint16_t next_ns_ = 0;
  uint16_t expected_ = 0;
  unsigned attempts_ = 0;
  std::optional<TimePoint> retransmit_at_;
  TimePoint patience_ends_;
  std::vector<Bytes> sent_;
};

}  // namespace sallyport::l2tp::testing
