// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/auth_client.h"

#include "ppp/chap_client.h"
#include "ppp/eap_client.h"
#include "ppp/pap_client.h"

namespace sallyport::ppp {

std::unique_ptr<AuthClient> MakeAuthClient(AuthMethod method, const LinkConfig& config,
                                           DropCounters& drops) {
  switch (method) {
    case AuthMethod::kPap:
      return std::make_unique<PapClient>(config, drops);
    case AuthMethod::kChapMd5:
      return std::make_unique<ChapClient>(ChapMd5(), config, drops);
    case AuthMethod::kMsChapV2:
      return std::make_unique<ChapClient>(MsChapV2(), config, drops);
    case AuthMethod::kEap:
      return std::make_unique<EapClient>(config, drops);
  }
  return nullptr;
}

}  // namespace sallyport::ppp
