// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace sallyport::daemon {

/// How often each reason occurred since the start. The reason is a snake_case word.
using CountByReason = std::map<std::string, uint64_t, std::less<>>;

}  // namespace sallyport::daemon
