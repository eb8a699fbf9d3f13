// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "ppp/chap.h"

namespace sallyport::ppp {

/// CHAP with MD5 (RFC 1994 §3, algorithm 5).
class ChapMd5 final : public Chap {
 public:
  using Chap::Chap;

 private:
  AuthMethod method() const override { return AuthMethod::kChapMd5; }
  std::optional<Credential> ReadValue(const Asked& asked,
                                      std::span<const uint8_t> value) const override;
  std::optional<std::string> SuccessMessage(const AuthAccepted& verdict) const override;
  bool AllowsRetry(const AuthRejected& verdict) const override;
  std::string FailureMessage(const AuthRejected& verdict, bool retry,
                             const Challenge& next) const override;
};

}  // namespace sallyport::ppp
