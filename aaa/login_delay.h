// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ip_address.h"
#include "base/time.h"

namespace sallyport::aaa {

/// How guessing of passwords is slowed down; all of it local policy.
struct LoginDelaySettings {
  std::chrono::milliseconds first{1000};  // after one refused login; zero: no delay ever
  std::chrono::milliseconds longest{
      8000};                         // the delay doubles with each further refusal up to this
  std::chrono::seconds memory{600};  // after the last refusal it is forgotten
  bool per_peer = true;              // by the peer's address too, not by the user alone
  size_t max_entries = 10000;        // users, and as many addresses: those refused last
  bool operator==(const LoginDelaySettings&) const = default;
};

/// Delays the answer to logins of users, and from addresses, of which logins were refused. The
/// answer is delayed whatever it is: if only refusals took their time, a guesser would not wait for
/// them. Without any I/O; plain data.
///
/// Somebody who guesses on many connections at once gets no more than kBurst answers a delay: what
/// is beyond that is refused unseen. Only who guesses that hard can lock a user out, and only for
/// as long as it lasts.
class LoginDelay {
 public:
  /// Answers that may be on their way at once, for one user or address; local policy.
  static constexpr int kBurst = 16;

  explicit LoginDelay(const LoginDelaySettings& settings) : settings_(settings) {}

  /// From now on. What is remembered stays, unless there is to be no delay.
  void Configure(const LoginDelaySettings& settings);

  /// A login of `user`, any octets, comes from `peer`: how long its answer has to wait. Nothing: it
  /// is to be refused without a look at its password, after settings.longest.
  std::optional<Duration> Admit(std::string_view user, const IpAddress& peer, TimePoint now);
  /// It was refused for a wrong name or password.
  void Refused(std::string_view user, const IpAddress& peer, TimePoint now);
  /// It was accepted: the user's refusals are forgotten. Those of the address are not, or a guesser
  /// with an account of his own would have them forgotten at will.
  void Accepted(std::string_view user);

  /// How many users and addresses are remembered.
  size_t size() const { return users_.entries.size() + peers_.entries.size(); }

 private:
  struct Entry {
    unsigned refusals = 0;
    TimePoint last{};  // refusal
    /// The time at which an answer would be due if they went out evenly, kBurst a delay (the
    /// virtual scheduling of ITU-T I.371).
    TimePoint even{};
    std::list<std::string>::iterator place;  // in Table::order
  };
  /// By name or address, those refused last at the end of `order`.
  struct Table {
    std::unordered_map<std::string, Entry> entries;
    std::list<std::string> order;
  };

  Entry* Find(Table& table, const std::string& key, TimePoint now);
  void Count(Table& table, const std::string& key, TimePoint now);
  Duration DelayOf(const Entry& entry) const;
  static void Erase(Table& table, const std::string& key);

  LoginDelaySettings settings_;
  Table users_;
  Table peers_;
};

}  // namespace sallyport::aaa
