// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as a configuration. The files that it names hold a fixed key and user, or are missing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "aaa/pool_set.h"
#include "aaa/prefix_issue.h"
#include "base/secret.h"
#include "daemon/config.h"

namespace sallyport::daemon {
namespace {

constexpr const char* kConfigFile = "/c";
constexpr std::string_view kPsk = "psk-that-is-never-shown";
constexpr std::string_view kUsers = "bob * password-that-is-never-shown\n";

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckMessages(const std::vector<ConfigError>& messages, std::string_view text) {
  const auto lines = static_cast<unsigned>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const ConfigError& message : messages) {
    Require(!message.found.empty() && !message.expected.empty() && !message.key.empty());
    Require(message.line >= 1 && message.column >= 1);
    if (message.file == kConfigFile) Require(message.line <= lines);
    const std::string shown = message.ToString();
    Require(shown.find("never-shown") == std::string::npos);
    // One line each, and nothing that a terminal obeys.
    Require(std::all_of(shown.begin(), shown.end(),
                        [](char c) { return static_cast<uint8_t>(c) >= ' '; }));
  }
}

void CheckLoaded(const LoadedConfig& loaded) {
  const Config& config = loaded.config;
  Require(!config.ipsec.required || !config.ipsec.psk.empty());
  Require(!config.l2tp.host_name.empty());
  Require(!config.ppp.auth.empty() && config.ppp.mtu >= 576 && config.ppp.mtu <= 1500);
  Require(config.ppp.dns.size() <= 8 && config.ppp.wins.size() <= 2);
  Require(std::ranges::count_if(config.ppp.dns, &IpAddress::is_v4) <= 2);
  Require(config.workers.threads >= 1);
  Require(!config.pools.empty());
  Require(aaa::FindPoolIssues(config.pools).empty());
  Require(aaa::FindPrefixIssues(config.pools).empty());
}

}  // namespace
}  // namespace sallyport::daemon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  using namespace sallyport::daemon;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The fixed texts can reach a message only through the files, unless the input holds them.
  if (text.find("never-shown") != std::string_view::npos) return 0;
  const FileReader read = [text](const std::string& path) -> Expected<FileText, std::string> {
    if (path == kConfigFile) return FileText{.text = Secret(text), .readable_by_others = true};
    if (path == "/p") return FileText{.text = Secret(kPsk), .readable_by_others = false};
    if (path == "/u") return FileText{.text = Secret(kUsers), .readable_by_others = true};
    return Unexpected{std::string("No such file or directory")};
  };
  const auto loaded = LoadConfig(kConfigFile, "gw", read);
  if (loaded) {
    CheckLoaded(*loaded);
    CheckMessages(loaded->warnings, text);
  } else {
    Require(!loaded.error().empty());
    CheckMessages(loaded.error(), text);
  }
  return 0;
}
