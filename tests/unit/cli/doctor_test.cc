// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/doctor.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace sallyport::cli {
namespace {

using testing::HasSubstr;
using Grade = Finding::Grade;

class DoctorTest : public testing::Test {
 protected:
  std::vector<Finding> Findings() const {
    return Examine({.read = [this](const std::string& path) -> std::optional<std::string> {
                      const auto found = files_.find(path);
                      return found == files_.end() ? std::nullopt : std::optional(found->second);
                    },
                    .kernel_release = "6.1.0",
                    .clock_is_synchronised = synchronised_,
                    .configured = configured_,
                    .status = status_});
  }

  Finding Named(const char* part) const {
    for (const Finding& finding : Findings()) {
      if (finding.what.find(part) != std::string::npos) return finding;
    }
    ADD_FAILURE() << "no finding has " << part;
    return Finding{.grade = Grade::kProblem, .what = "", .advice = ""};
  }

  /// The one finding that is not well.
  Finding Trouble() const {
    std::vector<Finding> troubles;
    for (const Finding& finding : Findings()) {
      if (finding.grade != Grade::kOk) troubles.push_back(finding);
    }
    EXPECT_EQ(troubles.size(), 1U) << DoctorReport(troubles, Style(false));
    return troubles.empty() ? Finding() : troubles[0];
  }

  std::map<std::string, std::string> files_{
      {"/proc/modules",
       "l2tp_ppp 1 0 - Live 0x0\nl2tp_netlink 1 0 - Live 0x0\nesp4 1 0\nxfrm_user 1 0\nnf_tables 1 "
       "0\nnft_xfrm 1 "
       "0\n"},
      {"/lib/modules/6.1.0/modules.builtin", "kernel/drivers/net/ppp/ppp_generic.ko\n"},
      {"/proc/sys/net/ipv4/ip_forward", "1\n"},
      {"/proc/sys/net/ipv4/conf/all/rp_filter", "2\n"},
      {"/proc/net/udp",
       "  sl  local_address rem_address   st\n"
       "  1: 00000000:01F4 00000000:0000 07\n  2: 0100007F:1194 00000000:0000 07\n"},
      {"/proc/net/route",
       "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
       "eth1\t0000FEA9\t00000000\t0001\t0\t0\t0\t0000FFFF\n"
       "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\n"},
      {"/sys/class/net/eth0/mtu", "1500\n"}};
  bool synchronised_ = true;
  bool configured_ = true;
  Expected<Json, CallError> status_ = Json::parse(
      R"({"state":"running","ipsec":{"required":true,"vici":{"connected":true,"version":"5.9.8"}}})");
};

TEST_F(DoctorTest, AHealthyMachine_HasNothingToComplainOf) {
  for (const Finding& finding : Findings()) EXPECT_EQ(finding.grade, Grade::kOk) << finding.what;
}

constexpr const char* kDecryptedIn =
    "-A ufw-before-input -m policy --dir in --pol ipsec -p udp -j ACCEPT\n";

TEST_F(DoctorTest, Ufw_HasToLetClientsIn) {
  files_["/etc/ufw/ufw.conf"] = "# ENABLED=yes starts it\nENABLED=yes\n";
  EXPECT_THAT(Trouble().what, HasSubstr("only root"));
  files_["/etc/ufw/before.rules"] = "";
  for (const auto& [rules, missing] : std::vector<std::pair<std::string, const char*>>{
           {"", "let in UDP 500, UDP 4500, ESP, UDP that came out of ESP"},
           {"-A ufw-user-input -p udp -m multiport --dports 500,4500 -j ACCEPT\n",
            "let in ESP, UDP that came out of ESP"},
           {"-A ufw-user-input -p udp --dport 400:600 -j ACCEPT\n", "let in UDP 4500, ESP"},
           {"-A ufw-user-input -p udp --dport 500 -j ufw-user-limit-accept\n", "let in UDP 4500,"},
           // What looks like it and is something else.
           {"-A ufw-user-input -p udp --dport 500 -j DROP\n", "let in UDP 500,"},
           {"-A ufw-user-input -p tcp --dport 500 -j ACCEPT\n", "let in UDP 500,"},
           {"-A ufw-user-input -p udp --dport 500 -s 10.0.0.0/8 -j ACCEPT\n", "let in UDP 500,"},
           {"-A ufw-user-input -p udp --dport 5000 -j ACCEPT\n", "let in UDP 500,"},
           {"-A ufw-user-output -p udp --dport 500 -j ACCEPT\n", "let in UDP 500,"},
           {"# -A ufw-user-input -p udp --dport 500 -j ACCEPT\n", "let in UDP 500,"}}) {
    files_["/etc/ufw/user.rules"] = rules;
    EXPECT_THAT(Trouble().what, HasSubstr(missing)) << rules;
  }
  files_["/etc/ufw/user.rules"] =
      "-A ufw-user-input -p udp -m multiport --dports 500,4500 -j ACCEPT\n";
  files_["/etc/ufw/before.rules"] =
      std::string("-A ufw-before-input -p esp -j ACCEPT\n") + kDecryptedIn;
  EXPECT_EQ(Named("ufw lets IKE").grade, Grade::kOk);
  files_["/etc/ufw/user.rules"] = "";
  files_["/etc/default/ufw"] = "IPV6=yes\nDEFAULT_INPUT_POLICY=\"ACCEPT\"\n";
  EXPECT_EQ(Named("what no rule forbids").grade, Grade::kOk);
  files_["/etc/default/ufw"] = "DEFAULT_INPUT_POLICY=\"DROP\"\n";
  (*status_)["ipsec"]["required"] = false;
  EXPECT_THAT(Named("a firewall is not looked at").advice, HasSubstr("1701"));
}

TEST_F(DoctorTest, Firewalld_HasToLetClientsIn) {
  EXPECT_EQ(Named("neither ufw nor firewalld").grade, Grade::kOk);
  files_["/sys/fs/cgroup/system.slice/firewalld.service/cgroup.procs"] = "12\n";
  EXPECT_THAT(Trouble().what, HasSubstr("only root"));
  files_["/etc/firewalld/firewalld.conf"] = "# DefaultZone=home\nDefaultZone=external\n";
  for (const auto& [zone, missing] : std::vector<std::pair<std::string, const char*>>{
           {"", "external does not let in IKE and ESP, nor UDP 1701"},
           {"<zone><service name=\"sallyport\"/></zone>", "external does not let in UDP 1701"},
           {"<zone><port port=\"1701\" protocol=\"udp\"/></zone>", "does not let in IKE and ESP"},
           // What looks like it and is something else.
           {"<zone><!-- <service name=\"ipsec\"/> --></zone>", "IKE and ESP, nor"},
           {"<zone><rule><service name=\"ipsec\"/><reject/></rule></zone>", "IKE and ESP, nor"},
           {"<zone><port port=\"1701\" protocol=\"tcp\"/></zone>", "nor UDP 1701"},
           {"<zone><source-port port=\"1701\" protocol=\"udp\"/></zone>", "nor UDP 1701"}}) {
    files_["/etc/firewalld/zones/external.xml"] = zone;
    EXPECT_THAT(Trouble().what, HasSubstr(missing)) << zone;
  }
  EXPECT_THAT(Trouble().advice, HasSubstr("--permanent --add-service=sallyport', 'firewall-cmd"));
  for (const char* zone : {"<zone>\n  <service name=\"ipsec\"/>\n  <port protocol=\"udp\" "
                           "port=\"1025-65535\"/>\n</zone>",
                           "<zone target=\"ACCEPT\">\n</zone>"}) {
    files_["/etc/firewalld/zones/external.xml"] = zone;
    EXPECT_EQ(Named("zone external lets IKE").grade, Grade::kOk) << zone;
  }
  files_["/usr/lib/firewalld/zones/external.xml"] = files_["/etc/firewalld/zones/external.xml"];
  files_.erase("/etc/firewalld/zones/external.xml");
  EXPECT_EQ(Named("zone external lets IKE").grade, Grade::kOk) << "as it was delivered";
}

TEST_F(DoctorTest, ADefaultRouteOfIpv6_IsOneToo) {
  files_.erase("/proc/net/route");
  files_["/proc/net/ipv6_route"] =
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
      "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";
  EXPECT_THAT(Trouble().what, HasSubstr("no default route"));
  files_["/proc/net/ipv6_route"] +=
      "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
      "fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth0\n";
  for (const Finding& finding : Findings()) EXPECT_EQ(finding.grade, Grade::kOk) << finding.what;
}

TEST_F(DoctorTest, EachTrouble_IsFoundAloneAndSaysWhatToDo) {
  const auto files = files_;
  const auto status = *status_;
  const auto expect = [&](const char* what, Grade grade) {
    const Finding trouble = Trouble();
    EXPECT_THAT(trouble.what, HasSubstr(what));
    EXPECT_EQ(trouble.grade, grade) << what;
    EXPECT_NE(trouble.advice, "") << what;
    files_ = files;
    status_ = status;
    synchronised_ = true;
  };
  files_["/lib/modules/6.1.0/modules.builtin"] = "";
  expect("the kernel lacks ppp_generic", Grade::kProblem);
  files_.erase("/lib/modules/6.1.0/modules.builtin");
  expect("the kernel has not loaded ppp_generic", Grade::kWarning);
  files_["/proc/sys/net/ipv4/ip_forward"] = "0\n";
  expect("IPv4 is not forwarded", Grade::kProblem);
  files_["/proc/sys/net/ipv4/conf/all/rp_filter"] = "1\n";
  expect("strict", Grade::kWarning);
  files_["/proc/net/udp"] = "  1: 00000000:01F4 00000000:1194 07\n";  // the far end's port
  expect("nobody listens", Grade::kProblem);
  files_["/sys/class/net/eth0/mtu"] = "1400\n";
  expect("MTU of 1400", Grade::kWarning);
  files_.erase("/proc/net/route");
  expect("no default route", Grade::kWarning);
  synchronised_ = false;
  expect("clock", Grade::kWarning);
  (*status_)["ipsec"]["vici"] = {{"connected", false}, {"error", nullptr}};
  expect("charon has not answered yet", Grade::kWarning);
  (*status_)["state"] = "draining";
  expect("refuses new clients", Grade::kWarning);
  (*status_)["ipsec"]["vici"] = {
      {"connected", false}, {"error", "no socket"}, {"hint", "Start it."}};
  expect("charon cannot be used: no socket", Grade::kProblem);
  (*status_)["ipsec"]["vici"] = {{"connected", true},
                                 {"version", "6"},
                                 {"error", "it has no IKEv1"},
                                 {"hint", "Use another."}};
  expect("charon answers, but it has no IKEv1", Grade::kProblem);
  files_["/proc/sys/net/ipv4/conf/all/rp_filter"] = "0\n";
  files_["/proc/sys/net/ipv4/conf/eth0/rp_filter"] = "1\n";
  expect("strict", Grade::kWarning);
  (*status_)["pools"] = {{{"name", "default"}, {"ipv6", {{"size", 16U}}}}};
  files_["/proc/sys/net/ipv6/conf/all/forwarding"] = "0\n";
  expect("IPv6 is not forwarded", Grade::kProblem);
  (*status_)["drops"]["l2tp"]["clear_text"] = 3U;
  expect("3 L2TP packets came outside of IPsec", Grade::kWarning);
  (*status_)["ipsec"]["required"] = false;
  expect("IPsec is not required", Grade::kWarning);
}

TEST_F(DoctorTest, AbsentDaemon_IsAProblem) {
  status_ = Unexpected{CallError{CallError::Kind::kUnreachable, "No such file or directory"}};
  const auto findings = Findings();
  EXPECT_EQ(findings[0].grade, Grade::kProblem);
  EXPECT_THAT(findings[0].what, HasSubstr("No such file or directory"));
  EXPECT_THAT(findings[0].advice, HasSubstr("systemctl start sallyportd"));
}

TEST_F(DoctorTest, ANewServer_IsToldWhatMakesItsConfiguration) {
  status_ = Unexpected{CallError{CallError::Kind::kUnreachable, "No such file or directory"}};
  configured_ = false;
  EXPECT_THAT(Findings()[0].advice, HasSubstr("sallyport init"));
}

TEST_F(DoctorTest, ADaemonThatHangs_IsNotToBeStarted) {
  status_ = Unexpected{CallError{CallError::Kind::kTimeout, ""}};
  EXPECT_THAT(Findings()[0].what, HasSubstr("does not answer in time"));
  EXPECT_THAT(Findings().back().what, HasSubstr("not known"));
}

TEST_F(DoctorTest, AnUplinkOfPppoe_IsWideEnough) {
  files_["/sys/class/net/eth0/mtu"] = "1492\n";
  for (const Finding& finding : Findings()) EXPECT_EQ(finding.grade, Grade::kOk) << finding.what;
}

TEST_F(DoctorTest, ADaemonThatMayNotBeAsked_IsNotToBeStarted) {
  status_ = Unexpected{CallError{CallError::Kind::kForbidden, "Permission denied"}};
  const auto findings = Findings();
  EXPECT_EQ(findings[0].grade, Grade::kProblem);
  EXPECT_THAT(findings[0].what, HasSubstr("Permission denied"));
  EXPECT_THAT(findings[0].advice, HasSubstr("usermod -aG sallyport-admin"));
}

TEST_F(DoctorTest, AMachineThatTellsNothing_IsNoCrash) {
  files_.clear();
  status_ = Json();
  EXPECT_EQ(Findings().size(), 10U);
}

TEST(DoctorReport, HasALineEachAndTheAdviceBelow) {
  EXPECT_EQ(DoctorReport({{Grade::kOk, "all\x1Bwell", ""}, {Grade::kProblem, "bad", "Mend it."}},
                         Style(false)),
            "ok       all\uFFFDwell\nproblem  bad\n         Mend it.\n");
  EXPECT_EQ(ToJson({{Grade::kWarning, "odd", "Look."}}).dump(),
            R"({"findings":[{"grade":"warning","what":"odd","advice":"Look."}]})");
}

}  // namespace
}  // namespace sallyport::cli
