// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>

namespace sallyport {

/// Monotonic time. Engines never read a clock: the caller passes `now` in.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

}  // namespace sallyport
