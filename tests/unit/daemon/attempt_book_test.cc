// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/attempt_book.h"

#include <gtest/gtest.h>
#include <set>

namespace sallyport::daemon {
namespace {

constexpr WallTime kStart{std::chrono::seconds{1795331404}};

FailedAttempt Attempt(uint32_t address, const std::string& user,
                      AttemptReason reason = AttemptReason::kWrongPassword) {
  FailedAttempt attempt;
  attempt.peer = {.address = IpAddress::V4(address), .port = 1701};
  attempt.user = user;
  attempt.stage = AttemptStage::kAuthentication;
  attempt.reason = reason;
  return attempt;
}

TEST(AttemptWords, AreAllDifferentAndNotEmpty) {
  std::set<std::string_view> words;
  for (size_t i = 0; i <= static_cast<size_t>(AttemptReason::kDisconnected); ++i) {
    const auto reason = static_cast<AttemptReason>(i);
    EXPECT_TRUE(words.insert(ToString(reason)).second) << ToString(reason);
    EXPECT_FALSE(Title(reason).empty()) << ToString(reason);
    EXPECT_FALSE(Hint(reason).empty()) << ToString(reason);
  }
}

TEST(AttemptBook, FailuresAlike_AreOneEntryWithACount) {
  AttemptBook book;
  book.Add(Attempt(1, "bob"), kStart);
  book.Add(Attempt(1, "carol"), kStart);
  auto again = Attempt(1, "bob");
  again.detail = "the last";
  const auto& entry = book.Add(again, kStart + std::chrono::seconds(5));
  EXPECT_EQ(entry.count, 2U);
  EXPECT_EQ(entry.first, kStart);
  EXPECT_EQ(entry.last, kStart + std::chrono::seconds(5));
  EXPECT_EQ(entry.attempt.detail, "the last");
  EXPECT_EQ(book.size(), 2U);
  EXPECT_EQ(book.total(), 3U);
  // The newest first.
  const auto found = book.Find({});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].attempt.user, "bob");
  EXPECT_EQ(found[1].attempt.user, "carol");
}

TEST(AttemptBook, AnotherReasonOrAddress_IsAnotherEntry) {
  AttemptBook book;
  book.Add(Attempt(1, "bob"), kStart);
  book.Add(Attempt(1, "bob", AttemptReason::kNoAddress), kStart);
  book.Add(Attempt(2, "bob"), kStart);
  EXPECT_EQ(book.size(), 3U);
}

TEST(AttemptBook, Filter_ChoosesByAddressUserAndIdentity) {
  AttemptBook book;
  book.Add(Attempt(0xCB007107, "bob"), kStart);
  book.Add(Attempt(0xCB007108, "DOM\\x5ccarol"), kStart);
  FailedAttempt ike = Attempt(0xC0000201, "");
  ike.identity = "laptop";
  book.Add(ike, kStart);
  const auto count = [&](const AttemptFilter& filter) { return book.Find(filter).size(); };
  EXPECT_EQ(count({.address = IpPrefix::Parse("203.0.113.0/24"), .user = {}}), 2U);
  EXPECT_EQ(count({.address = IpPrefix::Parse("203.0.113.7"), .user = "bob"}), 1U);
  EXPECT_EQ(count({.address = IpPrefix::Parse("203.0.113.8"), .user = "bob"}), 0U);
  EXPECT_EQ(count({.address = {}, .user = "laptop"}), 1U);
  EXPECT_EQ(count({.address = {}, .user = "DOM\\carol"}), 1U);
  EXPECT_EQ(count({.address = {}, .user = ""}), 0U);
}

TEST(AttemptBook, OneAddress_HasItsShareAndNoMore) {
  AttemptBook book;
  book.Add(Attempt(2, "quiet"), kStart);
  for (size_t i = 0; i < 3 * AttemptBook::kMaxOfOneAddress; ++i) {
    book.Add(Attempt(1, "user" + std::to_string(i)), kStart);
  }
  EXPECT_EQ(book.size(), AttemptBook::kMaxOfOneAddress + 1);
  EXPECT_EQ(book.Find({.address = IpPrefix::Parse("0.0.0.2"), .user = {}}).size(), 1U);
  EXPECT_EQ(book.Find({}).front().attempt.user,
            "user" + std::to_string(3 * AttemptBook::kMaxOfOneAddress - 1));
}

TEST(AttemptBook, AFlood_DrivesOutTheOldest) {
  AttemptBook book;
  for (uint32_t i = 0; i < AttemptBook::kMaxEntries + 10; ++i) book.Add(Attempt(i, ""), kStart);
  EXPECT_EQ(book.size(), AttemptBook::kMaxEntries);
  EXPECT_TRUE(book.Find({.address = IpPrefix::Parse("0.0.0.9"), .user = {}}).empty());
  EXPECT_FALSE(book.Find({.address = IpPrefix::Parse("0.0.0.10"), .user = {}}).empty());
}

}  // namespace
}  // namespace sallyport::daemon
