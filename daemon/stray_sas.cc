// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/stray_sas.h"

#include <utility>

namespace sallyport::daemon {

StraySas::StraySas(EventLoop& loop, DataPlane& data_plane, const SaTable& sas, FoundCallback found,
                   std::chrono::seconds settle)
    : loop_(loop),
      data_plane_(data_plane),
      sas_(sas),
      found_(std::move(found)),
      settle_(settle),
      timer_(loop.AddTimer([this] { LookAgain(); })) {}

void StraySas::Look() {
  FindCandidates([this](std::map<KernelSa, ReqId> candidates) {
    suspects_ = std::move(candidates);
    if (!suspects_.empty()) timer_.Set(loop_.Now() + settle_);
  });
}

void StraySas::SaUp(const SecurityAssociation& sa) {
  std::set<KernelSa> stray;
  for (const auto& [suspect, reqid] : suspects_) {
    const bool of_the_pair = suspect.spi == sa.spi_in || suspect.spi == sa.spi_out;
    if (reqid == sa.reqid && !of_the_pair) stray.insert(suspect);
  }
  for (const KernelSa& suspect : stray) suspects_.erase(suspect);
  if (!stray.empty()) found_(stray);
}

void StraySas::FindCandidates(CandidatesCallback done) {
  data_plane_.FindUnclaimedSas(
      [this, done = std::move(done)](std::map<KernelSa, ReqId> candidates) mutable {
        // What the IKE daemon knows, SAs that are being rekeyed included.
        std::erase_if(candidates, [this](const auto& candidate) {
          return sas_.FindByReqid(candidate.second) != nullptr;
        });
        done(std::move(candidates));
      });
}

void StraySas::LookAgain() {
  FindCandidates([this](const std::map<KernelSa, ReqId>& candidates) {
    std::set<KernelSa> stray;
    for (const auto& [suspect, reqid] : std::exchange(suspects_, {})) {
      if (candidates.contains(suspect)) stray.insert(suspect);
    }
    if (!stray.empty()) found_(stray);
  });
}

}  // namespace sallyport::daemon
