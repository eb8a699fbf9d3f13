// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/automaton.h"

namespace sallyport::ppp {
namespace {

using Action = Automaton::Action;
using Event = Automaton::Event;
using State = Automaton::State;
using Transition = Automaton::Transition;

// The RFC writes a cell as actions/next state; here it is To<next state>(actions).
template <int kNext, typename... Actions>
constexpr Transition To(Actions... actions) {
  static_assert(kNext >= 0 && kNext < static_cast<int>(Automaton::kStateCount));
  return Transition(static_cast<State>(kNext), actions...);
}

// The RFC's abbreviations, so that the table below can be held beside the page.
constexpr auto tlu = Action::kTlu, tld = Action::kTld, tls = Action::kTls, tlf = Action::kTlf;
constexpr auto irc = Action::kIrc, zrc = Action::kZrc, scr = Action::kScr, sca = Action::kSca;
constexpr auto scn = Action::kScn, str = Action::kStr, sta = Action::kSta, scj = Action::kScj;
constexpr auto ser = Action::kSer;
constexpr Transition dash = Transition::Illegal();

// RFC 1661 §4.1. The footnotes: [r] the restart option is not taken; [p] no passive option;
// [x] crossed connection, as the RFC proposes.
// clang-format off
constexpr Transition kTable[Automaton::kEventCount][Automaton::kStateCount] = {
// 0 Initial    1 Starting        2 Closed          3 Stopped              4 Closing    5 Stopping
// 6 Req-Sent        7 Ack-Rcvd        8 Ack-Sent        9 Opened
/* Up */
  {To<2>(),     To<6>(irc, scr),  dash,             dash,                  dash,        dash,
   dash,             dash,             dash,             dash},
/* Down */
  {dash,        dash,             To<0>(),          To<1>(tls),            To<0>(),     To<1>(),
   To<1>(),          To<1>(),          To<1>(),          To<1>(tld)},
/* Open */
  {To<1>(tls),  To<1>(),          To<6>(irc, scr),  To<3>(),               To<5>(),     To<5>(),
   To<6>(),          To<7>(),          To<8>(),          To<9>()},
/* Close */
  {To<0>(),     To<0>(tlf),       To<2>(),          To<2>(),               To<4>(),     To<4>(),
   To<4>(irc, str),  To<4>(irc, str),  To<4>(irc, str),  To<4>(tld, irc, str)},
/* TO+ */
  {dash,        dash,             dash,             dash,                  To<4>(str),  To<5>(str),
   To<6>(scr),       To<6>(scr),       To<8>(scr),       dash},
/* TO- */
  {dash,        dash,             dash,             dash,                  To<2>(tlf),  To<3>(tlf),
   To<3>(tlf),       To<3>(tlf),       To<3>(tlf),       dash},
/* RCR+ */
  {dash,        dash,             To<2>(sta),       To<8>(irc, scr, sca),  To<4>(),     To<5>(),
   To<8>(sca),       To<9>(sca, tlu),  To<8>(sca),       To<8>(tld, scr, sca)},
/* RCR- */
  {dash,        dash,             To<2>(sta),       To<6>(irc, scr, scn),  To<4>(),     To<5>(),
   To<6>(scn),       To<7>(scn),       To<6>(scn),       To<6>(tld, scr, scn)},
/* RCA */
  {dash,        dash,             To<2>(sta),       To<3>(sta),            To<4>(),     To<5>(),
   To<7>(irc),       To<6>(scr),       To<9>(irc, tlu),  To<6>(tld, scr)},
/* RCN */
  {dash,        dash,             To<2>(sta),       To<3>(sta),            To<4>(),     To<5>(),
   To<6>(irc, scr),  To<6>(scr),       To<8>(irc, scr),  To<6>(tld, scr)},
/* RTR */
  {dash,        dash,             To<2>(sta),       To<3>(sta),            To<4>(sta),  To<5>(sta),
   To<6>(sta),       To<6>(sta),       To<6>(sta),       To<5>(tld, zrc, sta)},
/* RTA */
  {dash,        dash,             To<2>(),          To<3>(),               To<2>(tlf),  To<3>(tlf),
   To<6>(),          To<6>(),          To<8>(),          To<6>(tld, scr)},
/* RUC */
  {dash,        dash,             To<2>(scj),       To<3>(scj),            To<4>(scj),  To<5>(scj),
   To<6>(scj),       To<7>(scj),       To<8>(scj),       To<9>(scj)},
/* RXJ+ */
  {dash,        dash,             To<2>(),          To<3>(),               To<4>(),     To<5>(),
   To<6>(),          To<6>(),          To<8>(),          To<9>()},
/* RXJ- */
  {dash,        dash,             To<2>(tlf),       To<3>(tlf),            To<2>(tlf),  To<3>(tlf),
   To<3>(tlf),       To<3>(tlf),       To<3>(tlf),       To<5>(tld, irc, str)},
/* RXR */
  {dash,        dash,             To<2>(),          To<3>(),               To<4>(),     To<5>(),
   To<6>(),          To<7>(),          To<8>(),          To<9>(ser)},
};
// clang-format on

}  // namespace

const Transition& Automaton::Lookup(Event event, State state) {
  return kTable[static_cast<size_t>(event)][static_cast<size_t>(state)];
}

const Transition& Automaton::Handle(Event event) {
  const Transition& transition = Lookup(event, state_);
  if (transition.legal()) state_ = transition.next();
  return transition;
}

std::string_view ToString(Automaton::State state) {
  switch (state) {
    case State::kInitial:
      return "Initial";
    case State::kStarting:
      return "Starting";
    case State::kClosed:
      return "Closed";
    case State::kStopped:
      return "Stopped";
    case State::kClosing:
      return "Closing";
    case State::kStopping:
      return "Stopping";
    case State::kReqSent:
      return "Req-Sent";
    case State::kAckRcvd:
      return "Ack-Rcvd";
    case State::kAckSent:
      return "Ack-Sent";
    case State::kOpened:
      return "Opened";
  }
  return "unknown";
}

}  // namespace sallyport::ppp
