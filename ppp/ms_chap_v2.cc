// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <charconv>

#include "base/secret.h"
#include "base/text.h"
#include "base/wire_reader.h"
#include "base/wire_writer.h"
#include "crypto/mschapv2.h"
#include "ppp/chap_algorithm.h"
#include "ppp/entropy_use.h"
#include "ppp/packet.h"

namespace sallyport::ppp {
namespace {

// RFC 2759 §3 and §4: the Value of a Challenge; the Value of a Response is Peer-Challenge,
// Reserved, NT-Response and Flags.
constexpr size_t kChallengeLength = 16;
constexpr size_t kReservedLength = 8;
constexpr size_t kFlagsLength = 1;

// RFC 2759 §5: "S=" and 40 hexadecimal digits.
constexpr std::string_view kProofTag = "S=";
constexpr size_t kProofDigits = 40;

// RFC 2759 §6. ERROR_AUTHENTICATION_FAILURE is the one that another password can cure.
constexpr unsigned kErrorAuthenticationFailure = 691;
struct ErrorName {
  unsigned code;
  std::string_view text;
};
constexpr ErrorName kErrorNames[] = {{646, "not at this hour"},
                                     {647, "account disabled"},
                                     {648, "password expired"},
                                     {649, "no permission to dial in"},
                                     {kErrorAuthenticationFailure, "wrong user name or password"},
                                     {709, "the password could not be changed"}};

/// RFC 2759 §5: "the hexadecimal digits A-F (if present) MUST be uppercase".
std::string UpperHex(std::span<const uint8_t> bytes) {
  std::string text = ToHex(bytes);
  for (char& digit : text) {
    if (digit >= 'a' && digit <= 'f') digit = static_cast<char>(digit - 'a' + 'A');
  }
  return text;
}

std::string_view AsText(std::span<const uint8_t> message) {
  return {reinterpret_cast<const char*>(message.data()), message.size()};
}

class MsChapV2Algorithm final : public ChapAlgorithm {
 public:
  AuthMethod method() const override { return AuthMethod::kMsChapV2; }

  std::optional<Credential> ReadResponse(const ChapChallenge& asked,
                                         std::span<const uint8_t> value) const override {
    MsChapV2Credential credential{.identifier = asked.identifier};
    WireReader in(value);
    const auto peer_challenge = in.Take(credential.peer_challenge.size());
    (void)in.Take(kReservedLength);  // must be zero, but nothing depends on it
    const auto nt_response = in.Take(credential.nt_response.size());
    (void)in.Take(kFlagsLength);  // likewise
    if (!in.ok() || !in.empty() || asked.value.size() != kChallengeLength) return {};
    std::ranges::copy(asked.value, credential.authenticator_challenge.begin());
    std::ranges::copy(peer_challenge, credential.peer_challenge.begin());
    std::ranges::copy(nt_response, credential.nt_response.begin());
    return credential;
  }

  std::optional<std::string> SuccessMessage(const AuthAccepted& verdict) const override {
    if (!verdict.authenticator_response) return {};
    // Old pppd takes the packet only with the space and the "M=" (RFC 2759 §5).
    return std::string(kProofTag) + UpperHex(*verdict.authenticator_response) + " M=Welcome";
  }

  bool AllowsRetry(const AuthRejected& verdict) const override {
    return verdict.may_retry && verdict.mschap_error == kErrorAuthenticationFailure;
  }

  std::string FailureMessage(const AuthRejected& verdict, bool retry,
                             std::span<const uint8_t> next) const override {
    return "E=" + std::to_string(verdict.mschap_error) + " R=" + (retry ? "1" : "0") +
           " C=" + UpperHex(next) + " V=3 M=" + verdict.message.substr(0, kMaxTextLength);
  }

  std::optional<ChapResponse> Respond(const ChapChallenge& challenge, const ClientRole& client,
                                      const Entropy& entropy) const override {
    if (challenge.value.size() != kChallengeLength) return {};
    const auto asked = challenge.value.first<kChallengeLength>();
    const auto peer_challenge = ChallengeFrom(entropy);
    const auto user = crypto::UserWithoutDomain(client.user);
    const auto hash = crypto::NtPasswordHash(client.password.text());
    const auto nt_response = crypto::GenerateNtResponse(asked, peer_challenge, user, hash);
    WireWriter value;
    value.Bytes(peer_challenge);
    value.Bytes(std::array<uint8_t, kReservedLength>{});
    value.Bytes(nt_response);
    value.Bytes(std::array<uint8_t, kFlagsLength>{});
    return ChapResponse{.value = std::move(value).Finish(),
                        .proof = crypto::GenerateAuthenticatorResponse(
                            hash, nt_response, peer_challenge, asked, user)};
  }

  bool IsProven(const ChapResponse& response, std::span<const uint8_t> message) const override {
    const auto text = AsText(message);
    if (!response.proof || !text.starts_with(kProofTag)) return false;
    const auto digits = text.substr(kProofTag.size(), kProofDigits);
    const auto shown = FromHex(digits);
    return shown && ConstantTimeEqual(*shown, *response.proof);
  }

  std::string FailureText(std::span<const uint8_t> message) const override {
    const auto text = AsText(message);
    unsigned code = 0;
    const auto tag = text.find("E=");
    if (tag != std::string_view::npos) {
      std::from_chars(text.data() + tag + 2, text.data() + text.size(), code);
    }
    if (code == 0) return PrintableText(text);  // not of RFC 2759 §6's form
    std::string readable = "E=" + std::to_string(code);
    for (const auto& known : kErrorNames) {
      if (known.code == code) readable.append(" ").append(known.text);
    }
    const auto words = text.find("M=");
    if (words == std::string_view::npos || words + 2 == text.size()) return readable;
    return readable + ": " + PrintableText(text.substr(words + 2));
  }
};

}  // namespace

const ChapAlgorithm& MsChapV2() {
  static const MsChapV2Algorithm algorithm;
  return algorithm;
}

}  // namespace sallyport::ppp
