// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <string_view>

#include "base/expected.h"

namespace sallyport::netlink {

/// A request that the kernel refused.
struct KernelError {
  int code = 0;      // errno
  std::string text;  // for the log: operation, text of the errno, the kernel's own words
};

/// "operation: text of errno (detail)"; the parentheses are left out when `detail` is empty.
Unexpected<KernelError> Failure(int code, std::string_view operation, std::string_view detail = {});

}  // namespace sallyport::netlink
