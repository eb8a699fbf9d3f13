// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/authenticator.h"

#include "ppp/chap.h"
#include "ppp/eap_authenticator.h"
#include "ppp/pap.h"

namespace sallyport::ppp {

std::unique_ptr<Authenticator> MakeAuthenticator(AuthMethod method, const LinkConfig& config,
                                                 DropCounters& drops) {
  switch (method) {
    case AuthMethod::kPap:
      return std::make_unique<Pap>(config, drops);
    case AuthMethod::kChapMd5:
      return std::make_unique<Chap>(ChapMd5(), config, drops);
    case AuthMethod::kMsChapV2:
      return std::make_unique<Chap>(MsChapV2(), config, drops);
    case AuthMethod::kEap:
      return std::make_unique<EapAuthenticator>(config, drops);
  }
  return nullptr;
}

}  // namespace sallyport::ppp
