// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/ppp.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace sallyport::netlink {
namespace {

constexpr BusyRetry kFewTries{.attempts = 4,
                              .pause = std::chrono::microseconds(1),
                              .longest_pause = std::chrono::microseconds(2)};

TEST(RetryWhileBusy, GoesOnUntilTheKernelIsFree) {
  int calls = 0;
  const auto result = RetryWhileBusy(kFewTries, [&]() -> Expected<void, KernelError> {
    if (++calls < 4) return Failure(EBUSY, "x");
    return {};
  });
  EXPECT_TRUE(result);
  EXPECT_EQ(calls, 4);
}

TEST(RetryWhileBusy, GivesUpAfterTheLastTry) {
  int calls = 0;
  const auto result = RetryWhileBusy(kFewTries, [&]() -> Expected<void, KernelError> {
    ++calls;
    return Failure(EBUSY, "x");
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, EBUSY);
  EXPECT_EQ(calls, 4);
}

TEST(RetryWhileBusy, AnotherErrorIsFinal) {
  int calls = 0;
  const auto result = RetryWhileBusy(kFewTries, [&]() -> Expected<void, KernelError> {
    ++calls;
    return Failure(EEXIST, "x");
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, EEXIST);
  EXPECT_EQ(calls, 1);
}

TEST(Ppp, CallsOnAWrongDescriptorFailWithTheirOperation) {
  EXPECT_EQ(UnitNumber(-1).error().code, EBADF);
  EXPECT_EQ(ConnectUnit(-1, 3).error().text,
            "connect a channel to PPP unit 3: Bad file descriptor");
  EXPECT_EQ(DisconnectUnit(-1).error().code, EBADF);
  EXPECT_EQ(SetMru(-1, 1400).error().code, EBADF);
  EXPECT_EQ(AttachChannel(-1).error().code, EBADF);
  EXPECT_EQ(ConnectedSession(-1).error().code, EBADF);
}

}  // namespace
}  // namespace sallyport::netlink
