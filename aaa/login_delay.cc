// SPDX-License-Identifier: GPL-2.0-or-later
#include "aaa/login_delay.h"

#include <algorithm>

namespace sallyport::aaa {
namespace {

/// A site has one IPv6 /64 at least, so that is one guesser; so is an IPv4 address.
std::string KeyOf(const IpAddress& peer) {
  constexpr size_t kSiteOctets = 8;
  const auto octets = peer.bytes();
  const auto site = octets.first(std::min(octets.size(), kSiteOctets));
  return {site.begin(), site.end()};
}

}  // namespace

void LoginDelay::Configure(const LoginDelaySettings& settings) {
  settings_ = settings;
  if (settings_.first.count() != 0) return;
  users_ = {};
  peers_ = {};
}

std::optional<Duration> LoginDelay::Admit(std::string_view user, const IpAddress& peer,
                                          TimePoint now) {
  Entry* found[] = {Find(users_, std::string(user), now), nullptr};
  if (settings_.per_peer) found[1] = Find(peers_, KeyOf(peer), now);
  Duration delay{};
  for (const Entry* entry : found) {
    if (entry == nullptr) continue;
    const Duration own = DelayOf(*entry);
    if (entry->even > now + own) return {};
    delay = std::max(delay, own);
  }
  for (Entry* entry : found) {
    if (entry != nullptr) entry->even = std::max(entry->even, now) + DelayOf(*entry) / kBurst;
  }
  return delay;
}

void LoginDelay::Refused(std::string_view user, const IpAddress& peer, TimePoint now) {
  if (settings_.first.count() == 0) return;
  Count(users_, std::string(user), now);
  if (settings_.per_peer) Count(peers_, KeyOf(peer), now);
}

void LoginDelay::Accepted(std::string_view user) { Erase(users_, std::string(user)); }

/// Null if there is nothing to remember, or no longer.
LoginDelay::Entry* LoginDelay::Find(Table& table, const std::string& key, TimePoint now) {
  const auto found = table.entries.find(key);
  if (found == table.entries.end()) return nullptr;
  if (found->second.last + settings_.memory > now) return &found->second;
  Erase(table, key);
  return nullptr;
}

void LoginDelay::Count(Table& table, const std::string& key, TimePoint now) {
  if (Find(table, key, now) == nullptr) {
    if (table.entries.size() >= settings_.max_entries) {
      Erase(table, std::string(table.order.front()));
    }
    table.entries[key].place = table.order.insert(table.order.end(), key);
  }
  Entry& entry = table.entries[key];
  ++entry.refusals;
  entry.last = now;
  table.order.splice(table.order.end(), table.order, entry.place);
}

Duration LoginDelay::DelayOf(const Entry& entry) const {
  Duration delay = settings_.first;
  for (unsigned i = 1; i < entry.refusals && delay < settings_.longest; ++i) delay *= 2;
  return std::min<Duration>(delay, settings_.longest);
}

void LoginDelay::Erase(Table& table, const std::string& key) {
  const auto found = table.entries.find(key);
  if (found == table.entries.end()) return;
  table.order.erase(found->second.place);
  table.entries.erase(found);
}

}  // namespace sallyport::aaa
