// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/state_tables.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sallyport::l2tp {
namespace {

/// One row an event, one column a state. An array shorter than the states would leave cells that
/// read as the first action: the constructor takes exactly as many, so that it does not compile.
template <typename Step, size_t States>
struct Row {
  template <typename... Rest>
  requires(sizeof...(Rest) + 2 == States) constexpr Row(Step first, Step second, Rest... rest)
      : cells{first, second, rest...} {}
  std::array<Step, States> cells;
};

// ---- The control connection -------------------------------------------------------------------

constexpr TunnelStep kStop{TunnelAction::kSendStopCcnAndCleanUp, TunnelState::kIdle};
constexpr TunnelStep kClean{TunnelAction::kCleanUp, TunnelState::kIdle};
constexpr TunnelStep kForget{TunnelAction::kCleanUpAndForget, TunnelState::kIdle};
constexpr TunnelStep kDial{TunnelAction::kSendSccrq, TunnelState::kWaitCtlReply};
constexpr TunnelStep kAnswer{TunnelAction::kSendSccrp, TunnelState::kWaitCtlConn};
constexpr TunnelStep kConfirm{TunnelAction::kSendScccnAndOpen, TunnelState::kEstablished};
constexpr TunnelStep kOpen{TunnelAction::kTunnelOpen, TunnelState::kEstablished};
constexpr TunnelStep kReplyPending{TunnelAction::kNone, TunnelState::kWaitCtlReply};
constexpr TunnelStep kConnPending{TunnelAction::kNone, TunnelState::kWaitCtlConn};

// The cells that the RFC leaves blank are ours: while the tunnel is being opened a request to open
// it waits; a message that does not belong there clears the tunnel (§7.1); a local close before
// SCCCN is announced like one after it; and a tunnel can be abandoned at any time.
constexpr size_t kTunnelEvents = static_cast<size_t>(TunnelEvent::kAbandoned) + 1;
constexpr std::array<Row<TunnelStep, 4>, kTunnelEvents> kTunnelTable{{
    // idle, wait-ctl-reply, wait-ctl-conn, established
    {kDial, kReplyPending, kConnPending, kOpen},  // Local Open request
    {kAnswer, kStop, kStop, kStop},               // SCCRQ, acceptable
    {kStop, kStop, kStop, kStop},                 // SCCRQ, not acceptable
    {kStop, kConfirm, kStop, kStop},              // SCCRP, acceptable
    {kStop, kStop, kStop, kStop},                 // SCCRP, not acceptable
    {kClean, kStop, kOpen, kStop},                // SCCCN, acceptable
    {kClean, kStop, kStop, kStop},                // SCCCN, not acceptable
    {kClean, kClean, kClean, kClean},             // StopCCN
    {kStop, kStop, kStop, kStop},                 // Admin Tunnel Close
    {kForget, kForget, kForget, kForget},         // SCCRQ, lose tie-breaker
}};

// ---- Calls ------------------------------------------------------------------------------------

constexpr size_t kCallEvents = static_cast<size_t>(CallEvent::kLocalClose) + 1;

/// The states that a role has, and its rows in the order of CallEvent.
template <size_t States>
struct CallTable {
  std::array<CallState, States> states;
  std::array<Row<CallStep, States>, kCallEvents> rows;

  constexpr CallStep At(CallState state, CallEvent event) const {
    const auto column = std::ranges::find(states, state);
    if (column == states.end()) return {CallAction::kCleanUp, CallState::kIdle};
    return rows[static_cast<size_t>(event)].cells[static_cast<size_t>(column - states.begin())];
  }
};

using enum CallState;

constexpr CallStep kDisconnect{CallAction::kSendCdnAndCleanUp, kIdle};
constexpr CallStep kEnd{CallAction::kCleanUp, kIdle};
constexpr CallStep kAsk{CallAction::kSendRequest, kWaitReply};
constexpr CallStep kConnect{CallAction::kSendConnected, kEstablished};
constexpr CallStep kReady{CallAction::kPrepareForData, kEstablished};
constexpr CallStep StayIn(CallState state) { return {CallAction::kNone, state}; }

// The cells that the RFC leaves blank are ours. What cannot happen changes nothing: a tunnel that
// opens when the call has been asked for, a bearer where there is none. A request for a call of our
// own is as much out of order in idle as it is later. And a local close before the peer was told of
// the call tells it nothing; one that comes before its request is answered refuses that.

constexpr CallTable<3> kLacIncoming{
    .states = {kIdle, kWaitReply, kEstablished},
    .rows = {{
        {kAsk, StayIn(kWaitReply), StayIn(kEstablished)},           // tunnel-open
        {kEnd, kDisconnect, kDisconnect},                           // ICRQ
        {kEnd, kDisconnect, kDisconnect},                           // ICRQ, unreadable
        {kEnd, kConnect, kDisconnect},                              // ICRP, acceptable
        {kEnd, kDisconnect, kDisconnect},                           // ICRP, not acceptable
        {kEnd, kEnd, kDisconnect},                                  // ICCN
        {kEnd, kEnd, kDisconnect},                                  // ICCN, unreadable
        {StayIn(kIdle), StayIn(kWaitReply), StayIn(kEstablished)},  // Bearer answer
        {kEnd, kEnd, kEnd},                                         // CDN
        {kEnd, kDisconnect, kDisconnect},                           // Bearer line drop, local close
    }}};

constexpr CallStep kReply{CallAction::kSendReply, kWaitConnect};
constexpr CallTable<3> kLnsIncoming{
    .states = {kIdle, kWaitConnect, kEstablished},
    .rows = {{
        {StayIn(kIdle), StayIn(kWaitConnect), StayIn(kEstablished)},  // tunnel-open
        {kReply, kDisconnect, kDisconnect},                           // ICRQ, acceptable
        {kDisconnect, kDisconnect, kDisconnect},                      // ICRQ, not acceptable
        {kDisconnect, kDisconnect, kDisconnect},                      // ICRP
        {kDisconnect, kDisconnect, kDisconnect},                      // ICRP, unreadable
        {kEnd, kReady, kDisconnect},                                  // ICCN, acceptable
        {kEnd, kDisconnect, kDisconnect},                             // ICCN, not acceptable
        {StayIn(kIdle), StayIn(kWaitConnect), StayIn(kEstablished)},  // Bearer answer
        {kEnd, kEnd, kEnd},                                           // CDN
        {kDisconnect, kDisconnect, kDisconnect},                      // Local Close request
    }}};

constexpr CallStep kReplyAndOpen{CallAction::kSendReplyAndOpenBearer, kWaitCsAnswer};
constexpr CallTable<3> kLacOutgoing{
    .states = {kIdle, kWaitCsAnswer, kEstablished},
    .rows = {{
        {StayIn(kIdle), StayIn(kWaitCsAnswer), StayIn(kEstablished)},  // tunnel-open
        {kReplyAndOpen, kDisconnect, kDisconnect},                     // OCRQ, acceptable
        {kDisconnect, kDisconnect, kDisconnect},                       // OCRQ, not acceptable
        {kDisconnect, kDisconnect, kDisconnect},                       // OCRP
        {kDisconnect, kDisconnect, kDisconnect},                       // OCRP, unreadable
        {kEnd, kDisconnect, kDisconnect},                              // OCCN
        {kEnd, kDisconnect, kDisconnect},                              // OCCN, unreadable
        {StayIn(kIdle), kConnect, StayIn(kEstablished)},               // Bearer answer
        {kEnd, kEnd, kEnd},                                            // CDN
        {kDisconnect, kDisconnect, kDisconnect},  // Bearer failure, line drop, local close
    }}};

constexpr CallTable<4> kLnsOutgoing{
    .states = {kIdle, kWaitReply, kWaitConnect, kEstablished},
    .rows = {{
        // tunnel-open
        {kAsk, StayIn(kWaitReply), StayIn(kWaitConnect), StayIn(kEstablished)},
        {kEnd, kDisconnect, kDisconnect, kDisconnect},           // OCRQ
        {kEnd, kDisconnect, kDisconnect, kDisconnect},           // OCRQ, unreadable
        {kEnd, StayIn(kWaitConnect), kDisconnect, kDisconnect},  // OCRP, acceptable
        {kEnd, kDisconnect, kDisconnect, kDisconnect},           // OCRP, not acceptable
        {kEnd, kDisconnect, kReady, kDisconnect},                // OCCN, acceptable
        {kEnd, kDisconnect, kDisconnect, kDisconnect},           // OCCN, not acceptable
        // Bearer answer
        {StayIn(kIdle), StayIn(kWaitReply), StayIn(kWaitConnect), StayIn(kEstablished)},
        {kEnd, kEnd, kEnd, kEnd},                       // CDN
        {kEnd, kDisconnect, kDisconnect, kDisconnect},  // Local Close request
    }}};

}  // namespace

TunnelStep Next(TunnelState state, TunnelEvent event) {
  return kTunnelTable[static_cast<size_t>(event)].cells[static_cast<size_t>(state)];
}

CallStep Next(CallRole role, CallState state, CallEvent event) {
  switch (role) {
    case CallRole::kLacIncoming:
      return kLacIncoming.At(state, event);
    case CallRole::kLnsIncoming:
      return kLnsIncoming.At(state, event);
    case CallRole::kLacOutgoing:
      return kLacOutgoing.At(state, event);
    case CallRole::kLnsOutgoing:
      return kLnsOutgoing.At(state, event);
  }
  return {CallAction::kCleanUp, CallState::kIdle};
}

}  // namespace sallyport::l2tp
