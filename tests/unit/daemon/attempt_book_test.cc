// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/attempt_book.h"

#include <gtest/gtest.h>
#include <set>
#include <vector>

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

std::vector<AttemptBook::Entry> Found(const AttemptBook& book, const AttemptFilter& filter) {
  std::vector<AttemptBook::Entry> found;
  for (const auto& [cursor, entry] : book.Find(filter, 0, AttemptBook::kMaxEntries).records) {
    EXPECT_EQ(cursor, entry.id);
    found.push_back(entry);
  }
  return found;
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

TEST(AttemptWords, TheHintOfAnAttempt_IsItsOwnOrTheReasons) {
  FailedAttempt attempt = Attempt(1, "bob");
  EXPECT_EQ(HintOf(attempt), Hint(AttemptReason::kWrongPassword));
  attempt.hint = "See elsewhere.";
  EXPECT_EQ(HintOf(attempt), "See elsewhere.");
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
  EXPECT_EQ(book.totals(), (CountByReason{{"wrong_password", 3}}));
  // The newest first.
  const auto found = Found(book, {});
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
  const auto count = [&](const AttemptFilter& filter) { return Found(book, filter).size(); };
  EXPECT_EQ(count({.address = IpPrefix::Parse("203.0.113.0/24"), .user = {}}), 2U);
  EXPECT_EQ(count({.address = IpPrefix::Parse("203.0.113.7"), .user = "bob"}), 1U);
  EXPECT_EQ(count({.address = IpPrefix::Parse("203.0.113.8"), .user = "bob"}), 0U);
  EXPECT_EQ(count({.address = {}, .user = "laptop"}), 1U);
  EXPECT_EQ(count({.address = {}, .user = "DOM\\carol"}), 1U);
  EXPECT_EQ(count({.address = {}, .user = ""}), 0U);
}

TEST(AttemptBook, Pages_GoFromTheNewestToTheOldest_WhateverComesMeanwhile) {
  AttemptBook book;
  for (uint32_t i = 1; i <= 5; ++i) book.Add(Attempt(i, "bob"), kStart);
  const auto first = book.Find({}, 0, 2);
  ASSERT_EQ(first.records.size(), 2U);
  EXPECT_EQ(first.records[0].first, 5U);
  EXPECT_EQ(first.records[1].first, 4U);
  ASSERT_EQ(first.next, 4U);
  book.Add(Attempt(2, "bob"), kStart);  // is the newest now: it is not for this walk any more
  const auto second = book.Find({}, *first.next, 3);
  ASSERT_EQ(second.records.size(), 2U);
  EXPECT_EQ(second.records[0].first, 3U);
  EXPECT_EQ(second.records[1].first, 1U);
  EXPECT_FALSE(second.next);
  // What is looked at counts, not what is found.
  const auto none = book.Find({.address = IpPrefix::Parse("0.0.0.1"), .user = {}}, 0, 2);
  EXPECT_TRUE(none.records.empty());
  EXPECT_TRUE(none.next);
}

TEST(AttemptBook, OneAddress_HasItsShareAndNoMore) {
  AttemptBook book;
  book.Add(Attempt(2, "quiet"), kStart);
  for (size_t i = 0; i < 3 * AttemptBook::kMaxOfOneAddress; ++i) {
    book.Add(Attempt(1, "user" + std::to_string(i)), kStart);
  }
  EXPECT_EQ(book.size(), AttemptBook::kMaxOfOneAddress + 1);
  EXPECT_EQ(Found(book, {.address = IpPrefix::Parse("0.0.0.2"), .user = {}}).size(), 1U);
  EXPECT_EQ(Found(book, {}).front().attempt.user,
            "user" + std::to_string(3 * AttemptBook::kMaxOfOneAddress - 1));
}

TEST(AttemptBook, AFlood_DrivesOutTheOldest) {
  AttemptBook book;
  for (uint32_t i = 0; i < AttemptBook::kMaxEntries + 10; ++i) book.Add(Attempt(i, ""), kStart);
  EXPECT_EQ(book.size(), AttemptBook::kMaxEntries);
  EXPECT_TRUE(Found(book, {.address = IpPrefix::Parse("0.0.0.9"), .user = {}}).empty());
  EXPECT_FALSE(Found(book, {.address = IpPrefix::Parse("0.0.0.10"), .user = {}}).empty());
}

TEST(AttemptBook, AFloodOfOneKind_DrivesOutItsOwn) {
  AttemptBook book;
  FailedAttempt real = Attempt(1, "alice");
  real.reason = AttemptReason::kWrongPassword;
  book.Add(real, kStart);
  for (uint32_t i = 0; i < 2 * AttemptBook::kMaxEntries; ++i) {
    FailedAttempt forged = Attempt(1000 + i, "");
    forged.reason = AttemptReason::kClearText;
    book.Add(forged, kStart);
  }
  EXPECT_EQ(book.size(), AttemptBook::kMaxEntries);
  EXPECT_FALSE(Found(book, {.address = IpPrefix::Parse("0.0.0.1"), .user = {}}).empty());
}

}  // namespace
}  // namespace sallyport::daemon
