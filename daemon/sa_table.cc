// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/sa_table.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace sallyport::daemon {
namespace {

/// A client repeats its SCCRQ after one or two seconds (conformance.md L4): later than that, the
/// copy we kept is of no use.
constexpr std::chrono::seconds kEarlyLifetime{2};
/// Datagrams of this size and number bound what a crowd can make us keep. Local policy.
constexpr size_t kMaxEarly = 256;
constexpr size_t kMaxEarlyBytes = 1024;

}  // namespace

void SaTable::Add(const SecurityAssociation& sa, l2tp::PathId path, TimePoint due) {
  by_path_[path] = sa.id;
  by_reqid_[sa.reqid] = sa.id;
  by_peer_[sa.peer.address].push_back(sa.id);
  const auto added = entries_.insert_or_assign(sa.id, Entry{sa, path, {}, {}, {}});
  SetDue(added.first->second, due);
}

void SaTable::Update(const SecurityAssociation& sa) {
  const auto found = entries_.find(sa.id);
  if (found == entries_.end()) return;
  if (found->second.sa.peer.address != sa.peer.address) {
    RemoveFromPeer(found->second.sa);
    by_peer_[sa.peer.address].push_back(sa.id);
  }
  found->second.sa = sa;
}

std::optional<SaTable::Entry> SaTable::Remove(SaId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return {};
  SetDue(found->second, std::nullopt);
  Entry entry = std::move(found->second);
  entries_.erase(found);
  by_path_.erase(entry.path);
  if (const auto by_reqid = by_reqid_.find(entry.sa.reqid);
      by_reqid != by_reqid_.end() && by_reqid->second == id) {
    by_reqid_.erase(by_reqid);
  }
  RemoveFromPeer(entry.sa);
  return entry;
}

void SaTable::RemoveFromPeer(const SecurityAssociation& sa) {
  auto& same_peer = by_peer_[sa.peer.address];
  std::erase(same_peer, sa.id);
  if (same_peer.empty()) by_peer_.erase(sa.peer.address);
}

void SaTable::AddTunnel(SaId id, l2tp::TunnelId tunnel) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second.tunnels.insert(tunnel);
  found->second.live.insert(tunnel);
  SetDue(found->second, std::nullopt);
}

void SaTable::EndTunnel(SaId id, l2tp::TunnelId tunnel, TimePoint due) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.live.erase(tunnel) == 0) return;
  if (found->second.live.empty()) SetDue(found->second, due);
}

void SaTable::RemoveTunnel(SaId id, l2tp::TunnelId tunnel) {
  if (const auto found = entries_.find(id); found != entries_.end()) {
    found->second.tunnels.erase(tunnel);
  }
}

void SaTable::SetDue(Entry& entry, std::optional<TimePoint> due) {
  if (entry.due) by_due_.erase({*entry.due, entry.sa.id});
  entry.due = due;
  if (due) by_due_.emplace(*due, entry.sa.id);
}

std::vector<SaId> SaTable::TakeDue(TimePoint now, TimePoint next) {
  std::vector<SaId> due;
  for (const auto& [when, id] : by_due_) {
    if (when > now) break;
    due.push_back(id);
  }
  for (const SaId id : due) SetDue(entries_.at(id), next);
  return due;
}

std::optional<TimePoint> SaTable::NextDue() const {
  return by_due_.empty() ? std::nullopt : std::optional(by_due_.begin()->first);
}

std::vector<SaId> SaTable::OlderOf(const SecurityAssociation& sa) const {
  std::vector<SaId> older;
  if (!sa.dial.empty()) return older;  // two dials may lead to one server
  const auto same_address = by_peer_.find(sa.peer.address);
  if (same_address == by_peer_.end()) return older;
  for (const SaId id : same_address->second) {
    const SecurityAssociation& other = entries_.at(id).sa;
    // Without NAT an address is one machine's, whatever it calls itself; two SAs for the same port
    // of it are then one client's.
    const bool nat = other.peer_behind_nat || sa.peer_behind_nat;
    const bool same_machine = !nat && sa.one_port && other.selectors == sa.selectors;
    const bool same_client = other.peer == sa.peer && other.local == sa.local &&
                             (other.remote_id == sa.remote_id || same_machine);
    // One client may have several pairs of SAs for several ports.
    const bool beside = other.ike_sa == sa.ike_sa && other.selectors != sa.selectors;
    if (id < sa.id && same_client && !beside && other.dial.empty()) older.push_back(id);
  }
  return older;
}

std::vector<SaId> SaTable::FormerOf(const SecurityAssociation& sa) const {
  std::vector<SaId> former;
  const auto same_address = by_peer_.find(sa.peer.address);
  // A certificate or a name may be on several machines.
  const bool one_machine = IpAddress::Parse(sa.remote_id).has_value();
  if (!sa.dial.empty() || !sa.peer_behind_nat || !one_machine || same_address == by_peer_.end())
    return former;
  for (const SaId id : same_address->second) {
    const SecurityAssociation& other = entries_.at(id).sa;
    const bool same = other.remote_id == sa.remote_id && other.local == sa.local;
    const bool other_port = other.peer_behind_nat && other.peer.port != sa.peer.port;
    if (id < sa.id && same && other_port && other.dial.empty()) former.push_back(id);
  }
  return former;
}

const SaTable::Entry* SaTable::Find(SaId id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const SaTable::Entry* SaTable::FindByPath(l2tp::PathId path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : Find(found->second);
}

const SaTable::Entry* SaTable::FindByReqid(ReqId reqid) const {
  const auto found = by_reqid_.find(reqid);
  return found == by_reqid_.end() ? nullptr : Find(found->second);
}

const SaTable::Entry* SaTable::FindOnly(const IpAddress& peer) const {
  const auto found = by_peer_.find(peer);
  if (found == by_peer_.end() || found->second.size() != 1) return nullptr;
  const Entry* entry = Find(found->second.front());
  return entry->sa.peer_behind_nat ? nullptr : entry;
}

bool SaTable::HasClient(const IpAddress& peer, std::string_view identity) const {
  const auto found = by_peer_.find(peer);
  return found != by_peer_.end() && std::ranges::any_of(found->second, [&](SaId id) {
           return entries_.at(id).sa.remote_id == identity;
         });
}

void SaTable::Keep(const l2tp::Datagram& datagram, std::optional<ReqId> reqid, TimePoint now) {
  DropStale(now);
  if (early_.size() >= kMaxEarly || datagram.bytes.size() > kMaxEarlyBytes) return;
  early_.push_back(
      {reqid, datagram.peer, datagram.local, {datagram.bytes.begin(), datagram.bytes.end()}, now});
}

std::vector<SaTable::Early> SaTable::TakeEarly(const SecurityAssociation& sa, TimePoint now) {
  DropStale(now);
  const auto through = [&sa](const Early& early) {
    if (early.peer.address != sa.peer.address) return false;
    return early.reqid ? *early.reqid == sa.reqid : !sa.peer_behind_nat;
  };
  std::vector<Early> taken;
  std::ranges::copy_if(early_, std::back_inserter(taken), through);
  std::erase_if(early_, through);
  return taken;
}

void SaTable::DropStale(TimePoint now) {
  while (!early_.empty() && now - early_.front().arrived > kEarlyLifetime) early_.pop_front();
}

}  // namespace sallyport::daemon
