// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/client_settings.h"

#include <cstdint>
#include <fmt/format.h>

namespace sallyport::cli {
namespace {

/// `text` with every `special` character written as `Escape` wants.
template <typename Escape>
std::string Escaped(std::string_view text, const Escape& escape) {
  std::string out;
  for (const char c : text) out += escape(c);
  return out;
}

/// about_Quoting_Rules: nothing is special in single quotes but the quote, which is doubled.
std::string InPowerShell(std::string_view text) {
  return "'" + Escaped(text, [](char c) { return c == '\'' ? "''" : std::string(1, c); }) + "'";
}

/// POSIX shell, the same quotes.
std::string InShell(std::string_view text) {
  return "'" + Escaped(text, [](char c) { return c == '\'' ? "'\\''" : std::string(1, c); }) + "'";
}

std::string InXml(std::string_view text) {
  return Escaped(text, [](char c) -> std::string {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      default:
        return {c};
    }
  });
}

/// A value of nmcli's list of options: commas end it, backslashes escape (nm-utils).
std::string InNmcliList(std::string_view text) {
  return Escaped(text, [](char c) {
    return c == ',' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  });
}

std::string ForWindows(const ClientAccount& account) {
  return fmt::format(
      "# PowerShell, as the user who is to dial. Windows asks for user and password when it "
      "dials:\n"
      "#   user      {user}\n"
      "#   password  {password}\n"
      "Add-VpnConnection -Name {name} -ServerAddress {server} -TunnelType L2tp -L2tpPsk {psk} `\n"
      "  -AuthenticationMethod MSChapv2 -EncryptionLevel Required -RememberCredential -Force\n"
      "# Only if this server is itself behind NAT: once, as administrator, then restart Windows.\n"
      "# reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent "
      "/v AssumeUDPEncapsulationContextOnSendRule /t REG_DWORD /d 2 /f\n",
      fmt::arg("user", account.user), fmt::arg("password", account.password),
      fmt::arg("name", InPowerShell(account.connection)),
      fmt::arg("server", InPowerShell(account.server)), fmt::arg("psk", InPowerShell(account.psk)));
}

/// Apple's Device Management, object VPN: VPNType L2TP with its dictionaries PPP, IPSec and IPv4.
std::string ForApple(const ClientAccount& account, const std::vector<std::string>& uuids) {
  return fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadDisplayName</key><string>{name}</string>
      <key>PayloadIdentifier</key><string>sallyport.vpn.{inner}</string>
      <key>PayloadType</key><string>com.apple.vpn.managed</string>
      <key>PayloadUUID</key><string>{inner}</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>UserDefinedName</key><string>{name}</string>
      <key>VPNType</key><string>L2TP</string>
      <key>IPSec</key>
      <dict>
        <key>AuthenticationMethod</key><string>SharedSecret</string>
        <key>SharedSecret</key><data>{psk}</data>
      </dict>
      <key>IPv4</key>
      <dict>
        <key>OverridePrimary</key><integer>1</integer>
      </dict>
      <key>PPP</key>
      <dict>
        <key>AuthName</key><string>{user}</string>
        <key>AuthPassword</key><string>{password}</string>
        <key>CommRemoteAddress</key><string>{server}</string>
      </dict>
    </dict>
  </array>
  <key>PayloadDisplayName</key><string>{name}</string>
  <key>PayloadIdentifier</key><string>sallyport.{outer}</string>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadUUID</key><string>{outer}</string>
  <key>PayloadVersion</key><integer>1</integer>
</dict>
</plist>
)",
      fmt::arg("name", InXml(account.connection)), fmt::arg("inner", uuids.at(0)),
      fmt::arg("outer", uuids.at(1)), fmt::arg("psk", Base64(account.psk)),
      fmt::arg("user", InXml(account.user)), fmt::arg("password", InXml(account.password)),
      fmt::arg("server", InXml(account.server)));
}

std::string ForNetworkManager(const ClientAccount& account) {
  const std::string data =
      fmt::format("gateway={}, user={}, ipsec-enabled=yes, ipsec-psk=0s{}, password-flags=0",
                  InNmcliList(account.server), InNmcliList(account.user), Base64(account.psk));
  return fmt::format(
      "# With NetworkManager's L2TP plugin (packages network-manager-l2tp, NetworkManager-l2tp):\n"
      "nmcli connection add type vpn vpn-type l2tp con-name {} vpn.data {} vpn.secrets {}\n",
      InShell(account.connection), InShell(data),
      InShell("password=" + InNmcliList(account.password)));
}

std::string ForAndroid(const ClientAccount& account) {
  return fmt::format(
      "Settings, Network, VPN, new (Android up to 11; 12 and later have no L2TP):\n"
      "  Name                  {}\n"
      "  Type                  L2TP/IPSec PSK\n"
      "  Server address        {}\n"
      "  L2TP secret           (empty)\n"
      "  IPSec identifier      (empty)\n"
      "  IPSec pre-shared key  {}\n"
      "  Username, password    {}, {}\n"
      "Android has MODP 1024 only: such clients need \"legacy = true\", in [ipsec] or better in "
      "an\n"
      "[[ipsec.connection]] for their addresses. Android 4 to 7 needs \"sha256_96 = true\" as "
      "well,\n"
      "only in a connection of their own: it shuts out everybody else.\n",
      account.connection, account.server, account.psk, account.user, account.password);
}

}  // namespace

std::vector<ClientSettings> SettingsFor(const ClientAccount& account,
                                        const std::vector<std::string>& uuids) {
  return {{.system = "Windows", .file = "windows.ps1", .text = ForWindows(account)},
          {.system = "macOS, iOS", .file = "apple.mobileconfig", .text = ForApple(account, uuids)},
          {.system = "Linux with NetworkManager",
           .file = "networkmanager.sh",
           .text = ForNetworkManager(account)},
          {.system = "Android", .file = "android.txt", .text = ForAndroid(account)}};
}

std::string Base64(std::string_view octets) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < octets.size(); i += 3) {
    const std::string_view group = octets.substr(i, 3);
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (j < group.size() ? static_cast<uint8_t>(group[j]) : 0U);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += j <= group.size() ? kDigits[bits >> (18 - 6 * j) & 63U] : '=';
    }
  }
  return text;
}

std::string RandomUuid(std::string_view octets) {
  std::string bits(octets.substr(0, 16));
  bits.resize(16);
  bits[6] = static_cast<char>((static_cast<uint8_t>(bits[6]) & 0x0FU) | 0x40U);
  bits[8] = static_cast<char>((static_cast<uint8_t>(bits[8]) & 0x3FU) | 0x80U);
  std::string text;
  for (size_t i = 0; i < bits.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02X}", static_cast<uint8_t>(bits[i]));
  }
  return text;
}

}  // namespace sallyport::cli
