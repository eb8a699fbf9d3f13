// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "daemon/config.h"
#include "daemon/config_check.h"

namespace sallyport::daemon {

/// Reads the keys and certificates that [ipsec], [[ipsec.key]] and [[ipsec.connection]] name, and
/// checks what they say together.
void LoadIpsec(IpsecConfig& ipsec, ConfigCheck& check);

}  // namespace sallyport::daemon
