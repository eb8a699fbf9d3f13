// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/lost_sas.h"

#include <utility>
#include <vector>

namespace sallyport::daemon {
namespace {

/// The one of a pair that tells. A rekey deletes the outbound one at once, perhaps before we hear
/// of the new; without it nothing can be sent, which keepalives notice.
KernelSa InboundOf(const SecurityAssociation& sa) {
  return {.destination = sa.local, .spi = sa.spi_in};
}

}  // namespace

LostSas::LostSas(EventLoop& loop, DataPlane& data_plane, Ike* ike, const SaTable& sas,
                 LostCallback lost, std::chrono::seconds settle)
    : loop_(loop),
      data_plane_(data_plane),
      ike_(ike),
      sas_(sas),
      lost_(std::move(lost)),
      settle_(settle),
      timer_(loop.AddTimer([this] { Check(); })) {}

void LostSas::Deleted(const std::set<KernelSa>& sas) {
  deleted_.insert(sas.begin(), sas.end());
  if (!std::exchange(armed_, true)) timer_.Set(loop_.Now() + settle_);
}

void LostSas::Uncertain() {
  uncertain_ = true;
  if (!std::exchange(armed_, true)) timer_.Set(loop_.Now() + settle_);
}

void LostSas::Check() {
  armed_ = false;
  const auto deleted = std::exchange(deleted_, {});
  const bool uncertain = std::exchange(uncertain_, false);
  std::set<KernelSa> suspects;
  for (const auto& [id, entry] : sas_.entries()) {
    const KernelSa inbound = InboundOf(entry.sa);
    if (uncertain || deleted.contains(inbound)) suspects.insert(inbound);
  }
  if (suspects.empty()) return;
  // An SA whose peer has another address or port is deleted and made anew, with the same SPI
  // (charon: kernel_netlink_ipsec.c, update_sa()).
  data_plane_.FindMissingSas(std::move(suspects),
                             [this](std::set<KernelSa> missing) { AskIke(std::move(missing)); });
}

void LostSas::AskIke(std::set<KernelSa> gone) {
  if (gone.empty() || ike_ == nullptr) return;
  ike_->ListSas([this, gone = std::move(gone)](const KnownSas& known) { Tell(gone, known); });
}

void LostSas::Tell(const std::set<KernelSa>& gone, const KnownSas& known) {
  std::vector<SaId> lost;
  for (const auto& [id, entry] : sas_.entries()) {
    const KernelSa inbound = InboundOf(entry.sa);
    // One that the IKE daemon has replaced meanwhile it tells of by another way.
    if (gone.contains(inbound) && known.spis.contains(inbound.spi)) lost.push_back(id);
  }
  for (const SaId id : lost) lost_(id);
}

}  // namespace sallyport::daemon
