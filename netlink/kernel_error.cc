// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/kernel_error.h"

#include <system_error>

namespace sallyport::netlink {

Unexpected<KernelError> Failure(int code, std::string_view operation, std::string_view detail) {
  std::string text(operation);
  text += ": ";
  text += std::generic_category().message(code);
  if (!detail.empty()) {
    text += " (";
    text += detail;
    text += ")";
  }
  return Unexpected{KernelError{.code = code, .text = std::move(text)}};
}

}  // namespace sallyport::netlink
