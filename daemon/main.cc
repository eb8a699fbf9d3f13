// SPDX-License-Identifier: GPL-2.0-or-later
// sallyportd: command line, configuration, the process's own settings, signals.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/event_loop.h"
#include "daemon/kernel_data_plane.h"
#include "daemon/log.h"
#include "daemon/version.h"

namespace {

using namespace sallyport;          // NOLINT(google-build-using-namespace): main's own file
using namespace sallyport::daemon;  // NOLINT(google-build-using-namespace)

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
#ifndef __SANITIZE_ADDRESS__  // its leak check traces the process, which this would forbid
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/// Five descriptors a client are more than most systems' soft limit allows.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int Serve(LoadedConfig loaded) {
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
  Daemon daemon(loop, std::move(loaded));
  if (auto started = daemon.Start(); !started) {
    LogError("not_started", started.error());
    return kExitFailure;
  }
  running = &daemon;
  return loop.Run();
}

int Run(int argc, char** argv) {
  std::string config_path = "/etc/sallyport/sallyport.toml";
  bool check = false;
  CLI::App app{"L2TP/IPsec VPN concentrator", "sallyportd"};
  app.add_option("--config", config_path, "Configuration file")->capture_default_str();
  app.add_flag("--check", check, "Check the configuration and exit");
  app.set_version_flag("--version", fmt::format("sallyportd {}", kVersion));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  auto loaded = LoadConfig(config_path, SystemHostName());
  if (!loaded) {
    for (const auto& error : loaded.error()) fmt::print(stderr, "{}\n", error.ToString());
    return kExitUsage;
  }
  for (const auto& warning : loaded->warnings) {
    fmt::print(stderr, "warning: {}\n", warning.ToString());
  }
  if (check) {
    fmt::print("{}: ok\n", config_path);
    return 0;
  }
  return Serve(*std::move(loaded));
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
