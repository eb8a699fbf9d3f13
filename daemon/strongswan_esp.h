// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string_view>

#include "daemon/esp_sizes.h"

namespace sallyport::daemon {

/// `proposal` in charon's words, "AES_CBC_256/HMAC_SHA2_256_128", "AES_GCM_16_128". Of what is not
/// known the largest sizes that any transform has.
EspSizes EspSizesOf(std::string_view proposal);

}  // namespace sallyport::daemon
