// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "daemon/histogram.h"

namespace sallyport::daemon {

/// The parts of a session's set-up, in their order.
enum class SetupPhase : uint8_t {
  kL2tp,      // ICRQ to ICCN
  kLcp,       // to the end of LCP
  kAuth,      // to the answer to the login, its delay included
  kNcp,       // to the address
  kDataPath,  // to the first packet that can flow
};
inline constexpr std::array kSetupPhases{SetupPhase::kL2tp, SetupPhase::kLcp, SetupPhase::kAuth,
                                         SetupPhase::kNcp, SetupPhase::kDataPath};

constexpr std::string_view ToString(SetupPhase phase) {
  constexpr std::array<std::string_view, kSetupPhases.size()> kWords{"l2tp", "lcp", "auth", "ncp",
                                                                     "dataplane"};
  return kWords[static_cast<size_t>(phase)];
}

/// Of all sessions since the start.
struct SetupTimes {
  std::array<Histogram, kSetupPhases.size()> phases;  // in the order of kSetupPhases
  Histogram whole;                                    // ICRQ until packets flow

  Histogram& Of(SetupPhase phase) { return phases[static_cast<size_t>(phase)]; }
  const Histogram& Of(SetupPhase phase) const { return phases[static_cast<size_t>(phase)]; }
};

}  // namespace sallyport::daemon
