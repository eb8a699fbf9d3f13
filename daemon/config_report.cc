// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/config_report.h"

#include <nlohmann/json.hpp>

namespace sallyport::daemon {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const std::vector<ConfigError>& errors) {
  Json list = Json::array();
  for (const ConfigError& error : errors) {
    list.push_back({{"file", error.file},
                    {"line", error.line},
                    {"column", error.column},
                    {"key", error.key},
                    {"found", error.found},
                    {"expected", error.expected}});
  }
  return list;
}

}  // namespace

ConfigReport ReportOf(const std::string& path,
                      const Expected<LoadedConfig, std::vector<ConfigError>>& loaded, bool json) {
  const std::vector<ConfigError> errors = loaded ? std::vector<ConfigError>() : loaded.error();
  const std::vector<ConfigError> warnings = loaded ? loaded->warnings : std::vector<ConfigError>();
  if (json) {
    const Json report{{"file", path},
                      {"valid", loaded.has_value()},
                      {"errors", ToJson(errors)},
                      {"warnings", ToJson(warnings)}};
    // A path may hold any octets.
    return {.out = report.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n', .error = {}};
  }
  ConfigReport report;
  for (const ConfigError& error : errors) report.error += error.ToString() + '\n';
  for (const ConfigError& warning : warnings) {
    report.error += "warning: " + warning.ToString() + '\n';
  }
  if (loaded) report.out = path + ": ok\n";
  return report;
}

}  // namespace sallyport::daemon
