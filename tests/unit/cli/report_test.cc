// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/session_table.h"

namespace sallyport::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const Style kPlain(false);

Json Status() {
  return Json::parse(R"({
    "api":"sallyport/v1","version":"0.1.0","state":"running","started":"2026-11-22T07:10:04Z",
    "uptime_seconds":3605,"pid":812,
    "ipsec":{"required":true,"vici":{"connected":true,"path":"/run/charon.vici","version":"5.9.8",
      "error":null,"hint":null},"sas":1},
    "l2tp":{"tunnels":1,"messages_received":12,"messages_sent":10,"retransmissions":2},
    "sessions":{"total":2,"up":1},
    "pools":[{"name":"staff","size":65534,"used":1},{"name":"guests","size":254,"used":0,
      "ipv6":{"size":65536,"used":3},"delegated":{"size":0,"used":0}}],
    "drops":{"l2tp":{"bad_length":3,"unknown_tunnel":0},"ppp":{},"status":{"not_found":1}},
    "auth":{"accepted":5,"rejected":4}})");
}

TEST(StatusReport, IsOneScreen) {
  EXPECT_EQ(StatusReport(Status(), kPlain),
            "\u25CF sallyportd 0.1.0: running since 2026-11-22T07:10:04Z (1h 00m, pid 812)\n"
            "  IPsec     connected to charon 5.9.8 at /run/charon.vici, 1 SA\n"
            "  L2TP      1 tunnel; messages: 12 received, 10 sent, 2 retransmitted\n"
            "  Sessions  1 up of 2\n"
            "  Pools     staff: 1 of 65534 addresses used\n"
            "            guests: 0 of 254 addresses, 3 of 65536 IPv6 prefixes used\n"
            "  Logins    5 accepted, 4 rejected\n"
            "  Drops     l2tp: bad_length 3, status: not_found 1\n");
}

TEST(StatusReport, ViciNotConnected_SaysWhyAndWhatToDo) {
  Json status = Status();
  status["ipsec"]["vici"] = {{"connected", false},
                             {"path", "/run/charon.vici"},
                             {"version", nullptr},
                             {"error", "Connection refused"},
                             {"hint", "Start strongswan.service."}};
  EXPECT_THAT(StatusReport(status, kPlain),
              HasSubstr("  IPsec     not connected to charon at /run/charon.vici: Connection "
                        "refused\n            Start strongswan.service.\n"));
  EXPECT_THAT(StatusReport(status, Style(true)), HasSubstr("\x1B[31m\u25CF\x1B[0m"));
}

TEST(StatusReport, ACharonThatServesNoClient_IsNoGreenDot) {
  Json status = Status();
  EXPECT_THAT(StatusReport(status, Style(true)), HasSubstr("\x1B[32m\u25CF\x1B[0m"));
  status["ipsec"]["vici"]["error"] = "it has no IKEv1";
  EXPECT_THAT(StatusReport(status, Style(true)), HasSubstr("\x1B[33m\u25CF\x1B[0m"));
}

TEST(StatusReport, ALogLevelThatSomebodySet_IsTold) {
  Json status = Status();
  status["log_level"] = "debug";
  EXPECT_THAT(StatusReport(status, kPlain), HasSubstr("\n  Logged    level debug\n"));
}

TEST(StateLine, CountsWhatWentWrongAndWhatIsNew) {
  const Json before = Status();
  Json now = before;
  EXPECT_EQ(StateLine(Json(), now, kPlain),
            "\u25CF running; logins refused 4; drops 4; IPsec errors 0\n");
  now["auth"]["rejected"] = 6U;
  now["ipsec"]["errors"]["XfrmInNoStates"] = 1U;
  EXPECT_EQ(StateLine(before, now, kPlain),
            "\u25CF running; logins refused 6 (+2); drops 4; IPsec errors 1 (+1)\n");
  EXPECT_EQ(StateLine(now, before, kPlain), StateLine(before, before, kPlain)) << "began anew";
  EXPECT_THAT(StateLine(now, Json("x"), kPlain), HasSubstr("drops 0"));
}

TEST(StatusReport, WithoutIpsec_WarnsOfClearText) {
  Json status = Status();
  status["ipsec"]["required"] = false;
  EXPECT_THAT(StatusReport(status, kPlain), HasSubstr("not required: clear-text L2TP is accepted"));
}

TEST(StatusReport, EveryMemberMissing_IsShownAsUnknown) {
  const std::string report = StatusReport(Json::object(), kPlain);
  EXPECT_THAT(report, HasSubstr("sallyportd -: - since - (0s, pid 0)\n"));
  EXPECT_THAT(report, HasSubstr("  Drops     none\n"));
  EXPECT_THAT(report, Not(HasSubstr("Pools")));
}

TEST(StatusReport, EachMemberOfAnotherType_DoesNotBreakIt) {
  const Json status = Status();
  for (const Json& odd : {Json(), Json("x"), Json(-1), Json(1.5), Json::array({1}),
                          Json::object({{"a", Json::object()}}), Json(true)}) {
    for (const auto& [name, value] : status.items()) {
      Json changed = status;
      changed[name] = odd;
      EXPECT_THAT(StatusReport(changed, kPlain), HasSubstr("sallyportd")) << name << odd;
    }
  }
}

TEST(SessionsTable, IsATable) {
  const Json answer = Json::parse(R"({"sessions":[
    {"id":"0f3a91","state":"up","user":"bob","address":"10.64.0.2","interface":"sallyport0",
     "uptime_seconds":3605,"peer":{"address":"203.0.113.1","port":1701},
     "counters":{"rx_bytes":18232,"tx_bytes":99120}},
    {"id":"0f3a92","state":"starting","user":null,"address":null,"interface":null,
     "uptime_seconds":2,"peer":{"address":"2001:db8::9"},"counters":{}},
    "not an object"]})");
  EXPECT_EQ(
      SessionsTable(answer, {}, kPlain),
      "ID      USER  ADDRESS    PEER         INTERFACE   STATE     UPTIME        RX        TX\n"
      "0f3a91  bob   10.64.0.2  203.0.113.1  sallyport0  up        1h 00m  17.8 KiB  96.8 KiB\n"
      "0f3a92  -     -          2001:db8::9  -           starting      2s       0 B       0 B\n"
      "-       -     -          -            -           -             0s       0 B       0 B\n");
}

TEST(SessionsTable, WithoutSessions_IsTheHeading) {
  EXPECT_EQ(SessionsTable(Json::object(), {}, kPlain),
            "ID  USER  ADDRESS  PEER  INTERFACE  STATE  UPTIME  RX  TX\n");
}

TEST(SessionsTable, ShowsTheColumnsAskedForInThatOrder) {
  const Json answer = Json::parse(R"({"sessions":[
    {"id":"a","user":"zoe","peer":{"nat":true},"l2tp":{"tunnel":7},"counters":{"rx_bytes":5}},
    {"id":"b","user":"bob","peer":{"nat":false},"l2tp":{"tunnel":70},"counters":{"rx_bytes":9}}]})");
  EXPECT_EQ(SessionsTable(answer, {.filter = {}, .columns = {"tunnel", "nat", "user"}}, kPlain),
            "TUNNEL  NAT  USER\n     7  yes  zoe\n    70  no   bob\n");
  EXPECT_EQ(SessionsTable(
                answer, {.filter = {}, .columns = {"id"}, .sort = "user", .header = false}, kPlain),
            "b\na\n");
  EXPECT_EQ(SessionsTable(answer, {.filter = {}, .columns = {"id"}, .sort = "rx", .header = false},
                          kPlain),
            "b\na\n")
      << "the largest first";
}

TEST(SessionsTable, ARateThatIsNotKnownYetIsNoZero) {
  const Json answer = Json::parse(R"({"sessions":[
    {"id":"a","rates":{"rx_bytes_per_second":0,"tx_bytes_per_second":2048,"interval_seconds":30}},
    {"id":"b","rates":null}]})");
  EXPECT_EQ(SessionsTable(answer, {.filter = {}, .columns = {"id", "rx_rate", "tx_rate"}}, kPlain),
            "ID  RX RATE    TX RATE\na     0 B/s  2.0 KiB/s\nb         -          -\n");
  EXPECT_EQ(SessionFields({.filter = {}, .columns = {"id"}, .sort = "tx_rate"}), "id,rates");
}

TEST(SessionsTable, EveryColumnTakesAnyAnswer) {
  const Json answer{{"sessions", {Json::object(), {{"peer", 1}, {"l2tp", "x"}, {"user", {1}}}}}};
  for (const std::string& column : SessionColumns()) {
    EXPECT_THAT(SessionsTable(answer, {.filter = {}, .columns = {column}, .sort = column}, kPlain),
                HasSubstr("\n"));
  }
}

TEST(TopReport, ComparesTwoAnswers) {
  const auto answer = [](uint64_t bob, uint64_t zoe) {
    return Json{
        {"sessions",
         {{{"id", "a"}, {"user", "bob"}, {"state", "up"}, {"counters", {{"rx_bytes", bob}}}},
          {{"id", "b"}, {"user", "zoe"}, {"state", "up"}, {"counters", {{"tx_bytes", zoe}}}}}}};
  };
  const std::string report = TopReport(answer(1000, 0), answer(2000, 8192),
                                       std::chrono::milliseconds(2000), {}, 10, kPlain);
  EXPECT_THAT(report, HasSubstr("2 sessions: 2 up; from clients 500 B/s, to clients 4.0 KiB/s\n"));
  EXPECT_LT(report.find("zoe"), report.find("bob")) << "the busiest first";
  const std::string first =
      TopReport(Json(), answer(5, 5), std::chrono::milliseconds(0), {.sort = "user"}, 1, kPlain);
  EXPECT_THAT(first, HasSubstr("from clients 0 B/s"));
  EXPECT_THAT(first, Not(HasSubstr("zoe"))) << "no more rows than there is room for";
}

TEST(TopReport, CounterThatBeganAnew_IsNoRate) {
  const auto answer = [](uint64_t bytes) {
    return Json{{"sessions", {{{"id", "a"}, {"counters", {{"rx_bytes", bytes}}}}}}};
  };
  EXPECT_THAT(TopReport(answer(900), answer(3), std::chrono::milliseconds(1000), {}, 9, kPlain),
              HasSubstr("from clients 0 B/s"));
}

TEST(SessionReport, ShowsEveryMemberOfAnyDepth) {
  EXPECT_EQ(SessionReport(Json::parse(R"({"api":"sallyport/v1","id":"a1","dns":["10.0.0.53"],
                                          "peer":{"nat":true,"new":{"x":null}}})"),
                          kPlain),
            "id                   a1\n"
            "dns                  [\"10.0.0.53\"]\n"
            "peer\n"
            "  nat                  true\n"
            "  new\n"
            "    x                    -\n");
}

TEST(TunnelsReport, IsATable) {
  const Json answer = Json::parse(R"({"tunnels":[{"id":4312,"state":"up","uptime_seconds":61,
    "peer":{"address":"203.0.113.1","port":1701,"host_name":"DESKTOP-7"},"reqid":1,"sessions":1},
    {"reqid":null}]})");
  EXPECT_EQ(TunnelsReport(answer, kPlain),
            "TUNNEL  PEER         PORT  STATE  UPTIME  SESSIONS  REQID  HOST NAME\n"
            "  4312  203.0.113.1  1701  up     1m 01s         1      1  DESKTOP-7\n"
            "     0  -               0  -          0s         0      -  -\n");
}

TEST(SasReport, IsATable) {
  const Json answer = Json::parse(R"({"sas":[{"peer":"203.0.113.1","peer_port":4500,"nat":true,
    "ike":"IKEv1","remote_id":"192.168.1.20","reqid":1,"spi_in":"c1f0a2b3","spi_out":"0e01d4aa",
    "esp_proposal":"AES_CBC_256","tunnels":[1,2]}]})");
  EXPECT_THAT(SasReport(answer, kPlain),
              HasSubstr("    1  203.0.113.1  4500  yes  IKEv1  192.168.1.20  c1f0a2b3  0e01d4aa  "
                        "AES_CBC_256        2\n"));
}

TEST(PoolsReport, IsATable) {
  const Json answer =
      Json::parse(R"({"pools":[{"name":"staff","ranges":["10.64.0.0/24","10.65.0.0/24"],
    "gateway":"10.64.0.1","size":507,"used":1,"free":506,
    "ipv6":{"prefixes":["2001:db8:1::/48"],"size":65536,"used":1,"free":65535},
    "delegated":{"prefixes":[],"size":0,"used":0,"free":0}}]})");
  EXPECT_EQ(PoolsReport(answer, kPlain),
            "POOL   GATEWAY    SIZE  USED  FREE     IPV6  DELEGATED  RANGES\n"
            "staff  10.64.0.1   507     1   506  1/65536          -  10.64.0.0/24, 10.65.0.0/24\n");
}

TEST(ConfigReport, IsToml) {
  const Json answer = Json::parse(R"({"config":{
    "ipsec":{"required":true,"psk":"***","psk_file":null},"ppp":{"mtu":1400},
    "pool":[{"ranges":["10.64.0.0/24"]},{"name":"b"}]},
    "set":["ipsec.psk","pool[0].ranges","pool[1].name"]})");
  EXPECT_EQ(ConfigReport(answer, false),
            "[ipsec]\npsk = \"***\"\n\n[[pool]]\nranges = [\"10.64.0.0/24\"]\n\n"
            "[[pool]]\nname = \"b\"\n");
  EXPECT_THAT(ConfigReport(answer, true), HasSubstr("[ppp]\nmtu = 1400  # default\n"));
  EXPECT_EQ(ConfigReport(Json(), true), "");
}

TEST(ReloadReport, TellsWhatHoldsAndWhatWaits) {
  EXPECT_EQ(ReloadReport({{"changed", {"ppp.dns"}}, {"restart", {"l2tp.port"}}}),
            "In force now:\n  ppp.dns\nWaiting for a restart of sallyportd:\n  l2tp.port\n");
  EXPECT_EQ(ReloadReport(Json::object()), "Nothing has changed.\n");
}

TEST(DrainReport, CountsWhoIsThere) {
  EXPECT_EQ(DrainReport({{"state", "draining"}, {"sessions", 2U}, {"tunnels", 1U}}),
            "New clients are refused; 2 sessions and 1 tunnel there now\n");
}

TEST(EventLine, LeavesOutWhatIsNotThere) {
  EXPECT_EQ(EventLine(Json::parse(R"({"seq":918,"time":"T","type":"session.up","user":null,
                                      "address":"10.64.0.2","detail":""})"),
                      kPlain),
            "T  session.up       seq=918 address=\"10.64.0.2\"\n");
}

TEST(Reports, ControlCharactersInAnyText_NeverComeOut) {
  const char* evil = "a\x1B[2J\u009Bb\r";
  Json status = Status();
  for (const char* member : {"version", "state", "started"}) status[member] = evil;
  status["ipsec"]["vici"]["path"] = evil;
  status["ipsec"]["vici"]["version"] = evil;
  status["pools"][0]["name"] = evil;
  status["drops"]["l2tp"][evil] = 1;
  Json session{{"id", evil},        {"user", evil},  {"address", evil},
               {"interface", evil}, {"state", evil}, {"peer", {{"address", evil}}}};
  const Json sessions{{"sessions", Json::array({session})}};
  const Json ids{{"sessions", Json::array({evil})}};
  const Json problem{{"title", evil}, {"detail", evil}, {"hint", evil}};
  Json unconnected = status;
  unconnected["ipsec"]["vici"] = {{"path", evil}, {"error", evil}, {"hint", evil}};
  for (const std::string& report :
       {StatusReport(status, kPlain), StatusReport(unconnected, kPlain),
        SessionsTable(sessions, {}, kPlain), SessionReport(session, kPlain),
        EventLine({{"type", evil}}, kPlain), DisconnectReport(ids, false),
        ProblemReport(problem)}) {
    EXPECT_THAT(report, Not(HasSubstr("\x1B")));
    EXPECT_THAT(report, Not(HasSubstr("\u009B")));
    EXPECT_THAT(report, Not(HasSubstr("\r")));
    EXPECT_THAT(report, HasSubstr("a\uFFFD[2J\uFFFDb\uFFFD"));
  }
}

TEST(DialsReport, IsATable) {
  const Json answer = Json::parse(R"({"dials":[
    {"name":"hq","server":"vpn.example.org","state":"waiting","attempts":3,"sessions_wanted":2,
     "next_attempt_seconds":12,"last_failure":"the peer does not answer\u001b[2J","sessions":[]},
    {"name":"branch","server":"192.0.2.1","state":"up","attempts":1,"sessions_wanted":1,
     "next_attempt_seconds":null,"last_failure":null,"sessions":["0f3a91"]},
    {}]})");
  EXPECT_EQ(DialsReport(answer, kPlain),
            "NAME    SERVER           STATE    SESSIONS  ATTEMPTS  NEXT  LAST FAILURE\n"
            "hq      vpn.example.org  waiting       0/2         3   12s  the peer does not "
            "answer\uFFFD[2J\n"
            "branch  192.0.2.1        up            1/1         1     -  -\n"
            "-       -                -             0/0         0     -  -\n");
}

TEST(WhyReport, TellsAStory) {
  const Json answer = Json::parse(R"({"attempts":[
    {"address":"203.0.113.7","identity":"192.168.1.20","user":null,"stage_title":"IKE main mode",
     "title":"no common IKE proposal","detail":"the client offers A; we accept B",
     "hint":"Update the client.","steps":["it began IKEv1 main mode",7,"evil\u001b[2J"],
     "first":"2026-11-22T07:10:04Z","last":"2026-11-22T07:12:00Z","count":3},
    {"address":"203.0.113.8","user":"bob","stage_title":"PPP authentication",
     "title":"wrong password","detail":null,"hint":"Type it anew.","steps":[],
     "first":"2026-11-22T07:10:04Z","last":"2026-11-22T07:10:04Z","count":1}]})");
  EXPECT_EQ(WhyReport(answer, "", kPlain),
            "203.0.113.7, identity 192.168.1.20\n"
            "  2026-11-22T07:12:00Z, 3 times since 2026-11-22T07:10:04Z\n"
            "    it began IKEv1 main mode\n"
            "    evil\uFFFD[2J\n"
            "  It ended in IKE main mode: no common IKE proposal\n"
            "    the client offers A; we accept B\n"
            "  What to do: Update the client.\n"
            "\n"
            "203.0.113.8, user bob\n"
            "  2026-11-22T07:10:04Z\n"
            "  It ended in PPP authentication: wrong password\n"
            "  What to do: Type it anew.\n");
  EXPECT_EQ(WhyReport(Json::object(), "", kPlain), "No failed attempt of any client is known.\n");
}

TEST(DisconnectReport, NamesTheSessions) {
  const Json answer{{"matched", 2}, {"sessions", {"a1", "b2"}}};
  EXPECT_EQ(DisconnectReport(answer, false), "Disconnecting 2 sessions: a1 b2\n");
  EXPECT_EQ(DisconnectReport(answer, true), "Would disconnect 2 sessions: a1 b2\n");
  EXPECT_EQ(DisconnectReport(Json::object(), false), "Disconnecting 0 sessions\n");
}

TEST(ProblemReport, GivesDetailAndHint) {
  EXPECT_EQ(ProblemReport({{"title", "No such session"}, {"detail", "a1"}, {"hint", "Look."}}),
            "No such session: a1\nLook.");
  EXPECT_EQ(ProblemReport({{"title", "T"}, {"detail", "one"}, {"errors", {"one", "two"}}}),
            "T: one\ntwo");
  EXPECT_EQ(ProblemReport(Json()), "The daemon refused: no detail given");
}

}  // namespace
}  // namespace sallyport::cli
