// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/expected.h"
#include "base/strong_id.h"
#include "base/unique_fd.h"
#include "base/unique_function.h"

namespace sallyport {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFd, ClosesWhatItOwnsOnce) {
  int number = -1;
  {
    UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = fd.get();
    ASSERT_TRUE(IsOpen(number));
    UniqueFd other = std::move(fd);
    EXPECT_FALSE(fd.valid());  // NOLINT(bugprone-use-after-move): what is tested
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(UniqueFd, ReleaseGivesItAway) {
  UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd taken(fd.Release());
  EXPECT_FALSE(fd.valid());
  EXPECT_TRUE(IsOpen(taken.get()));
}

TEST(Expected, HoldsAValueOrAnError) {
  const Expected<int, std::string> value = 7;
  EXPECT_TRUE(value.has_value());
  EXPECT_EQ(*value, 7);
  const Expected<int, std::string> failure = Unexpected{std::string("no")};
  EXPECT_FALSE(failure);
  EXPECT_EQ(failure.error(), "no");
}

TEST(Expected, OfVoidIsSuccessByDefault) {
  EXPECT_TRUE((Expected<void, int>().has_value()));
  EXPECT_EQ((Expected<void, int>(Unexpected{5}).error()), 5);
}

using FirstId = StrongId<struct FirstTag, uint16_t>;

TEST(StrongId, ComparesAndHashesByValueAndZeroIsNone) {
  EXPECT_FALSE(FirstId());
  EXPECT_TRUE(FirstId(1));
  EXPECT_LT(FirstId(1), FirstId(2));
  const std::unordered_set<FirstId> ids{FirstId(3), FirstId(3), FirstId(4)};
  EXPECT_EQ(ids.size(), 2U);
}

TEST(UniqueFunction, CallsAClosureThatCannotBeCopied) {
  auto owned = std::make_unique<int>(41);
  UniqueFunction<int(int)> add = [owned = std::move(owned)](int n) { return *owned + n; };
  UniqueFunction<int(int)> moved = std::move(add);
  EXPECT_FALSE(add);  // NOLINT(bugprone-use-after-move): what is tested
  EXPECT_EQ(moved(1), 42);
}

}  // namespace
}  // namespace sallyport
