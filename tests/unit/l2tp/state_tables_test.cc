// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of RFC 2661 as the RFC prints them, row by row, against ours.
#include "l2tp/state_tables.h"

#include <gtest/gtest.h>
#include <initializer_list>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace sallyport::l2tp {
namespace {

using T = TunnelState;
using TE = TunnelEvent;
using TA = TunnelAction;

struct TunnelRow {
  T state;
  TE event;
  TA action;
  T next;
};
// RFC 2661 §7.2.1, in its order.
constexpr TunnelRow kTunnelRows[] = {
    {T::kIdle, TE::kOpenRequest, TA::kSendSccrq, T::kWaitCtlReply},
    {T::kIdle, TE::kSccrqAcceptable, TA::kSendSccrp, T::kWaitCtlConn},
    {T::kIdle, TE::kSccrqNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kIdle, TE::kSccrpAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kIdle, TE::kSccrpNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kIdle, TE::kScccnAcceptable, TA::kCleanUp, T::kIdle},
    {T::kIdle, TE::kScccnNotAcceptable, TA::kCleanUp, T::kIdle},
    {T::kWaitCtlReply, TE::kSccrpAcceptable, TA::kSendScccnAndOpen, T::kEstablished},
    {T::kWaitCtlReply, TE::kSccrpNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlReply, TE::kAbandoned, TA::kCleanUpAndForget, T::kIdle},  // lose tie-breaker
    {T::kWaitCtlReply, TE::kScccnAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlReply, TE::kScccnNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kScccnAcceptable, TA::kTunnelOpen, T::kEstablished},
    {T::kWaitCtlConn, TE::kScccnNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kSccrpAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kSccrpNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kSccrqAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kSccrqNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kOpenRequest, TA::kTunnelOpen, T::kEstablished},
    {T::kEstablished, TE::kLocalClose, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kSccrqAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kSccrqNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kSccrpAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kSccrpNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kScccnAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kScccnNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kIdle, TE::kStopCcn, TA::kCleanUp, T::kIdle},
    {T::kWaitCtlReply, TE::kStopCcn, TA::kCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kStopCcn, TA::kCleanUp, T::kIdle},
    {T::kEstablished, TE::kStopCcn, TA::kCleanUp, T::kIdle},
    // Not in the RFC: a request to open what is being opened.
    {T::kWaitCtlReply, TE::kOpenRequest, TA::kNone, T::kWaitCtlReply},
    {T::kWaitCtlConn, TE::kOpenRequest, TA::kNone, T::kWaitCtlConn},
    // An SCCRQ that is addressed to the tunnel that we dial: out of order (§7.1).
    {T::kWaitCtlReply, TE::kSccrqAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlReply, TE::kSccrqNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    // The local close of a tunnel that is not established.
    {T::kIdle, TE::kLocalClose, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlReply, TE::kLocalClose, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kLocalClose, TA::kSendStopCcnAndCleanUp, T::kIdle},
    // A tunnel whose path is gone, or whose peer dials anew.
    {T::kIdle, TE::kAbandoned, TA::kCleanUpAndForget, T::kIdle},
    {T::kWaitCtlConn, TE::kAbandoned, TA::kCleanUpAndForget, T::kIdle},
    {T::kEstablished, TE::kAbandoned, TA::kCleanUpAndForget, T::kIdle},
};

TEST(TunnelTable, IsTheRfcs) {
  static_assert(std::size(kTunnelRows) == size_t{4} * 10, "every cell is named");
  std::set<std::pair<T, TE>> named;
  for (const auto& row : kTunnelRows) {
    EXPECT_TRUE(named.emplace(row.state, row.event).second);
    EXPECT_EQ(Next(row.state, row.event), (TunnelStep{row.action, row.next}))
        << "state " << static_cast<int>(row.state) << " event " << static_cast<int>(row.event);
  }
}

using S = CallState;
using E = CallEvent;
using A = CallAction;

/// One row of the RFC: the states and the events it names together, and what they lead to.
struct CallRow {
  std::vector<S> states;
  std::vector<E> events;
  A action;
  S next;
};

/// A message that the RFC's row names without "acceptable".
const std::vector<E> kRequest{E::kRequestAcceptable, E::kRequestNotAcceptable};
const std::vector<E> kReply{E::kReplyAcceptable, E::kReplyNotAcceptable};
const std::vector<E> kConnected{E::kConnectedAcceptable, E::kConnectedNotAcceptable};

std::vector<E> AnyOf(std::initializer_list<std::vector<E>> events) {
  std::vector<E> all;
  for (const auto& some : events) all.insert(all.end(), some.begin(), some.end());
  return all;
}

/// Every cell must be named exactly once, as many as `states` states have.
void ExpectTable(CallRole role, size_t states, std::span<const CallRow> rows) {
  std::set<std::pair<S, E>> named;
  for (const auto& row : rows) {
    for (const S state : row.states) {
      for (const E event : row.events) {
        SCOPED_TRACE(::testing::Message() << "state " << static_cast<int>(state) << " event "
                                          << static_cast<int>(event));
        EXPECT_TRUE(named.emplace(state, event).second);
        // "None" leaves the state as it is unless the row names another.
        const S next = row.action == A::kNone && row.next == S::kIdle ? state : row.next;
        EXPECT_EQ(Next(role, state, event), (CallStep{row.action, next}));
      }
    }
  }
  EXPECT_EQ(named.size(), states * 10);
}

TEST(CallTable, LacIncomingIsTheRfcs) {
  // RFC 2661 §7.4.1. Without wait-tunnel, see CallState: idle and tunnel-open send the ICRQ.
  const CallRow rows[] = {
      {{S::kIdle}, {E::kTunnelOpen}, A::kSendRequest, S::kWaitReply},
      {{S::kIdle}, AnyOf({kConnected, kReply, {E::kCdn}}), A::kCleanUp, S::kIdle},
      {{S::kIdle}, {E::kLocalClose}, A::kCleanUp, S::kIdle},
      {{S::kWaitReply}, {E::kReplyAcceptable}, A::kSendConnected, S::kEstablished},
      {{S::kWaitReply}, {E::kReplyNotAcceptable}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kWaitReply}, kRequest, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kWaitReply}, AnyOf({{E::kCdn}, kConnected}), A::kCleanUp, S::kIdle},
      {{S::kWaitReply}, {E::kLocalClose}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kEstablished}, {E::kCdn}, A::kCleanUp, S::kIdle},
      {{S::kEstablished}, AnyOf({kRequest, kReply, kConnected}), A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kEstablished}, {E::kLocalClose}, A::kSendCdnAndCleanUp, S::kIdle},
      // Not in the RFC.
      {{S::kIdle}, kRequest, A::kCleanUp, S::kIdle},
      {{S::kWaitReply, S::kEstablished}, {E::kTunnelOpen}, A::kNone, S::kIdle},
      {{S::kIdle, S::kWaitReply, S::kEstablished}, {E::kBearerAnswer}, A::kNone, S::kIdle},
  };
  ExpectTable(CallRole::kLacIncoming, 3, rows);
}

TEST(CallTable, LnsIncomingIsTheRfcs) {
  // RFC 2661 §7.4.2.
  const CallRow rows[] = {
      {{S::kIdle}, {E::kRequestAcceptable}, A::kSendReply, S::kWaitConnect},
      {{S::kIdle}, {E::kRequestNotAcceptable}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kIdle}, kReply, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kIdle}, kConnected, A::kCleanUp, S::kIdle},
      {{S::kWaitConnect}, {E::kConnectedAcceptable}, A::kPrepareForData, S::kEstablished},
      {{S::kWaitConnect}, {E::kConnectedNotAcceptable}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kWaitConnect}, AnyOf({kRequest, kReply}), A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kIdle, S::kWaitConnect, S::kEstablished}, {E::kCdn}, A::kCleanUp, S::kIdle},
      {{S::kWaitConnect, S::kEstablished}, {E::kLocalClose}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kEstablished}, AnyOf({kRequest, kReply, kConnected}), A::kSendCdnAndCleanUp, S::kIdle},
      // Not in the RFC: the local close of a call that is not answered yet refuses it.
      {{S::kIdle}, {E::kLocalClose}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kIdle, S::kWaitConnect, S::kEstablished},
       {E::kTunnelOpen, E::kBearerAnswer},
       A::kNone,
       S::kIdle},
  };
  ExpectTable(CallRole::kLnsIncoming, 3, rows);
}

TEST(CallTable, LacOutgoingIsTheRfcs) {
  // RFC 2661 §7.5.1.
  const CallRow rows[] = {
      {{S::kIdle}, {E::kRequestAcceptable}, A::kSendReplyAndOpenBearer, S::kWaitCsAnswer},
      {{S::kIdle}, {E::kRequestNotAcceptable}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kIdle}, kReply, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kIdle}, AnyOf({kConnected, {E::kCdn}}), A::kCleanUp, S::kIdle},
      {{S::kWaitCsAnswer}, {E::kBearerAnswer}, A::kSendConnected, S::kEstablished},
      {{S::kWaitCsAnswer}, {E::kLocalClose}, A::kSendCdnAndCleanUp, S::kIdle},  // Bearer failure
      {{S::kWaitCsAnswer, S::kEstablished},
       AnyOf({kRequest, kReply, kConnected}),
       A::kSendCdnAndCleanUp,
       S::kIdle},
      {{S::kWaitCsAnswer, S::kEstablished}, {E::kCdn}, A::kCleanUp, S::kIdle},
      {{S::kEstablished}, {E::kLocalClose}, A::kSendCdnAndCleanUp, S::kIdle},
      // Not in the RFC.
      {{S::kIdle}, {E::kLocalClose}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kIdle, S::kEstablished}, {E::kBearerAnswer}, A::kNone, S::kIdle},
      {{S::kIdle, S::kWaitCsAnswer, S::kEstablished}, {E::kTunnelOpen}, A::kNone, S::kIdle},
  };
  ExpectTable(CallRole::kLacOutgoing, 3, rows);
}

TEST(CallTable, LnsOutgoingIsTheRfcs) {
  // RFC 2661 §7.5.2. Without wait-tunnel, see CallState: idle and tunnel-open send the OCRQ.
  const CallRow rows[] = {
      {{S::kIdle}, {E::kTunnelOpen}, A::kSendRequest, S::kWaitReply},
      {{S::kIdle}, AnyOf({kConnected, kReply}), A::kCleanUp, S::kIdle},
      {{S::kIdle}, {E::kLocalClose}, A::kCleanUp, S::kIdle},
      {{S::kWaitReply}, {E::kReplyAcceptable}, A::kNone, S::kWaitConnect},
      {{S::kWaitReply}, {E::kReplyNotAcceptable}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kWaitReply}, AnyOf({kConnected, kRequest}), A::kSendCdnAndCleanUp, S::kIdle},
      // The RFC has "none" here; that data may come now is what it says of established.
      {{S::kWaitConnect}, {E::kConnectedAcceptable}, A::kPrepareForData, S::kEstablished},
      {{S::kWaitConnect}, AnyOf({kRequest, kReply}), A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kIdle, S::kWaitReply, S::kWaitConnect, S::kEstablished},
       {E::kCdn},
       A::kCleanUp,
       S::kIdle},
      {{S::kEstablished}, AnyOf({kRequest, kReply, kConnected}), A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kWaitReply, S::kWaitConnect, S::kEstablished},
       {E::kLocalClose},
       A::kSendCdnAndCleanUp,
       S::kIdle},
      // Not in the RFC.
      {{S::kIdle}, kRequest, A::kCleanUp, S::kIdle},
      {{S::kWaitConnect}, {E::kConnectedNotAcceptable}, A::kSendCdnAndCleanUp, S::kIdle},
      {{S::kWaitReply, S::kWaitConnect, S::kEstablished}, {E::kTunnelOpen}, A::kNone, S::kIdle},
      {{S::kIdle, S::kWaitReply, S::kWaitConnect, S::kEstablished},
       {E::kBearerAnswer},
       A::kNone,
       S::kIdle},
  };
  ExpectTable(CallRole::kLnsOutgoing, 4, rows);
}

TEST(CallTable, StateThatTheRoleDoesNotHaveCleansUp) {
  EXPECT_EQ(Next(CallRole::kLnsIncoming, S::kWaitReply, E::kReplyAcceptable),
            (CallStep{A::kCleanUp, S::kIdle}));
}

}  // namespace
}  // namespace sallyport::l2tp
