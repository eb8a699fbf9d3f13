// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "base/ip_address.h"
#include "base/unique_fd.h"
#include "base/unique_function.h"
#include "daemon/event_loop.h"

namespace sallyport::daemon {

/// Whether an IKE daemon speaks IKEv1. Its control socket does not say, but one that was built
/// without answers the first message of main mode in the words of IKEv2 (strongSwan, receiver.c:
/// INVALID_MAJOR_VERSION). The message asked with here belongs to an exchange that nobody has
/// begun: an IKE daemon that can IKEv1 drops it.
class Ikev1Probe {
 public:
  /// `loop` outlives it.
  explicit Ikev1Probe(EventLoop& loop)
      : loop_(loop), timer_(loop.AddTimer([this] { Finish(false); })) {}

  /// `done` runs later, unless the object goes: with true when the daemon at `ike` has said that it
  /// does not speak IKEv1. Silence is no evidence.
  void Start(const IpEndpoint& ike, UniqueFunction<void(bool missing)> done);

 private:
  void Read();
  void Finish(bool missing);

  EventLoop& loop_;
  UniqueFd socket_;
  IoSource io_;
  Timer timer_;
  UniqueFunction<void(bool missing)> done_;
};

}  // namespace sallyport::daemon
