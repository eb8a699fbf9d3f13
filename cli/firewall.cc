// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/firewall.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::cli {
namespace {

using Grade = Finding::Grade;
using Words = std::vector<std::string>;

/// The word after `option`; empty when there is none.
std::string ValueOf(const Words& rule, std::string_view option) {
  const auto found = std::ranges::find(rule, option);
  return found == rule.end() || std::next(found) == rule.end() ? "" : *std::next(found);
}

/// Rules of iptables-restore(8) that let something in: "-A ufw-user-input ... -j ACCEPT".
std::vector<Words> AcceptedIn(const std::string& text) {
  std::vector<Words> rules;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Words rule{std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()};
    if (rule.empty() || rule.front() != "-A" || !ValueOf(rule, "-A").ends_with("-input")) continue;
    const std::string verdict = ValueOf(rule, "-j");
    // ufw's `limit` accepts in a chain of its own.
    if (verdict == "ACCEPT" || verdict.ends_with("-limit-accept")) rules.push_back(std::move(rule));
  }
  return rules;
}

unsigned PortIn(std::string_view text) {
  unsigned port = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

/// Whether `ports`, as in "500,4500" or "4000:5000", has that one.
bool Covers(const std::string& ports, unsigned port) {
  std::istringstream list(ports);
  for (std::string range; std::getline(list, range, ',');) {
    const size_t colon = range.find(':');
    const unsigned first = PortIn(range);
    const unsigned last = colon == range.npos ? first : PortIn(range.substr(colon + 1));
    if (first != 0 && first <= port && port <= last) return true;
  }
  return false;
}

bool IsForUdp(const Words& rule, unsigned port) {
  const std::string protocol = ValueOf(rule, "-p");
  return (protocol.empty() || protocol == "udp") &&
         (Covers(ValueOf(rule, "--dport"), port) || Covers(ValueOf(rule, "--dports"), port));
}

/// What `rules` do not let in of what clients send; empty: nothing.
std::string MissingIn(const std::vector<Words>& rules) {
  std::string missing;
  const auto expect = [&](const char* what, const auto& lets_in) {
    if (std::ranges::any_of(rules, lets_in)) return;
    missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  expect("UDP 500", [](const Words& rule) { return IsForUdp(rule, 500); });
  expect("UDP 4500", [](const Words& rule) { return IsForUdp(rule, 4500); });
  expect("ESP", [](const Words& rule) { return ValueOf(rule, "-p") == "esp"; });
  expect("UDP that came out of ESP",
         [](const Words& rule) { return ValueOf(rule, "--pol") == "ipsec"; });
  return missing;
}

/// The value of "NAME=value" on a line of its own, without quotes.
std::string Setting(const std::string& text, std::string_view name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != '=') continue;
    std::string value = line.substr(name.size() + 1);
    std::erase(value, '"');
    return value;
  }
  return {};
}

Finding OnlyRootCanSee(const std::string& firewall) {
  return {Grade::kWarning, firewall + " is on; whether it lets clients in only root can see",
          "Run this as root."};
}

/// ufw's rules and what is added in its files. Those of IPv4; IPv6 has its own.
Finding ExamineUfw(const Patient& patient) {
  if (Setting(patient.read("/etc/default/ufw").value_or(""), "DEFAULT_INPUT_POLICY") == "ACCEPT") {
    return {Grade::kOk, "ufw is on, and lets in what no rule forbids", ""};
  }
  const auto rules = patient.read("/etc/ufw/user.rules");
  const auto before = patient.read("/etc/ufw/before.rules");
  if (!rules || !before) return OnlyRootCanSee("ufw");
  const std::string missing = MissingIn(AcceptedIn(*rules + '\n' + *before));
  if (missing.empty()) return {Grade::kOk, "ufw lets IKE, ESP and what was in it in", ""};
  return {Grade::kWarning, "ufw is on, and its rules do not let in " + missing,
          "'ufw allow Sallyport' is for IKE; operations.md, \"As a service\", has the lines for "
          "/etc/ufw/before.rules, and before6.rules; then 'ufw reload'."};
}

/// firewalld's zones are files as soon as somebody has changed them; the one by default counts.
Finding ExamineFirewalld(const Patient& patient) {
  const auto config = patient.read("/etc/firewalld/firewalld.conf");
  if (!config) return OnlyRootCanSee("firewalld");
  std::string zone = Setting(*config, "DefaultZone");
  if (zone.empty()) zone = "public";
  const std::string text = patient.read("/etc/firewalld/zones/" + zone + ".xml").value_or("");
  const bool ike = text.find("<service name=\"sallyport\"") != text.npos ||
                   text.find("<service name=\"ipsec\"") != text.npos;
  const bool decrypted = text.find("port=\"1701\" protocol=\"udp\"") != text.npos ||
                         text.find("protocol=\"udp\" port=\"1701\"") != text.npos;
  if (ike && decrypted) {
    return {Grade::kOk, "firewalld's zone " + zone + " lets IKE, ESP and what was in it in", ""};
  }
  return {
      Grade::kWarning,
      "firewalld is on, and its zone " + zone +
          (ike ? " has no UDP 1701, as which comes in what was in ESP"
               : " has neither service sallyport nor ipsec"),
      "'firewall-cmd --permanent --add-service=sallyport --add-port=1701/udp' and 'firewall-cmd "
      "--reload', unless clients come in by another zone. The daemon's own table keeps out what "
      "was not in ESP."};
}

/// Its unit has processes. It writes no PID file as a service.
bool RunsFirewalld(const Patient& patient) {
  return !patient.read("/sys/fs/cgroup/system.slice/firewalld.service/cgroup.procs")
              .value_or("")
              .empty();
}

}  // namespace

Finding ExamineFirewall(const Patient& patient, bool ipsec) {
  if (!ipsec) {
    return {Grade::kOk, "a firewall is not looked at where IPsec is not required",
            "It has to let in the UDP port of L2TP: l2tp.port, 1701 by default."};
  }
  if (Setting(patient.read("/etc/ufw/ufw.conf").value_or(""), "ENABLED") == "yes") {
    return ExamineUfw(patient);
  }
  if (RunsFirewalld(patient)) return ExamineFirewalld(patient);
  return {Grade::kOk, "neither ufw nor firewalld is on",
          "Another firewall has to let in UDP 500 and 4500, ESP (protocol 50), and the UDP that "
          "came out of ESP; UDP 1701 it need not."};
}

}  // namespace sallyport::cli
