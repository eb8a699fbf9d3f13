// SPDX-License-Identifier: GPL-2.0-or-later
// What a user types, or opens, to get the clients that systems bring to dial.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::cli {

/// One user's way in. All texts are printable.
struct ClientAccount {
  std::string connection;  // what the client calls it
  std::string server;      // address or name
  std::string psk;
  std::string user;
  std::string password;
};

/// A file of settings, or what one would have.
struct ClientSettings {
  std::string system;  // "Windows"
  std::string file;    // "windows.ps1"
  std::string text;
};

/// For Windows (PowerShell), macOS and iOS (a configuration profile), NetworkManager and Android.
/// `uuids`: two random ones, for the profile (RFC 4122).
std::vector<ClientSettings> SettingsFor(const ClientAccount& account,
                                        const std::vector<std::string>& uuids);

/// RFC 4648 §4.
std::string Base64(std::string_view octets);
/// RFC 4122 §4.4, of 16 random octets.
std::string RandomUuid(std::string_view octets);

}  // namespace sallyport::cli
