// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of RFC 2661 as the RFC prints them, row by row, against ours.
#include "l2tp/state_tables.h"

#include <gtest/gtest.h>

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
// RFC 2661 §7.2.1, without the rows of the originator (wait-ctl-reply, Local Open request).
constexpr TunnelRow kTunnelRows[] = {
    {T::kIdle, TE::kSccrqAcceptable, TA::kSendSccrp, T::kWaitCtlConn},
    {T::kIdle, TE::kSccrqNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kIdle, TE::kSccrp, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kIdle, TE::kScccnAcceptable, TA::kCleanUp, T::kIdle},
    {T::kIdle, TE::kScccnNotAcceptable, TA::kCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kScccnAcceptable, TA::kTunnelOpen, T::kEstablished},
    {T::kWaitCtlConn, TE::kScccnNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kSccrp, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kSccrqAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kSccrqNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kLocalClose, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kSccrqAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kSccrqNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kSccrp, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kScccnAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kEstablished, TE::kScccnNotAcceptable, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kIdle, TE::kStopCcn, TA::kCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kStopCcn, TA::kCleanUp, T::kIdle},
    {T::kEstablished, TE::kStopCcn, TA::kCleanUp, T::kIdle},
    // Not in the RFC: the local close of a tunnel that is not established.
    {T::kIdle, TE::kLocalClose, TA::kSendStopCcnAndCleanUp, T::kIdle},
    {T::kWaitCtlConn, TE::kLocalClose, TA::kSendStopCcnAndCleanUp, T::kIdle},
};

TEST(TunnelTable, IsTheRfcs) {
  static_assert(std::size(kTunnelRows) == size_t{3} * 7, "every cell is named");
  for (const auto& row : kTunnelRows) {
    EXPECT_EQ(Next(row.state, row.event), (TunnelStep{row.action, row.next}))
        << "state " << static_cast<int>(row.state) << " event " << static_cast<int>(row.event);
  }
}

using S = SessionState;
using SE = SessionEvent;
using SA = SessionAction;

struct SessionRow {
  S state;
  SE event;
  SA action;
  S next;
};
// RFC 2661 §7.4.2.
constexpr SessionRow kSessionRows[] = {
    {S::kIdle, SE::kIcrqAcceptable, SA::kSendIcrp, S::kWaitConnect},
    {S::kIdle, SE::kIcrqNotAcceptable, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kIdle, SE::kIcrp, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kIdle, SE::kIccnAcceptable, SA::kCleanUp, S::kIdle},
    {S::kIdle, SE::kIccnNotAcceptable, SA::kCleanUp, S::kIdle},
    {S::kWaitConnect, SE::kIccnAcceptable, SA::kPrepareForData, S::kEstablished},
    {S::kWaitConnect, SE::kIccnNotAcceptable, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kWaitConnect, SE::kIcrqAcceptable, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kWaitConnect, SE::kIcrqNotAcceptable, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kWaitConnect, SE::kIcrp, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kIdle, SE::kCdn, SA::kCleanUp, S::kIdle},
    {S::kWaitConnect, SE::kCdn, SA::kCleanUp, S::kIdle},
    {S::kEstablished, SE::kCdn, SA::kCleanUp, S::kIdle},
    {S::kWaitConnect, SE::kLocalClose, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kEstablished, SE::kLocalClose, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kEstablished, SE::kIcrqAcceptable, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kEstablished, SE::kIcrqNotAcceptable, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kEstablished, SE::kIcrp, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kEstablished, SE::kIccnAcceptable, SA::kSendCdnAndCleanUp, S::kIdle},
    {S::kEstablished, SE::kIccnNotAcceptable, SA::kSendCdnAndCleanUp, S::kIdle},
    // Not in the RFC: the local close of a call that is not answered yet.
    {S::kIdle, SE::kLocalClose, SA::kSendCdnAndCleanUp, S::kIdle},
};

TEST(SessionTable, IsTheRfcs) {
  static_assert(std::size(kSessionRows) == size_t{3} * 7, "every cell is named");
  for (const auto& row : kSessionRows) {
    EXPECT_EQ(Next(row.state, row.event), (SessionStep{row.action, row.next}))
        << "state " << static_cast<int>(row.state) << " event " << static_cast<int>(row.event);
  }
}

}  // namespace
}  // namespace sallyport::l2tp
