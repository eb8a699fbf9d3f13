// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/service_user.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "daemon/config_check.h"

namespace sallyport::daemon {
namespace {

bool BecomeServiceUser() {
  if (::geteuid() != 0) return false;
  const passwd* user = ::getpwnam(kServiceUser);  // NOLINT(concurrency-mt-unsafe): no thread yet
  return user != nullptr && ::initgroups(user->pw_name, user->pw_gid) == 0 &&
         ::setgid(user->pw_gid) == 0 && ::setuid(user->pw_uid) == 0;
}

}  // namespace

std::vector<ConfigError> UnreadableForService(const std::set<std::string>& files) {
  if (!BecomeServiceUser()) return {};
  const std::string user = kServiceUser;
  std::vector<ConfigError> warnings;
  for (const std::string& file : files) {
    if (::access(file.c_str(), R_OK) == 0) continue;
    warnings.push_back(AboutFile(
        file, "file", "a file that the user " + user + ", as whom the service runs, cannot read",
        "one of the group " + user +
            " with mode 0640, in a folder open to it, unless the unit gives the service more "
            "groups"));
  }
  return warnings;
}

}  // namespace sallyport::daemon
