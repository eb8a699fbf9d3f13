// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>

#include "ppp/authenticator.h"
#include "ppp/events.h"

namespace sallyport::ppp {

/// The login in a LAC's Proxy Authen AVPs (RFC 2661 §4.4.5), which come from the network, as a
/// login by `method`, which the LAC and the client had agreed on. Nothing if they are of another
/// protocol or not well-formed.
std::optional<ProxiedLogin> ReadProxiedLogin(AuthMethod method,
                                             const ProxiedAuthentication& authentication);

}  // namespace sallyport::ppp
