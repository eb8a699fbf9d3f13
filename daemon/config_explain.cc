// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_explain.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/config_keys.h"

namespace sallyport::daemon {
namespace {

std::string Absence(const ConfigKey& key) {
  if (key.required) return "must be given";
  return DefaultText(key).value_or(std::string(key.absent));
}

/// `text` in lines of at most 78 columns, indented.
std::string Wrapped(std::string_view text) {
  constexpr size_t kWidth = 76;
  std::string lines;
  while (!text.empty()) {
    size_t end = text.size();
    if (end > kWidth) {
      end = text.rfind(' ', kWidth);
      if (end == text.npos) end = text.find(' ');
      if (end == text.npos) end = text.size();
    }
    lines += fmt::format("  {}\n", text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return lines;
}

std::string Explain(const ConfigKey& key) {
  return fmt::format("{}\n{}  Value:   {}\n  Default: {}\n  Change:  {}\n", FullName(key),
                     Wrapped(key.help), DescribeExpected(key), Absence(key),
                     key.live ? "takes effect with a reload" : "takes effect with a restart");
}

nlohmann::ordered_json ToJson(const ConfigKey& key) {
  const auto default_text = DefaultText(key);
  return {{"key", FullName(key)},
          {"help", key.help},
          {"expected", DescribeExpected(key)},
          {"required", key.required},
          {"default", default_text ? nlohmann::ordered_json(*default_text) : nullptr},
          {"absent", key.absent},
          {"live", key.live}};
}

}  // namespace

std::string ExplainKeys(std::string_view name, bool json) {
  std::string text;
  auto list = nlohmann::ordered_json::array();
  for (const ConfigKey& key : ConfigKeys()) {
    if (!name.empty() && name != key.section && name != FullName(key)) continue;
    text += (text.empty() ? "" : "\n") + Explain(key);
    list.push_back(ToJson(key));
  }
  if (list.empty()) return {};
  return json ? list.dump() + '\n' : text;
}

}  // namespace sallyport::daemon
