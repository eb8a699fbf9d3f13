// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/doctor.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <sstream>

#include "cli/firewall.h"

namespace sallyport::cli {
namespace {

using Grade = Finding::Grade;

std::string FirstWord(const std::optional<std::string>& text) {
  std::istringstream words(text.value_or(""));
  std::string word;
  words >> word;
  return word;
}

/// What is built into the kernel: lines like "kernel/net/netfilter/nf_tables.ko".
std::string BuiltinModulesFile(const Patient& patient) {
  return "/lib/modules/" + patient.kernel_release + "/modules.builtin";
}

/// Loaded, or built into the kernel.
bool HasModule(const Patient& patient, const std::string& name) {
  std::istringstream loaded(patient.read("/proc/modules").value_or(""));
  for (std::string line; std::getline(loaded, line);) {
    if (line.starts_with(name + ' ')) return true;
  }
  const auto builtin = patient.read(BuiltinModulesFile(patient)).value_or("");
  return builtin.find('/' + name + ".ko") != builtin.npos;
}

Finding ExamineDaemon(const Patient& patient) {
  if (!patient.status && patient.status.error().kind == CallError::Kind::kForbidden) {
    return {Grade::kProblem, "sallyportd may not be asked: " + patient.status.error().detail,
            "Run this as root, or join the group: 'usermod -aG sallyport-admin USER', then log in "
            "anew."};
  }
  if (!patient.status) {
    if (!patient.configured) {
      return {Grade::kProblem, "sallyportd has no configuration yet",
              "'sallyport init' makes /etc/sallyport/sallyport.toml; it says what comes next."};
    }
    if (patient.status.error().kind == CallError::Kind::kTimeout) {
      return {
          Grade::kProblem, "sallyportd takes calls and does not answer in time",
          "Look at 'journalctl -u sallyportd'; 'systemctl restart sallyportd' ends all sessions."};
    }
    return {Grade::kProblem, "sallyportd does not answer: " + patient.status.error().detail,
            "Start it with 'systemctl start sallyportd', then look at 'journalctl -u sallyportd'. "
            "'sallyport config check' tells whether the configuration is valid."};
  }
  const std::string state = Text(*patient.status, {"state"});
  if (state == "draining") {
    return {Grade::kWarning, "sallyportd runs and refuses new clients (drain)",
            "'sallyport undrain' takes them again."};
  }
  if (state == "running") return {Grade::kOk, "sallyportd runs", ""};
  return {Grade::kProblem, "sallyportd is " + state, "Wait, then start it again."};
}

Finding ExamineIke(const Patient& patient) {
  if (!patient.status) return {Grade::kWarning, "IKE: not known while sallyportd is silent", ""};
  const Json& status = *patient.status;
  if (!Flag(status, {"ipsec", "required"})) {
    return {Grade::kWarning, "IPsec is not required: L2TP is taken in the clear",
            "Set ipsec.required = true unless the network is protected in another way."};
  }
  if (Flag(status, {"ipsec", "vici", "connected"})) {
    const std::string lack = Text(status, {"ipsec", "vici", "error"}, "");
    if (!lack.empty()) {
      return {Grade::kProblem, "charon answers, but " + lack,
              Text(status, {"ipsec", "vici", "hint"}, "Look at 'journalctl -u strongswan'.")};
    }
    return {Grade::kOk, "charon " + Text(status, {"ipsec", "vici", "version"}) + " answers", ""};
  }
  if (Text(status, {"ipsec", "vici", "error"}, "").empty()) {
    return {Grade::kWarning, "charon has not answered yet", "Ask again in some seconds."};
  }
  return {Grade::kProblem,
          "charon cannot be used: " + Text(status, {"ipsec", "vici", "error"}, "no reason given"),
          Text(status, {"ipsec", "vici", "hint"}, "Look at 'journalctl -u strongswan'.")};
}

Finding ExamineModules(const Patient& patient) {
  std::string missing;
  for (const char* name :
       {"l2tp_ppp", "l2tp_netlink", "ppp_generic", "esp4", "xfrm_user", "nf_tables", "nft_xfrm"}) {
    if (!HasModule(patient, name)) missing += (missing.empty() ? "" : " ") + std::string(name);
  }
  if (missing.empty()) return {Grade::kOk, "the kernel's modules are loaded", ""};
  if (const std::string file = BuiltinModulesFile(patient); !patient.read(file)) {
    return {
        Grade::kWarning, "the kernel has not loaded " + missing,
        "They may be built in: there is no " + file + " to tell. If sallyportd starts, they are."};
  }
  return {
      Grade::kProblem, "the kernel lacks " + missing,
      fmt::format("Try 'modprobe -a {0}'. Where there is no such module: Debian's cloud kernels "
                  "have no PPP, install linux-image-amd64; Ubuntu needs "
                  "linux-modules-extra-{1}; Fedora and RHEL need kernel-modules-extra and no "
                  "blacklist of l2tp in /etc/modprobe.d.",
                  missing, patient.kernel_release)};
}

/// A UDP port that somebody is bound to: the third column's second half in /proc/net/udp.
bool IsBound(const Patient& patient, unsigned port) {
  const std::string wanted = fmt::format(":{:04X} ", port);
  for (const char* path : {"/proc/net/udp", "/proc/net/udp6"}) {
    std::istringstream lines(patient.read(path).value_or(""));
    for (std::string line; std::getline(lines, line);) {
      // "  sl  local_address rem_address": the first address is ours.
      const size_t at = line.find(wanted);
      if (at != line.npos && line.find(':', line.find(':') + 1) == at) return true;
    }
  }
  return false;
}

/// Unless the daemon says that it does not.
bool WantsIpsec(const Patient& patient) {
  return !patient.status || Flag(*patient.status, {"ipsec", "required"});
}

Finding ExaminePorts(const Patient& patient) {
  if (!WantsIpsec(patient)) return {Grade::kOk, "IKE's ports are not needed", ""};
  if (IsBound(patient, 500) && IsBound(patient, 4500)) {
    return {Grade::kOk, "IKE listens on UDP 500 and 4500", ""};
  }
  return {Grade::kProblem, "nobody listens on UDP 500 and 4500",
          "Start charon: 'systemctl start strongswan'."};
}

Finding ExamineForwarding(const Patient& patient) {
  if (FirstWord(patient.read("/proc/sys/net/ipv4/ip_forward")) != "1") {
    return {Grade::kProblem,
            "IPv4 is not forwarded: clients reach this machine and nothing behind it",
            "'sysctl -w net.ipv4.ip_forward=1', and the same in /etc/sysctl.d to last."};
  }
  static const Json kNone = Json::object();
  const Json& status = patient.status ? *patient.status : kNone;
  const auto& pools = ElementsOf(status, "pools");
  const bool ipv6 = std::any_of(pools.begin(), pools.end(), [](const Json& pool) {
    return Number(pool, {"ipv6", "size"}) > 0;
  });
  if (!ipv6) return {Grade::kOk, "IPv4 is forwarded", ""};
  if (FirstWord(patient.read("/proc/sys/net/ipv6/conf/all/forwarding")) == "1") {
    return {Grade::kOk, "IPv4 and IPv6 are forwarded", ""};
  }
  return {
      Grade::kProblem,
      "IPv6 is not forwarded, but a pool has prefixes: clients reach nothing over it",
      "'sysctl -w net.ipv6.conf.all.forwarding=1', and the same in /etc/sysctl.d to last; where "
      "the uplink's route comes from router advertisements its accept_ra = 2 besides."};
}

/// The device of the default route of IPv6: destination and its length 0 in /proc/net/ipv6_route.
std::string DefaultDeviceV6(const Patient& patient) {
  constexpr std::string_view kEverywhere = "00000000000000000000000000000000 00 ";
  std::istringstream lines(patient.read("/proc/net/ipv6_route").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::string device = line.substr(line.rfind(' ') + 1);
    // What leads nowhere is lo's.
    if (line.starts_with(kEverywhere) && device != "lo") return device;
  }
  return {};
}

/// The device of the default route of IPv4, or else of IPv6: destination and mask 0 in
/// /proc/net/route.
std::string DefaultDevice(const Patient& patient) {
  std::istringstream lines(patient.read("/proc/net/route").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::array<std::string, 8> columns;
    for (std::string& column : columns) words >> column;
    if (columns[1] == "00000000" && columns[7] == "00000000") return columns[0];
  }
  return DefaultDeviceV6(patient);
}

Finding ExamineReversePath(const Patient& patient) {
  // ip-sysctl: what counts is the larger one of all's and the interface's.
  const auto setting = [&patient](const std::string& whose) {
    return FirstWord(patient.read("/proc/sys/net/ipv4/conf/" + whose + "/rp_filter"));
  };
  const std::string device = DefaultDevice(patient);
  const std::string largest = std::max(setting("all"), device.empty() ? "" : setting(device));
  if (largest != "1") return {Grade::kOk, "the reverse path filter is not strict", ""};
  return {Grade::kWarning,
          "the reverse path filter is strict (rp_filter = 1): with several uplinks packets may be "
          "dropped",
          "'sysctl -w net.ipv4.conf.all.rp_filter=2' (loose) unless there is one uplink only."};
}

Finding ExamineMtu(const Patient& patient) {
  const std::string device = DefaultDevice(patient);
  if (device.empty()) {
    return {Grade::kWarning, "there is no default route",
            "Clients from elsewhere cannot be answered without a route to them."};
  }
  const std::string text = FirstWord(patient.read("/sys/class/net/" + device + "/mtu"));
  unsigned mtu = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), mtu);
  // The 1400 that ppp.mtu gives by default are 1492 at most outside (NAT-T, ESP, L2TP, PPP): PPPoE.
  constexpr unsigned kEnough = 1492;
  if (mtu >= kEnough) return {Grade::kOk, fmt::format("{} has an MTU of {}", device, mtu), ""};
  return {Grade::kWarning, fmt::format("{} has an MTU of {} only", device, text),
          "Each session gets an MTU that fits; clients that do not take it have their packets "
          "fragmented."};
}

Finding ExamineClock(const Patient& patient) {
  if (patient.clock_is_synchronised) return {Grade::kOk, "the clock is synchronised", ""};
  return {Grade::kWarning, "the clock is not synchronised",
          "Install chrony or enable systemd-timesyncd: logs, certificates and accounting need it."};
}

Finding ExamineDrops(const Patient& patient) {
  if (!patient.status) {
    return {Grade::kWarning, "L2TP in the clear: not known while sallyportd is silent", ""};
  }
  const uint64_t dropped = Number(*patient.status, {"drops", "l2tp", "clear_text"});
  if (dropped == 0) return {Grade::kOk, "no L2TP came in the clear", ""};
  return {Grade::kWarning,
          fmt::format("{} L2TP packets came outside of IPsec and were dropped", dropped),
          "A client is configured without IPsec, or a NAT in front of this machine rewrites "
          "addresses that IKE has agreed on."};
}

std::string Mark(Grade grade, const Style& style) {
  switch (grade) {
    case Grade::kOk:
      return style.Green("ok     ");
    case Grade::kWarning:
      return style.Yellow("warning");
    case Grade::kProblem:
      return style.Red("problem");
  }
  return "";
}

const char* Word(Grade grade) {
  return grade == Grade::kOk ? "ok" : grade == Grade::kWarning ? "warning" : "problem";
}

}  // namespace

std::vector<Finding> Examine(const Patient& patient) {
  return {ExamineDaemon(patient),
          ExamineIke(patient),
          ExamineModules(patient),
          ExaminePorts(patient),
          ExamineFirewall(patient, WantsIpsec(patient)),
          ExamineForwarding(patient),
          ExamineReversePath(patient),
          ExamineMtu(patient),
          ExamineClock(patient),
          ExamineDrops(patient)};
}

std::string DoctorReport(const std::vector<Finding>& findings, const Style& style) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{}  {}\n", Mark(finding.grade, style), TerminalText(finding.what));
    if (finding.advice.empty()) continue;
    text += fmt::format("         {}\n", TerminalText(finding.advice));
  }
  return text;
}

Json ToJson(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back(
        {{"grade", Word(finding.grade)}, {"what", finding.what}, {"advice", finding.advice}});
  }
  return {{"findings", std::move(list)}};
}

}  // namespace sallyport::cli
