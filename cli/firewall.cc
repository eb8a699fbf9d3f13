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

/// Whether `rule` is for packets of some networks or devices only, which need not be the clients'.
bool IsForSome(const Words& rule) {
  return std::ranges::any_of(
      rule, [](const std::string& word) { return word == "-s" || word == "-d" || word == "-i"; });
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
    const bool accepts = verdict == "ACCEPT" || verdict.ends_with("-limit-accept");
    if (accepts && !IsForSome(rule)) rules.push_back(std::move(rule));
  }
  return rules;
}

unsigned PortIn(std::string_view text) {
  unsigned port = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

/// Whether `ports`, as in "500,4500", "4000:5000" or "1025-65535", has that one.
bool Covers(const std::string& ports, unsigned port) {
  std::istringstream list(ports);
  for (std::string range; std::getline(list, range, ',');) {
    const size_t dash = range.find_first_of(":-");
    const unsigned first = PortIn(range);
    const unsigned last = dash == range.npos ? first : PortIn(range.substr(dash + 1));
    if (first != 0 && first <= port && port <= last) return true;
  }
  return false;
}

bool IsForUdp(const Words& rule) {
  const std::string protocol = ValueOf(rule, "-p");
  return protocol.empty() || protocol == "udp";
}

bool IsForUdp(const Words& rule, unsigned port) {
  return IsForUdp(rule) &&
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
         [](const Words& rule) { return IsForUdp(rule) && ValueOf(rule, "--pol") == "ipsec"; });
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

/// Without what lies between `begin` and `end`, those included.
std::string Without(std::string text, std::string_view begin, std::string_view end) {
  for (size_t at = text.find(begin); at != text.npos; at = text.find(begin, at)) {
    const size_t last = text.find(end, at);
    text.erase(at, last == text.npos ? text.npos : last + end.size() - at);
  }
  return text;
}

/// One zone of firewalld.zone(5), as far as it matters here.
class Zone {
 public:
  explicit Zone(const std::string& text)
      : text_(Without(Without(text, "<!--", "-->"), "<rule", "</rule>")) {}

  bool TakesAll() const { return Has("zone", "target=\"ACCEPT\""); }
  bool TakesIke() const {
    return Has("service", "name=\"sallyport\"") || Has("service", "name=\"ipsec\"");
  }
  bool TakesUdp(unsigned port) const {
    return AnyOf("port", [port](const std::string& tag) {
      constexpr std::string_view kPort = " port=\"";
      const size_t begin = tag.find(kPort);
      if (begin == tag.npos || tag.find("protocol=\"udp\"") == tag.npos) return false;
      const std::string ports = tag.substr(begin + kPort.size());
      return Covers(ports.substr(0, ports.find('"')), port);
    });
  }

 private:
  /// Whether one of the tags of that name is as `is_it` wants it.
  bool AnyOf(const std::string& name, const auto& is_it) const {
    const std::string begin = "<" + name + " ";
    for (size_t at = text_.find(begin); at != text_.npos; at = text_.find(begin, at + 1)) {
      if (is_it(text_.substr(at, text_.find('>', at) - at))) return true;
    }
    return false;
  }
  bool Has(const std::string& name, std::string_view attribute) const {
    return AnyOf(name,
                 [attribute](const std::string& tag) { return tag.find(attribute) != tag.npos; });
  }

  std::string text_;
};

/// The zone by default counts. It is in /etc as soon as somebody has changed it.
Finding ExamineFirewalld(const Patient& patient) {
  const auto config = patient.read("/etc/firewalld/firewalld.conf");
  if (!config) return OnlyRootCanSee("firewalld");
  std::string name = Setting(*config, "DefaultZone");
  if (name.empty()) name = "public";
  auto text = patient.read("/etc/firewalld/zones/" + name + ".xml");
  if (!text) text = patient.read("/usr/lib/firewalld/zones/" + name + ".xml");
  const Zone zone(text.value_or(""));
  std::string missing;
  std::string commands;
  const auto expect = [&](bool there, const std::string& what, const std::string& option) {
    if (there || zone.TakesAll()) return;
    missing += (missing.empty() ? "" : ", nor ") + what;
    commands += "'firewall-cmd --permanent " + option + "', ";
  };
  expect(zone.TakesIke(), "IKE and ESP", "--add-service=sallyport");
  expect(zone.TakesUdp(1701), "UDP 1701, as which comes in what was in ESP", "--add-port=1701/udp");
  if (missing.empty()) {
    return {Grade::kOk, "firewalld's zone " + name + " lets IKE, ESP and what was in it in", ""};
  }
  return {Grade::kWarning, "firewalld is on, and its zone " + name + " does not let in " + missing,
          commands +
              "and 'firewall-cmd --reload', unless clients come in by another zone. The "
              "daemon's own table keeps out what was not in ESP."};
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
