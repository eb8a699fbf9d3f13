// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_values.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

#include "daemon/config.h"
#include "daemon/config_keys.h"

namespace sallyport::daemon {
namespace {

size_t CountOf(const Config& config, std::string_view section) {
  if (section == kPoolSection) return config.pools.size();
  if (section == kPeerSection) return config.l2tp.peers.size();
  if (section == kDialSection) return config.dials.size();
  if (section == kIpsecKeySection) return config.ipsec.keys.size();
  if (section == kIpsecConnectionSection) return config.ipsec.connections.size();
  return 1;
}

template <typename Element>
void KeepOnly(std::vector<Element>& list, size_t index) {
  if (index < list.size()) list = {Element(list[index])};
}

/// A copy whose element `index` of an array section is the one that keys refer to.
Config View(const Config& config, std::string_view section, size_t index) {
  Config view = config;
  if (section == kPoolSection) KeepOnly(view.pools, index);
  if (section == kPeerSection) KeepOnly(view.l2tp.peers, index);
  if (section == kDialSection) KeepOnly(view.dials, index);
  if (section == kIpsecKeySection) KeepOnly(view.ipsec.keys, index);
  if (section == kIpsecConnectionSection) KeepOnly(view.ipsec.connections, index);
  return view;
}

std::string FullName(std::string_view section, size_t index, std::string_view name) {
  if (!IsArraySection(section)) return fmt::format("{}.{}", section, name);
  return fmt::format("{}[{}].{}", section, index, name);
}

/// Calls `visit(section, index)` for every section that `config` has, in the order of the table.
template <typename Visit>
void ForEachSection(const Config& config, const Visit& visit) {
  std::vector<std::string_view> seen;
  for (const ConfigKey& key : ConfigKeys()) {
    if (std::find(seen.begin(), seen.end(), key.section) != seen.end()) continue;
    seen.push_back(key.section);
    for (size_t index = 0; index < CountOf(config, key.section); ++index) visit(key.section, index);
  }
}

void Add(std::vector<std::string>& names, std::string name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

/// As CompareSecretFiles(), of one section.
void CompareClients(const IpsecClients& one, const IpsecClients& other, std::string_view section,
                    size_t index, ConfigChanges& changes) {
  const auto compare = [&](bool same, std::string_view key) {
    if (!same) Add(changes.live, FullName(section, index, key));
  };
  compare(one.psk == other.psk, "psk_file");
  compare(one.certificate == other.certificate, "certificate_file");
  compare(one.private_key == other.private_key, "private_key_file");
  compare(one.ca == other.ca, "ca_files");
}

void CompareIpsecFiles(const IpsecConfig& before, const IpsecConfig& after,
                       ConfigChanges& changes) {
  CompareClients(before, after, "ipsec", 0, changes);
  const size_t keys = std::min(before.keys.size(), after.keys.size());
  for (size_t i = 0; i < keys; ++i) {
    if (before.keys[i].psk == after.keys[i].psk) continue;
    Add(changes.live, FullName(kIpsecKeySection, i, "psk_file"));
  }
  const size_t connections = std::min(before.connections.size(), after.connections.size());
  for (size_t i = 0; i < connections; ++i) {
    CompareClients(before.connections[i], after.connections[i], kIpsecConnectionSection, i,
                   changes);
  }
}

/// Secrets that stand in files: the key names the file, which may be the same while the secret is
/// another.
void CompareSecretFiles(const Config& before, const Config& after, ConfigChanges& changes) {
  CompareIpsecFiles(before.ipsec, after.ipsec, changes);
  if (before.l2tp.secret != after.l2tp.secret) Add(changes.live, "l2tp.secret_file");
  const size_t peers = std::min(before.l2tp.peers.size(), after.l2tp.peers.size());
  for (size_t i = 0; i < peers; ++i) {
    if (before.l2tp.peers[i].secret == after.l2tp.peers[i].secret) continue;
    Add(changes.live, FullName(kPeerSection, i, "secret_file"));
  }
  const size_t dials = std::min(before.dials.size(), after.dials.size());
  for (size_t i = 0; i < dials; ++i) {
    const DialConfig& one = before.dials[i];
    const DialConfig& other = after.dials[i];
    if (one.secret != other.secret) Add(changes.restart, FullName(kDialSection, i, "secret_file"));
    if (one.psk != other.psk) Add(changes.restart, FullName(kDialSection, i, "psk_file"));
    if (one.password != other.password) {
      Add(changes.restart, FullName(kDialSection, i, "password_file"));
    }
  }
}

}  // namespace

std::vector<ConfigValue> ValuesOf(const Config& config) {
  std::vector<ConfigValue> values;
  ForEachSection(config, [&](std::string_view section, size_t index) {
    Config view = View(config, section, index);
    for (const ConfigKey& key : ConfigKeys()) {
      if (key.section != section) continue;
      std::string text = ValueText(view, key);
      const bool is_default = !key.required && text == DefaultText(key).value_or(AbsentText(key));
      values.push_back({.section = std::string(section),
                        .index = index,
                        .name = std::string(key.name),
                        .toml = std::move(text),
                        .is_default = is_default});
    }
  });
  return values;
}

ConfigChanges Compare(const Config& before, const Config& after) {
  ConfigChanges changes;
  const auto compare = [&](std::string_view section, size_t index) {
    const bool in_both = index < CountOf(before, section) && index < CountOf(after, section);
    Config one = View(before, section, index);
    Config other = View(after, section, index);
    for (const ConfigKey& key : ConfigKeys()) {
      if (key.section != section) continue;
      if (in_both && SameValue(one, other, key)) continue;
      Add(key.live ? changes.live : changes.restart, FullName(section, index, key.name));
    }
  };
  ForEachSection(before, compare);
  ForEachSection(after, [&](std::string_view section, size_t index) {
    if (index >= CountOf(before, section)) compare(section, index);
  });
  CompareSecretFiles(before, after, changes);
  return changes;
}

}  // namespace sallyport::daemon
