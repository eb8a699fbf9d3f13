// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/unix_listener.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <optional>
#include <unistd.h>

#include "tests/unit/daemon/unix_socket_fixture.h"

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;

TEST(UnixListener, StaleSocket_IsReplaced) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("s");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  dead.Reset();
  const auto listener = UnixListener::Open(path, {});
  ASSERT_TRUE(listener) << listener.error();
  EXPECT_TRUE(Connect(path).valid());
}

TEST(UnixListener, SocketInUse_IsLeftAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("s");
  const auto first = UnixListener::Open(path, {});
  ASSERT_TRUE(first) << first.error();
  const auto second = UnixListener::Open(path, {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("running already"));
  EXPECT_TRUE(Connect(path).valid());
}

TEST(UnixListener, FileOfAnotherKind_IsLeftAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("s");
  std::ofstream(path) << "precious";
  const auto listener = UnixListener::Open(path, {});
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error(), HasSubstr("not a socket"));
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST(UnixListener, FileOfASuccessor_IsNotRemoved) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("s");
  auto opened = UnixListener::Open(path, {});
  ASSERT_TRUE(opened) << opened.error();
  std::optional<UnixListener> first(*std::move(opened));
  std::filesystem::remove(path);
  const auto second = UnixListener::Open(path, {});
  ASSERT_TRUE(second) << second.error();
  first.reset();
  EXPECT_TRUE(Connect(path).valid());
}

/// The process as somebody else, without root's rights, until the end of the scope.
class As {
 public:
  As(uid_t user, gid_t group) {
    EXPECT_EQ(::setgroups(0, nullptr), 0);
    EXPECT_EQ(::setegid(group), 0);
    EXPECT_EQ(::seteuid(user), 0);
  }
  As(const As&) = delete;
  As& operator=(const As&) = delete;
  ~As() {
    EXPECT_EQ(::seteuid(0), 0);
    EXPECT_EQ(::setegid(0), 0);
  }
};

TEST(UnixListener, GroupThatMayNotOwnTheSocket_IsOnItsList) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to be several users";
  constexpr uid_t kDaemon = 64001;
  constexpr uid_t kOther = 64002;
  constexpr gid_t kOperators = 64003;
  constexpr gid_t kNobody = 64004;
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.Path("."), std::filesystem::perms::all);
  const std::string path = folder.Path("s");
  std::optional<UnixListener> listener;
  {
    const As daemon(kDaemon, kDaemon);
    auto opened = UnixListener::Open(path, kOperators);
    ASSERT_TRUE(opened) << opened.error();
    listener.emplace(*std::move(opened));
  }
  const auto connects = [&](uid_t user, gid_t group) {
    const As somebody(user, group);
    return Connect(path).valid();
  };
  EXPECT_TRUE(connects(kDaemon, kDaemon));
  EXPECT_TRUE(connects(kOther, kOperators));
  EXPECT_FALSE(connects(kOther, kNobody));
  EXPECT_FALSE(connects(kOther, kDaemon)) << "the daemon's own group is nobody's";
}

TEST(UnixListener, PathTooLongForASocket_IsRefused) {
  const auto listener = UnixListener::Open("/tmp/" + std::string(103, 'x'), {});
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error(), HasSubstr("107 octets"));
}

TEST(UnixListener, FolderThatCannotBeMade_IsNamed) {
  const auto listener = UnixListener::Open("/proc/sallyport/s", {});
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error(), HasSubstr("/proc/sallyport"));
}

}  // namespace
}  // namespace sallyport::daemon
