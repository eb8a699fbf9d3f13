// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <functional>
#include <set>

#include "daemon/data_plane.h"
#include "daemon/event_loop.h"
#include "daemon/ike.h"
#include "daemon/sa_table.h"

namespace sallyport::daemon {

/// Finds SAs that the IKE daemon still counts on and the kernel has no more: an administrator
/// flushed them, or their hard lifetime ended. Their clients would send into the void until a
/// keepalive fails. The IKE daemon itself is asked: while it is not connected, or slow to tell of a
/// rekey, what we know of its SAs is old.
class LostSas {
 public:
  using LostCallback = std::function<void(SaId id)>;

  /// The IKE daemon tells of what it deletes and rekeys itself within this time; local policy.
  static constexpr std::chrono::seconds kSettle{3};

  /// All references outlive it. `ike` may be null; nothing is found then.
  LostSas(EventLoop& loop, DataPlane& data_plane, Ike* ike, const SaTable& sas, LostCallback lost,
          std::chrono::seconds settle = kSettle);

  /// The kernel has deleted these.
  void Deleted(const std::set<KernelSa>& sas);
  /// The kernel may have deleted any; also to be told when the IKE daemon answers again.
  void Uncertain();

 private:
  void Check();
  void AskIke(std::set<KernelSa> gone);
  void Tell(const std::set<KernelSa>& gone, const KnownSas& known);

  EventLoop& loop_;
  DataPlane& data_plane_;
  Ike* ike_;
  const SaTable& sas_;
  LostCallback lost_;
  std::chrono::seconds settle_;
  std::set<KernelSa> deleted_;
  bool uncertain_ = false;
  bool armed_ = false;
  Timer timer_;
};

}  // namespace sallyport::daemon
