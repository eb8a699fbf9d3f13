// SPDX-License-Identifier: GPL-2.0-or-later
// The table of all keys, and the sections that are small.
#include <vector>

#include "daemon/config_key_access.h"

namespace sallyport::daemon {
namespace {

constexpr size_t kMaxGroup = 32;  // useradd(8)

constexpr ConfigKey kKeys[] = {
    {.section = "status",
     .name = "socket",
     .required = false,
     .field = PathField{&In<&Config::status, &StatusConfig::socket>, kMaxSocketPath},
     .absent = {},
     .help =
         "The unix socket of the status interface, which the command sallyport uses. Whoever may "
         "open it may see and do everything."},
    {.section = "status",
     .name = "group",
     .required = false,
     .field = NameField{&In<&Config::status, &StatusConfig::group>, kMaxGroup},
     .absent = {},
     .help = "The group that may open the socket. When the system has no such group it is the "
             "daemon's own."},
    {.section = "status",
     .name = "monitor_socket",
     .required = false,
     .field = PathField{&In<&Config::status, &StatusConfig::monitor_socket>, kMaxSocketPath},
     .absent = "monitor.sock, beside the socket",
     .help =
         "The unix socket for monitoring: it answers questions, without the names of users, and "
         "changes nothing."},
    {.section = "status",
     .name = "monitor_group",
     .required = false,
     .field = NameField{&In<&Config::status, &StatusConfig::monitor_group>, kMaxGroup},
     .absent = {},
     .help = "The group that may open the socket for monitoring. When the system has no such group "
             "it is the daemon's own."},
    {.section = "status",
     .name = "monitor_everyone",
     .required = false,
     .field = BooleanField{&In<&Config::status, &StatusConfig::monitor_everyone>},
     .absent = {},
     .help = "Whether every local user may open the socket for monitoring."},
    {.section = "status",
     .name = "monitor_shows_users",
     .required = false,
     .field = BooleanField{&In<&Config::status, &StatusConfig::monitor_shows_users>},
     .absent = {},
     .help = "Whether the socket for monitoring tells the names of users and of their devices."},
    {.section = "workers",
     .name = "threads",
     .required = false,
     .field = NumberField{&In<&Config::workers, &WorkersConfig::threads>, 1, 512, {}},
     .absent = {},
     .help = "How many threads set up and tear down sessions in the kernel. They mostly wait, so "
             "more than there are processors is right."},
};

std::vector<ConfigKey> Joined() {
  std::vector<ConfigKey> all;
  for (const auto keys :
       {IpsecKeys(), L2tpKeys(), PppKeys(), DialKeys(), std::span<const ConfigKey>(kKeys)}) {
    all.insert(all.end(), keys.begin(), keys.end());
  }
  return all;
}

}  // namespace

std::span<const ConfigKey> ConfigKeys() {
  static const std::vector<ConfigKey> keys = Joined();
  return keys;
}

}  // namespace sallyport::daemon
