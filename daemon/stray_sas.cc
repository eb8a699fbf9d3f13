// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/stray_sas.h"

#include <utility>

namespace sallyport::daemon {

StraySas::StraySas(EventLoop& loop, DataPlane& data_plane, Ike* ike, InUseCallback in_use,
                   FoundCallback found, std::chrono::seconds settle)
    : loop_(loop),
      data_plane_(data_plane),
      ike_(ike),
      in_use_(std::move(in_use)),
      found_(std::move(found)),
      settle_(settle),
      timer_(loop.AddTimer([this] { suspects_.empty() ? Look() : LookAgain(); })) {}

void StraySas::Stop() {
  ++look_;
  suspects_.clear();
  timer_.Set(std::nullopt);
}

void StraySas::Look() {
  Stop();
  if (ike_ == nullptr) return;
  Find([this](Sas sas) {
    suspects_ = std::move(sas);
    if (!suspects_.empty()) timer_.Set(loop_.Now() + settle_);
  });
}

void StraySas::Find(SasCallback done) {
  data_plane_.FindUnclaimedSas(
      [this, look = look_, done = std::move(done)](std::optional<Sas> sas) mutable {
        if (look != look_) return;
        if (sas) return done(*std::move(sas));
        suspects_.clear();
        timer_.Set(loop_.Now() + kRetry);
      });
}

void StraySas::LookAgain() {
  Find([this](const Sas& sas) {
    std::erase_if(suspects_, [&](const auto& suspect) { return !sas.contains(suspect.first); });
    if (suspects_.empty()) return;
    // Last: whatever it does not know now, it has forgotten since, or never knew.
    ike_->ListSas([this, look = look_](const KnownSas& known) {
      if (look == look_) Judge(known);
    });
  });
}

void StraySas::Judge(const KnownSas& known) {
  Sas stray = std::exchange(suspects_, {});
  std::erase_if(stray, [&](const auto& suspect) {
    const auto& [sa, reqid] = suspect;
    return known.spis.contains(sa.spi) || known.reqids.contains(reqid) || in_use_(sa, reqid);
  });
  if (!stray.empty()) found_(stray);
}

}  // namespace sallyport::daemon
