// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/proxied_login.h"

#include <utility>

#include "ppp/auth_code.h"
#include "ppp/chap_algorithm.h"
#include "ppp/packet.h"

namespace sallyport::ppp {
namespace {

std::optional<Credential> ReadCredential(AuthMethod method, uint8_t identifier,
                                         const ProxiedAuthentication& authentication) {
  const ChapChallenge asked{.identifier = identifier, .value = authentication.challenge};
  const auto response = authentication.response.bytes();
  const auto type = static_cast<ProxyAuthenType>(authentication.type);
  switch (method) {
    case AuthMethod::kPap:
      if (type != ProxyAuthenType::kPap || response.size() > kMaxPapPasswordLength) return {};
      return PapCredential{authentication.response};
    case AuthMethod::kChapMd5:
      if (type != ProxyAuthenType::kChap) return {};
      return ChapMd5().ReadResponse(asked, response);
    case AuthMethod::kMsChapV2:
      // RFC 2661 has no type of its own for it; to the LAC it is CHAP like any other.
      if (type != ProxyAuthenType::kChap) return {};
      return MsChapV2().ReadResponse(asked, response);
    case AuthMethod::kEap:
      return {};  // no Proxy Authen Type is for it
  }
  return {};
}

}  // namespace

std::optional<ProxiedLogin> ReadProxiedLogin(AuthMethod method,
                                             const ProxiedAuthentication& authentication) {
  // RFC 2661 §4.4.5: "the most significant octet MUST be 0".
  if (authentication.id > UINT8_MAX || authentication.name.size() > kMaxNameLength) return {};
  const auto identifier = static_cast<uint8_t>(authentication.id);
  auto credential = ReadCredential(method, identifier, authentication);
  if (!credential) return {};
  return ProxiedLogin{
      .identifier = identifier,
      .request = {
          .method = method, .user = authentication.name, .credential = std::move(*credential)}};
}

}  // namespace sallyport::ppp
