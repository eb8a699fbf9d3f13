// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <set>

#include "daemon/data_plane.h"
#include "daemon/event_loop.h"
#include "daemon/ike.h"
#include "daemon/sa_table.h"

namespace sallyport::daemon {

/// Finds SAs that were made for tunnels and that no IKE daemon knows any more: it died, and so did
/// we, who would have noticed. Their clients send into the void until the SAs' lifetimes end
/// after hours, and a new client may be given the reqid of one.
class StraySas {
 public:
  using FoundCallback = std::function<void(const std::set<KernelSa>& sas)>;

  /// A new SA is in the kernel a moment before the IKE daemon tells of it. Local policy.
  static constexpr std::chrono::seconds kSettle{3};

  /// All references outlive it.
  StraySas(EventLoop& loop, DataPlane& data_plane, const SaTable& sas, FoundCallback found,
           std::chrono::seconds settle = kSettle);

  /// The IKE daemon has told of all SAs of ours that it knows: what else the kernel has in
  /// transport mode and for no policy, now and after a while, is astray.
  void Look();
  /// A new pair of SAs: what else has its reqid is astray, since a rekey would be no new pair.
  void SaUp(const SecurityAssociation& sa);

 private:
  using CandidatesCallback = UniqueFunction<void(std::map<KernelSa, ReqId> candidates)>;
  void FindCandidates(CandidatesCallback done);
  void LookAgain();

  EventLoop& loop_;
  DataPlane& data_plane_;
  const SaTable& sas_;
  FoundCallback found_;
  std::chrono::seconds settle_;
  std::map<KernelSa, ReqId> suspects_;
  Timer timer_;
};

}  // namespace sallyport::daemon
