// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/chap_md5.h"

#include <algorithm>

namespace sallyport::ppp {

std::optional<Credential> ChapMd5::ReadValue(const Asked& asked,
                                             std::span<const uint8_t> value) const {
  ChapMd5Credential credential{
      .identifier = asked.identifier,
      .challenge = std::vector<uint8_t>(asked.challenge.begin(), asked.challenge.end())};
  if (value.size() != credential.response.size()) return {};
  std::ranges::copy(value, credential.response.begin());
  return credential;
}

std::optional<std::string> ChapMd5::SuccessMessage(const AuthAccepted& /*verdict*/) const {
  return "";  // RFC 1994 §4.2: the message has no effect
}

bool ChapMd5::AllowsRetry(const AuthRejected& /*verdict*/) const {
  return false;  // RFC 1994 §4.2: after Failure the link should be terminated
}

std::string ChapMd5::FailureMessage(const AuthRejected& verdict, bool /*retry*/,
                                    const Challenge& /*next*/) const {
  return verdict.message.substr(0, kMaxTextLength);
}

}  // namespace sallyport::ppp
