// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>

#include "daemon/data_plane.h"
#include "daemon/event_loop.h"
#include "daemon/ike.h"

namespace sallyport::daemon {

/// Finds SAs that were left behind in the kernel: those of an IKE daemon that died, and that we,
/// who would have noticed, do not remember because we died as well, or never knew because a rekey
/// had replaced them. Their clients send into the void until the SAs' lifetimes end after hours,
/// and a new client may be given the reqid of one.
class StraySas {
 public:
  using Sas = std::map<KernelSa, ReqId>;
  using FoundCallback = std::function<void(const Sas& sas)>;
  /// Whether the SA carries a client, though the IKE daemon did not list it.
  using InUseCallback = std::function<bool(const KernelSa& sa, ReqId reqid)>;

  /// What is being set up or taken down is another after this time. Local policy.
  static constexpr std::chrono::seconds kSettle{3};
  /// After a look that failed. Local policy.
  static constexpr std::chrono::seconds kRetry{10};

  /// All references outlive it. `ike` may be null; nothing is looked for then.
  StraySas(EventLoop& loop, DataPlane& data_plane, Ike* ike, InUseCallback in_use,
           FoundCallback found, std::chrono::seconds settle = kSettle);

  /// Looks now and after a while, and asks the IKE daemon of those that it has seen twice. Begins
  /// anew when it is looking already.
  void Look();
  /// The IKE daemon does not answer.
  void Stop();

 private:
  using SasCallback = UniqueFunction<void(Sas sas)>;
  void Find(SasCallback done);
  void LookAgain();
  void Judge(const KnownSas& known);

  EventLoop& loop_;
  DataPlane& data_plane_;
  Ike* ike_;
  InUseCallback in_use_;
  FoundCallback found_;
  std::chrono::seconds settle_;
  uint64_t look_ = 0;  // answers to the questions of an earlier one are not heard
  Sas suspects_;       // seen once
  Timer timer_;
};

}  // namespace sallyport::daemon
