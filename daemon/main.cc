// SPDX-License-Identifier: GPL-2.0-or-later
// sallyportd: command line, configuration, the process's own settings, signals.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <set>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/text.h"
#include "daemon/config.h"
#include "daemon/config_explain.h"
#include "daemon/config_keys.h"
#include "daemon/config_report.h"
#include "daemon/daemon.h"
#include "daemon/event_loop.h"
#include "daemon/kernel_data_plane.h"
#include "daemon/log.h"
#include "daemon/service_user.h"
#include "daemon/version.h"

namespace {

using namespace sallyport;          // NOLINT(google-build-using-namespace): main's own file
using namespace sallyport::daemon;  // NOLINT(google-build-using-namespace)

constexpr const char* kDefaultConfig = "/etc/sallyport/sallyport.toml";
constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;  // bad command line or configuration; nothing was touched

std::string SystemHostName() {
  std::array<char, 256> name{};  // HOST_NAME_MAX is 64
  if (gethostname(name.data(), name.size() - 1) != 0) return "sallyport";
  return name.data();
}

/// Passwords and keys are in our memory: no core dump, no look into it by other processes of the
/// user (prctl(2)).
void ProtectMemory() {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/// Five descriptors a client are more than most systems' soft limit allows.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int Serve(LoadedConfig loaded, const std::string& config_path) {
  if (auto kernel = KernelDataPlane::Probe(loaded.config.ipsec.required); !kernel) {
    LogError("kernel_unusable", kernel.error());
    return kExitFailure;
  }
  EventLoop loop;
  Daemon* running = nullptr;
  const auto stop = [&running] {
    if (running != nullptr) running->Stop();
  };
  // Before any thread, so that all of them leave these signals to the loop.
  loop.AddSignal(SIGTERM, stop);
  loop.AddSignal(SIGINT, stop);
  loop.AddSignal(SIGHUP, [&running] {
    if (running != nullptr) running->Reload();
  });
  Daemon daemon(loop, std::move(loaded),
                [&config_path] { return LoadConfig(config_path, SystemHostName()); });
  if (auto started = daemon.Start(); !started) {
    LogError("not_started", started.error());
    return kExitFailure;
  }
  running = &daemon;
  return loop.Run();
}

/// One key, the keys of a section, or all of them.
int Explain(const std::string& name, bool json) {
  const std::string text = ExplainKeys(name, json);
  if (!text.empty()) {
    fmt::print("{}", text);
    return 0;
  }
  const size_t dot = name.rfind('.');
  const auto meant = dot == name.npos ? SuggestKey({}, name)
                                      : SuggestKey(name.substr(0, dot), name.substr(dot + 1));
  fmt::print(stderr, "sallyportd: there is no key or section {}{}\n", PrintableText(name),
             meant ? "; did you mean " + *meant + "?" : "");
  return kExitUsage;
}

/// What --check looks at. The configuration itself may be a draft that only its author can read.
Expected<LoadedConfig, std::vector<ConfigError>> LoadForCheck(const std::string& path) {
  std::set<std::string> files;
  auto loaded = LoadConfig(path, SystemHostName(), [&](const std::string& file) {
    if (!CredentialIn(file) && (file != path || path == kDefaultConfig)) files.insert(file);
    return ReadFile(file);
  });
  if (!loaded) return loaded;
  for (ConfigError& warning : UnreadableForService(files)) {
    loaded->warnings.push_back(std::move(warning));
  }
  return loaded;
}

int Run(int argc, char** argv) {
  std::string config_path = kDefaultConfig;
  bool check = false;
  bool json = false;
  std::string explain;
  CLI::App app{"L2TP/IPsec VPN concentrator", "sallyportd"};
  app.add_option("--config", config_path, "Configuration file")->capture_default_str();
  app.add_flag("--check", check, "Check the configuration and exit");
  auto* explained = app.add_option("--explain", explain, "Say what a configuration key means")
                        ->type_name("KEY")
                        ->expected(0, 1);
  app.add_flag("--json", json, "With --check or --explain: as JSON");
  app.set_version_flag("--version", fmt::format("sallyportd {}", kVersion));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (explained->count() > 0) return Explain(explain, json);
  auto loaded = check ? LoadForCheck(config_path) : LoadConfig(config_path, SystemHostName());
  const ConfigReport report = ReportOf(config_path, loaded, check && json);
  fmt::print(stderr, "{}", report.error);
  if (check) fmt::print("{}", report.out);
  if (!loaded) return kExitUsage;
  if (check) return 0;
  return Serve(*std::move(loaded), config_path);
}

}  // namespace

int main(int argc, char** argv) {
  (void)signal(SIGPIPE, SIG_IGN);
  ProtectMemory();
  RaiseDescriptorLimit();
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    LogError("failed", error.what());
    return kExitFailure;
  }
}
