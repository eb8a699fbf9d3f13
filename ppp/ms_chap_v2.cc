// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/ms_chap_v2.h"

#include <algorithm>

#include "base/text.h"
#include "base/wire_reader.h"

namespace sallyport::ppp {
namespace {

// RFC 2759 §4: the Value of a Response is Peer-Challenge, Reserved, NT-Response and Flags.
constexpr size_t kReservedLength = 8;
constexpr size_t kFlagsLength = 1;

// RFC 2759 §6: ERROR_AUTHENTICATION_FAILURE, the one error that another password can cure.
constexpr unsigned kErrorAuthenticationFailure = 691;

/// RFC 2759 §5: "the hexadecimal digits A-F (if present) MUST be uppercase".
std::string UpperHex(std::span<const uint8_t> bytes) {
  std::string text = ToHex(bytes);
  for (char& digit : text) {
    if (digit >= 'a' && digit <= 'f') digit = static_cast<char>(digit - 'a' + 'A');
  }
  return text;
}

}  // namespace

std::optional<Credential> MsChapV2::ReadValue(const Asked& asked,
                                              std::span<const uint8_t> value) const {
  MsChapV2Credential credential{.identifier = asked.identifier,
                                .authenticator_challenge = asked.challenge};
  WireReader in(value);
  const auto peer_challenge = in.Take(credential.peer_challenge.size());
  (void)in.Take(kReservedLength);  // must be zero, but nothing depends on it
  const auto nt_response = in.Take(credential.nt_response.size());
  (void)in.Take(kFlagsLength);  // likewise
  if (!in.ok() || !in.empty()) return {};
  std::ranges::copy(peer_challenge, credential.peer_challenge.begin());
  std::ranges::copy(nt_response, credential.nt_response.begin());
  return credential;
}

std::optional<std::string> MsChapV2::SuccessMessage(const AuthAccepted& verdict) const {
  if (!verdict.authenticator_response) return {};
  // Old pppd takes the packet only with the space and the "M=" (RFC 2759 §5).
  return "S=" + UpperHex(*verdict.authenticator_response) + " M=Welcome";
}

bool MsChapV2::AllowsRetry(const AuthRejected& verdict) const {
  return verdict.may_retry && verdict.mschap_error == kErrorAuthenticationFailure;
}

std::string MsChapV2::FailureMessage(const AuthRejected& verdict, bool retry,
                                     const Challenge& next) const {
  return "E=" + std::to_string(verdict.mschap_error) + " R=" + (retry ? "1" : "0") +
         " C=" + UpperHex(next) + " V=3 M=" + verdict.message.substr(0, kMaxTextLength);
}

}  // namespace sallyport::ppp
