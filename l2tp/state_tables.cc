// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/state_tables.h"

#include <array>
#include <cstddef>

namespace sallyport::l2tp {
namespace {

/// One row an event, one column a state. An array shorter than the enums would leave cells that
/// read as the first action: the row constructor takes exactly three, so that it does not compile.
template <typename Step>
struct Row {
  constexpr Row(Step idle, Step waiting, Step established) : cells{idle, waiting, established} {}
  std::array<Step, 3> cells;
};

constexpr TunnelStep kStop{TunnelAction::kSendStopCcnAndCleanUp, TunnelState::kIdle};
constexpr TunnelStep kClean{TunnelAction::kCleanUp, TunnelState::kIdle};
constexpr TunnelStep kReply{TunnelAction::kSendSccrp, TunnelState::kWaitCtlConn};
constexpr TunnelStep kOpen{TunnelAction::kTunnelOpen, TunnelState::kEstablished};

// Two cells the RFC leaves blank are ours: a local close before SCCRP refuses the SCCRQ, and one
// before SCCCN is announced like one after it.
constexpr std::array<Row<TunnelStep>, 7> kTunnelTable{{
    // idle, wait-ctl-conn, established
    {kReply, kStop, kStop},    // SCCRQ, acceptable
    {kStop, kStop, kStop},     // SCCRQ, not acceptable
    {kStop, kStop, kStop},     // SCCRP
    {kClean, kOpen, kStop},    // SCCCN, acceptable
    {kClean, kStop, kStop},    // SCCCN, not acceptable
    {kClean, kClean, kClean},  // StopCCN
    {kStop, kStop, kStop},     // Admin Tunnel Close
}};
static_assert(kTunnelTable.size() == static_cast<size_t>(TunnelEvent::kLocalClose) + 1);

constexpr SessionStep kDisconnect{SessionAction::kSendCdnAndCleanUp, SessionState::kIdle};
constexpr SessionStep kForget{SessionAction::kCleanUp, SessionState::kIdle};
constexpr SessionStep kAnswer{SessionAction::kSendIcrp, SessionState::kWaitConnect};
constexpr SessionStep kConnect{SessionAction::kPrepareForData, SessionState::kEstablished};

// The RFC has no local close in idle; ours refuses the ICRQ.
constexpr std::array<Row<SessionStep>, 7> kSessionTable{{
    // idle, wait-connect, established
    {kAnswer, kDisconnect, kDisconnect},      // ICRQ, acceptable
    {kDisconnect, kDisconnect, kDisconnect},  // ICRQ, not acceptable
    {kDisconnect, kDisconnect, kDisconnect},  // ICRP
    {kForget, kConnect, kDisconnect},         // ICCN, acceptable
    {kForget, kDisconnect, kDisconnect},      // ICCN, not acceptable
    {kForget, kForget, kForget},              // CDN
    {kDisconnect, kDisconnect, kDisconnect},  // Local Close request
}};
static_assert(kSessionTable.size() == static_cast<size_t>(SessionEvent::kLocalClose) + 1);

}  // namespace

TunnelStep Next(TunnelState state, TunnelEvent event) {
  return kTunnelTable[static_cast<size_t>(event)].cells[static_cast<size_t>(state)];
}

SessionStep Next(SessionState state, SessionEvent event) {
  return kSessionTable[static_cast<size_t>(event)].cells[static_cast<size_t>(state)];
}

}  // namespace sallyport::l2tp
