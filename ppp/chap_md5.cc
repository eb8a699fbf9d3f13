// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.h"
#include "crypto/chap.h"
#include "ppp/chap_algorithm.h"
#include "ppp/packet.h"

namespace sallyport::ppp {
namespace {

class Md5Algorithm final : public ChapAlgorithm {
 public:
  AuthMethod method() const override { return AuthMethod::kChapMd5; }

  std::optional<Credential> ReadResponse(const ChapChallenge& asked,
                                         std::span<const uint8_t> value) const override {
    ChapMd5Credential credential{
        .identifier = asked.identifier,
        .challenge = std::vector<uint8_t>(asked.value.begin(), asked.value.end())};
    // RFC 1994 §4.1: the Challenge Value has at least one octet.
    if (asked.value.empty() || value.size() != credential.response.size()) return {};
    std::ranges::copy(value, credential.response.begin());
    return credential;
  }

  std::optional<std::string> SuccessMessage(const AuthAccepted& /*verdict*/) const override {
    return "";  // RFC 1994 §4.2: the message has no effect
  }

  bool AllowsRetry(const AuthRejected& /*verdict*/) const override {
    return false;  // RFC 1994 §4.2: after Failure the link should be terminated
  }

  std::string FailureMessage(const AuthRejected& verdict, bool /*retry*/,
                             std::span<const uint8_t> /*next*/) const override {
    return verdict.message.substr(0, kMaxTextLength);
  }

  std::optional<ChapResponse> Respond(const ChapChallenge& challenge, const ClientRole& client,
                                      const Entropy& /*entropy*/) const override {
    if (challenge.value.empty()) return {};
    const auto value =
        crypto::ChapMd5Response(challenge.identifier, client.password.bytes(), challenge.value);
    return ChapResponse{.value = {value.begin(), value.end()}, .proof = {}};
  }

  bool IsProven(const ChapResponse& /*response*/,
                std::span<const uint8_t> /*message*/) const override {
    return true;  // the authenticator has nothing to prove
  }

  std::string FailureText(std::span<const uint8_t> message) const override {
    return PrintableText(message);
  }
};

}  // namespace

const ChapAlgorithm& ChapMd5() {
  static const Md5Algorithm algorithm;
  return algorithm;
}

}  // namespace sallyport::ppp
