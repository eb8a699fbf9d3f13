// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// What the table of keys says of "ppp.mtu", of every key of the section "ppp" or, for an empty
/// name, of all: for people, or as JSON. Empty when there is no such key or section.
std::string ExplainKeys(std::string_view name, bool json);

}  // namespace sallyport::daemon
