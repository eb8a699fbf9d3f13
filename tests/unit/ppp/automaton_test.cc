// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/automaton.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace sallyport::ppp {
namespace {

using Action = Automaton::Action;
using Event = Automaton::Event;
using State = Automaton::State;

// RFC 1661 §4.1, the two halves of the page side by side, blanks inside cells taken out.
constexpr const char* kRfcTable[] = {
    // 0       1          2        3              4       5        6         7         8         9
    "2         irc,scr/6  -        -              -       -        -         -         -         -",
    "-         -          0        tls/1          0       1        1         1         1         "
    "tld/1",
    "tls/1     1          irc,scr/6 3r            5r      5r       6         7         8         "
    "9r",
    "0         tlf/0      2        2              4       4        irc,str/4 irc,str/4 irc,str/4 "
    "tld,irc,str/4",
    "-         -          -        -              str/4   str/5    scr/6     scr/6     scr/8     -",
    "-         -          -        -              tlf/2   tlf/3    tlf/3p    tlf/3p    tlf/3p    -",
    "-         -          sta/2    irc,scr,sca/8  4       5        sca/8     sca,tlu/9 sca/8     "
    "tld,scr,sca/8",
    "-         -          sta/2    irc,scr,scn/6  4       5        scn/6     scn/7     scn/6     "
    "tld,scr,scn/6",
    "-         -          sta/2    sta/3          4       5        irc/7     scr/6x    irc,tlu/9 "
    "tld,scr/6x",
    "-         -          sta/2    sta/3          4       5        irc,scr/6 scr/6x    irc,scr/8 "
    "tld,scr/6x",
    "-         -          sta/2    sta/3          sta/4   sta/5    sta/6     sta/6     sta/6     "
    "tld,zrc,sta/5",
    "-         -          2        3              tlf/2   tlf/3    6         6         8         "
    "tld,scr/6",
    "-         -          scj/2    scj/3          scj/4   scj/5    scj/6     scj/7     scj/8     "
    "scj/9",
    "-         -          2        3              4       5        6         6         8         9",
    "-         -          tlf/2    tlf/3          tlf/2   tlf/3    tlf/3     tlf/3     tlf/3     "
    "tld,irc,str/5",
    "-         -          2        3              4       5        6         7         8         "
    "ser/9",
};

const std::map<std::string, Action> kActionNames{
    {"tlu", Action::kTlu}, {"tld", Action::kTld}, {"tls", Action::kTls}, {"tlf", Action::kTlf},
    {"irc", Action::kIrc}, {"zrc", Action::kZrc}, {"scr", Action::kScr}, {"sca", Action::kSca},
    {"scn", Action::kScn}, {"str", Action::kStr}, {"sta", Action::kSta}, {"scj", Action::kScj},
    {"ser", Action::kSer}};

struct Cell {
  bool legal = false;
  std::vector<Action> actions;
  int next = -1;
};

/// Reads "irc,scr/6", "6x" or "-".
Cell ReadCell(const std::string& text) {
  if (text == "-") return {};
  Cell cell;
  cell.legal = true;
  const size_t slash = text.find('/');
  const std::string next = slash == std::string::npos ? text : text.substr(slash + 1);
  cell.next = next[0] - '0';
  if (slash == std::string::npos) return cell;
  std::istringstream names(text.substr(0, slash));
  for (std::string name; std::getline(names, name, ',');) {
    cell.actions.push_back(kActionNames.at(name));
  }
  return cell;
}

TEST(Automaton, HoldsEveryCellOfTheTableOfRfc1661) {
  ASSERT_EQ(std::size(kRfcTable), Automaton::kEventCount);
  for (size_t event = 0; event < Automaton::kEventCount; ++event) {
    std::istringstream row(kRfcTable[event]);
    for (size_t state = 0; state < Automaton::kStateCount; ++state) {
      std::string text;
      ASSERT_TRUE(row >> text) << event << " " << state;
      const Cell expected = ReadCell(text);
      const auto& cell = Automaton::Lookup(static_cast<Event>(event), static_cast<State>(state));
      SCOPED_TRACE("event " + std::to_string(event) + " state " + std::to_string(state));
      EXPECT_EQ(cell.legal(), expected.legal);
      if (!expected.legal) continue;
      EXPECT_EQ(static_cast<int>(cell.next()), expected.next);
      EXPECT_THAT(cell.actions(), testing::ElementsAreArray(expected.actions));
    }
    std::string rest;
    EXPECT_FALSE(row >> rest) << event;
  }
}

TEST(Automaton, IllegalEventChangesNothing) {
  Automaton automaton;
  EXPECT_FALSE(automaton.Handle(Event::kRca).legal());
  EXPECT_EQ(automaton.state(), State::kInitial);
  EXPECT_TRUE(automaton.Handle(Event::kUp).legal());
  EXPECT_EQ(automaton.state(), State::kClosed);
  EXPECT_TRUE(automaton.Handle(Event::kUp).actions().empty());
  EXPECT_EQ(automaton.state(), State::kClosed);
}

TEST(Automaton, RestartTimerRunsInTheFiveStatesWithTimeouts) {
  Automaton automaton;
  EXPECT_FALSE(automaton.RestartTimerRuns());  // Initial
  automaton.Handle(Event::kOpen);
  EXPECT_FALSE(automaton.RestartTimerRuns());  // Starting
  automaton.Handle(Event::kUp);
  EXPECT_EQ(automaton.state(), State::kReqSent);
  EXPECT_TRUE(automaton.RestartTimerRuns());
  automaton.Handle(Event::kRca);
  EXPECT_EQ(ToString(automaton.state()), "Ack-Rcvd");
  EXPECT_TRUE(automaton.RestartTimerRuns());
  automaton.Handle(Event::kRcrPlus);
  EXPECT_EQ(ToString(automaton.state()), "Opened");
  EXPECT_FALSE(automaton.RestartTimerRuns());
  automaton.Handle(Event::kClose);
  EXPECT_EQ(ToString(automaton.state()), "Closing");
  EXPECT_TRUE(automaton.RestartTimerRuns());
}

}  // namespace
}  // namespace sallyport::ppp
