// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/strongswan_sas.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "daemon/strongswan_config.h"
#include "daemon/strongswan_esp.h"

namespace sallyport::daemon {
namespace {

/// charon's name for an IKE SA that has chosen no configuration yet.
constexpr std::string_view kUnnamed = "(unnamed)";

constexpr const char* kGone = "the IKE daemon does not know it any more";

/// Its SAs are in the kernel and carry traffic (child_sa.c, child_sa_state_names).
bool IsAlive(const vici::ChildSa& child) {
  return child.state == "INSTALLED" || child.state == "UPDATING" || child.state == "REKEYING";
}

std::string VersionText(std::optional<unsigned> version) {
  return version ? "IKEv" + std::to_string(*version) : "IKE";
}

/// "[udp/l2f] [udp/l2f]" of "203.0.113.1/32[udp/l2f]" and the other side's: what stays when an
/// address moves.
std::string SelectorsOf(const vici::ChildSa& child) {
  std::string text;
  for (const auto* list : {&child.local_ts, &child.remote_ts}) {
    for (const std::string& selector : *list) {
      if (!text.empty()) text += ' ';
      text += PrintableText(selector.substr(std::min(selector.find('['), selector.size())));
    }
  }
  return text;
}

/// Whether the peer's side is "203.0.113.2/32[udp/l2f]", not of all ports ("[udp]") or several
/// ("[udp/1024-2048]", which a service's name with a dash is taken for).
bool NamesOnePort(const vici::ChildSa& child) {
  const auto one = [](const std::string& selector) {
    const size_t protocol = selector.find('[');
    return protocol != std::string::npos && selector.find('/', protocol) != std::string::npos &&
           selector.find('-', protocol) == std::string::npos;
  };
  return child.remote_ts.size() == 1 && one(child.remote_ts.front());
}

/// What `ike` and `child` tell, over what `sa` holds already; nothing is forgotten that a message
/// happens not to repeat.
void Fill(SecurityAssociation& sa, const vici::IkeSa& ike, const vici::ChildSa& child) {
  const auto set = [](auto& field, const auto& value) {
    if (value != std::decay_t<decltype(value)>()) field = value;
  };
  set(sa.peer, ike.remote.endpoint);
  set(sa.local, ike.local.endpoint.address);
  sa.ike_version = VersionText(ike.version);
  sa.local_id = PrintableText(ike.local.identity);
  sa.remote_id = PrintableText(ike.remote.identity);
  sa.ike_proposal = PrintableText(ike.proposal);
  if (!child.proposal.empty()) {
    sa.esp_proposal = PrintableText(child.proposal);
    sa.esp_sizes = EspSizesOf(child.proposal);
  }
  set(sa.spi_in, child.spi_in.value_or(0));
  set(sa.spi_out, child.spi_out.value_or(0));
  if (!child.protocol.empty()) sa.udp_encapsulation = child.udp_encapsulation;
  sa.peer_behind_nat = ike.remote.behind_nat;
  sa.ike_sa = ike.unique_id.value();
  if (!child.remote_ts.empty()) {
    sa.selectors = SelectorsOf(child);
    sa.one_port = NamesOnePort(child);
  }
  if (auto dial = DialOfConnection(ike.connection)) sa.dial = *std::move(dial);
}

}  // namespace

void StrongswanSas::HandleEvent(std::string_view name, const vici::Message& event, Changes& out) {
  if (name == "ike-updown") {
    if (const auto parsed = vici::ParseSaEvent(event)) HandleIkeUpDown(*parsed, out);
  } else if (name == "child-updown") {
    if (const auto parsed = vici::ParseSaEvent(event)) HandleChildUpDown(*parsed, out);
  } else if (name == "child-rekey") {
    if (const auto parsed = vici::ParseChildRekeyEvent(event)) HandleChildRekey(*parsed, out);
  } else if (name == "ike-rekey") {
    if (const auto parsed = vici::ParseIkeRekeyEvent(event)) HandleIkeRekey(*parsed, out);
  } else if (name == "ike-update") {
    if (const auto parsed = vici::ParseIkeUpdateEvent(event)) HandleIkeUpdate(*parsed, out);
  }
}

void StrongswanSas::HandleIkeUpDown(const vici::SaEvent& event, Changes& out) {
  const vici::IkeSa& ike = event.ike;
  if (event.up) {
    if (IsOurName(ike.connection)) IkeUp(ike, out);
  } else if (IsOurName(ike.connection) || ike.connection == kUnnamed) {
    IkeDown(ike, out);
  }
}

void StrongswanSas::HandleChildUpDown(const vici::SaEvent& event, Changes& out) {
  if (!IsOurName(event.ike.connection)) return;
  for (const vici::ChildSa& child : event.ike.children) {
    if (event.up) {
      ChildUp(event.ike, child, out);
    } else if (Record* record = FindByChild(child.unique_id)) {
      ChildDown(*record, event.ike, child.unique_id, out);
    }
  }
}

void StrongswanSas::HandleChildRekey(const vici::ChildRekeyEvent& event, Changes& out) {
  if (!IsOurName(event.ike.connection)) return;
  Record* record = FindByChild(event.old_child.unique_id);
  if (record != nullptr && record->sa.reqid.value() == event.new_child.reqid) {
    Learn(event.ike);
    by_child_.erase(event.old_child.unique_id);  // it vanishes without a word
    record->children.erase(event.old_child.unique_id);
    Refresh(*record, event.ike, event.new_child, out);
  } else {
    ChildUp(event.ike, event.new_child, out);
  }
}

void StrongswanSas::ChildDown(Record& record, const vici::IkeSa& ike, vici::ChildUniqueId child,
                              Changes& out) {
  const SaId id = record.sa.id;
  if (DropChild(record, child)) {
    const vici::ChildSa other = record.children.rbegin()->second;
    if (record.child == child) Refresh(record, ike, other, out);
    return;
  }
  // bus.c, ike_updown(): when the IKE SA ends, its children are told of after it.
  const bool alone = ike.state == "ESTABLISHED";
  std::string reason = alone ? "the SA was deleted or has expired" : "the IKE SA has ended";
  if (record.terminating) reason = "deleted by us";
  Remove(id, std::move(reason), out);
}

bool StrongswanSas::DropChild(Record& record, vici::ChildUniqueId child) {
  if (record.children.size() == 1) return false;
  by_child_.erase(child);
  record.children.erase(child);
  return true;
}

void StrongswanSas::HandleIkeUpdate(const vici::IkeUpdateEvent& event, Changes& out) {
  if (!ikes_.contains(event.ike.unique_id)) return;  // another connection's, or not established yet
  vici::IkeSa moved = event.ike;
  if (event.new_local) moved.local.endpoint = *event.new_local;
  if (event.new_remote) moved.remote.endpoint = *event.new_remote;
  Learn(moved);
  const auto children = by_ike_.find(event.ike.unique_id);
  if (children == by_ike_.end()) return;
  for (const SaId id : children->second) {
    SecurityAssociation& sa = records_.at(id).sa;
    const SecurityAssociation before = sa;
    Fill(sa, moved, {});
    if (before.peer != sa.peer || before.local != sa.local) out.emplace_back(Changed{sa});
  }
}

void StrongswanSas::BeginList() {
  for (auto& [id, record] : records_) {
    record.listed = false;
    record.adopted_from = {};
  }
  for (auto& [id, ike] : ikes_) ike.listed = false;
}

void StrongswanSas::HandleListed(const vici::Message& list_sa, Changes& out) {
  const auto event = vici::ParseSaEvent(list_sa);
  if (!event || !IsOurName(event->ike.connection)) return;
  if (event->ike.state == "ESTABLISHED") Learn(event->ike);
  for (const vici::ChildSa& child : event->ike.children) {
    if (IsAlive(child)) ChildUp(event->ike, child, out);
  }
}

void StrongswanSas::EndList(Changes& out) {
  std::vector<SaId> gone;
  for (const auto& [id, record] : records_) {
    if (!record.listed && !IsAdopted(record)) gone.push_back(id);
  }
  for (const SaId id : gone) {
    Erase(id);
    out.emplace_back(Forgotten{id});
  }
  std::erase_if(ike_by_peer_, [&](const auto& entry) { return !ikes_.at(entry.second).listed; });
  std::erase_if(ikes_, [](const auto& entry) { return !entry.second.listed; });
}

/// A list that is under way may have passed both IKE SAs, the new one too early and the former too
/// late. One that was neither listed nor told of is of a charon before this one.
bool StrongswanSas::IsAdopted(const Record& record) const {
  if (!record.adopted_from) return false;
  const auto former = ikes_.find(record.adopted_from);
  return former == ikes_.end() || former->second.listed;
}

void StrongswanSas::AddKnown(const vici::Message& list_sa, KnownSas& known) {
  const auto listed = vici::ParseSaEvent(list_sa);
  if (!listed) return;
  for (const vici::ChildSa& child : listed->ike.children) {
    // Those that are just being changed are listed without (vici_query.c, list_child()).
    if (!child.spi_in || !child.spi_out) known.reqids.insert(ReqId(child.reqid));
    for (const auto& spi : {child.spi_in, child.spi_out}) {
      if (spi) known.spis.insert(*spi);
    }
  }
}

bool StrongswanSas::MarkTerminating(SaId id) {
  const auto found = records_.find(id);
  return found != records_.end() && !std::exchange(found->second.terminating, true);
}

void StrongswanSas::UnmarkTerminating(SaId id) {
  if (const auto found = records_.find(id); found != records_.end()) {
    found->second.terminating = false;
  }
}

void StrongswanSas::ForgetChild(SaId id, vici::ChildUniqueId child, Changes& out) {
  const auto found = records_.find(id);
  if (found == records_.end() || !found->second.children.contains(child)) return;
  Record& record = found->second;
  if (!DropChild(record, child)) return Remove(id, kGone, out);
  const auto& [other, details] = *record.children.rbegin();
  record.child = other;
  record.sa.spi_in = details.spi_in.value_or(0);
  record.sa.spi_out = details.spi_out.value_or(0);
  out.emplace_back(Changed{record.sa});
}

std::optional<StrongswanSas::Termination> StrongswanSas::TerminationOf(SaId id) const {
  const auto found = records_.find(id);
  if (found == records_.end()) return {};
  const Record& record = found->second;
  Termination termination{.child = record.child, .ike = {}};
  // RFC 3193 §3.1: phase 1 and phase 2 SAs SHOULD be deleted with the tunnel. Another client's
  // tunnel over the same phase 1 would die with it.
  const auto siblings = by_ike_.find(record.ike);
  if (siblings == by_ike_.end()) return termination;
  const bool shared =
      std::any_of(siblings->second.begin(), siblings->second.end(),
                  [&](SaId sibling) { return sibling != id && !records_.at(sibling).terminating; });
  if (!shared) termination.ike = record.ike;
  return termination;
}

std::vector<SaId> StrongswanSas::Terminating() const {
  std::vector<SaId> ids;
  for (const auto& [id, record] : records_) {
    if (record.terminating) ids.push_back(id);
  }
  return ids;
}

std::set<std::string> StrongswanSas::Connections() const {
  std::set<std::string> names;
  for (const auto& [id, record] : records_) names.insert(record.connection);
  return names;
}

void StrongswanSas::IkeUp(const vici::IkeSa& ike, Changes& out) {
  const auto known =
      ike_by_peer_.find({ike.remote.endpoint, ike.local.endpoint.address, ike.remote.identity});
  const auto previous = known == ike_by_peer_.end() ? vici::IkeUniqueId() : known->second;
  Learn(ike);
  if (ike.version.value_or(1) != 1) return;  // in IKEv2 nothing is adopted
  // adopt_children_job.c: the new IKE SA takes the children of one with the same identities and the
  // same endpoints, ports included. No event says so; without this, the IKE SA that Terminate()
  // names would be the old one, which charon deletes ten seconds later.
  Adopt(previous, ike, out);
}

void StrongswanSas::Adopt(vici::IkeUniqueId from, const vici::IkeSa& to, Changes& out) {
  const auto children = by_ike_.find(from);
  if (children == by_ike_.end()) return;
  for (const SaId id : std::set<SaId>(children->second)) {
    Record& record = records_.at(id);
    record.adopted_from = from;
    SetIke(record, to.unique_id);
    out.emplace_back(Changed{record.sa});
  }
}

void StrongswanSas::HandleIkeRekey(const vici::IkeRekeyEvent& event, Changes& out) {
  const auto known = ikes_.find(event.old_ike.unique_id);
  if (known == ikes_.end()) return;  // another connection's
  Learn(event.new_ike);
  ikes_.at(event.new_ike.unique_id).had_child |= known->second.had_child;
  if (const auto children = by_ike_.find(event.old_ike.unique_id); children != by_ike_.end()) {
    for (const SaId id : children->second) {
      Record& record = records_.at(id);
      record.listed = true;  // as in IsAdopted(), and the event names an IKE SA of this charon's
      Fill(record.sa, event.new_ike, {});
    }
  }
  Adopt(event.old_ike.unique_id, event.new_ike, out);
  ForgetPeer(event.old_ike.unique_id, known->second);
  ikes_.erase(known);
}

void StrongswanSas::Learn(const vici::IkeSa& ike) {
  IkeRecord& record = ikes_[ike.unique_id];
  ForgetPeer(ike.unique_id, record);
  record.peer = ike.remote.endpoint;
  record.local = ike.local.endpoint.address;
  record.remote_id = ike.remote.identity;
  record.listed = true;
  ike_by_peer_[{record.peer, record.local, record.remote_id}] = ike.unique_id;
}

void StrongswanSas::ForgetPeer(vici::IkeUniqueId ike, const IkeRecord& record) {
  const auto newest = ike_by_peer_.find({record.peer, record.local, record.remote_id});
  if (newest != ike_by_peer_.end() && newest->second == ike) ike_by_peer_.erase(newest);
}

void StrongswanSas::IkeDown(const vici::IkeSa& ike, Changes& out) {
  const auto known = ikes_.find(ike.unique_id);
  const bool established = known != ikes_.end();
  if (!established || !known->second.had_child) {
    out.emplace_back(AttemptFailed{
        .ike = ike.unique_id,
        .peer = ike.remote.endpoint,
        .remote_id = PrintableText(ike.remote.identity),
        .dial = DialOfConnection(ike.connection).value_or(std::string()),
        .reason = established
                      ? "the IKE SA ended without an SA for L2TP"
                      : "the IKE SA was not established: proposals or the pre-shared key differ"});
  }
  if (!established) return;
  ForgetPeer(ike.unique_id, known->second);
  ikes_.erase(known);
}

void StrongswanSas::ChildUp(const vici::IkeSa& ike, const vici::ChildSa& child, Changes& out) {
  if (!child.unique_id || child.reqid == 0) return;
  Learn(ike);
  Record* const same_child = FindByChild(child.unique_id);
  if (same_child != nullptr && same_child->sa.reqid.value() != child.reqid) {
    Remove(same_child->sa.id, kGone, out);  // charon has started anew and counts from 1 again
  }
  if (Record* record = FindByReqid(child.reqid)) {
    // The same child told of again; or a rekey that happened while we were not connected; or, after
    // a restart of charon, another client with a reqid that is used again.
    const bool same_peer =
        record->sa.remote_id == PrintableText(ike.remote.identity) &&
        (record->ike == ike.unique_id || record->sa.peer.address == ike.remote.endpoint.address);
    if (same_peer) return Refresh(*record, ike, child, out);
    Remove(record->sa.id, kGone, out);
  }
  const SaId id(++last_id_);
  Record& added = records_[id];
  added.sa.id = id;
  added.sa.reqid = ReqId(child.reqid);
  by_reqid_[added.sa.reqid] = id;
  added.child = child.unique_id;
  added.children[child.unique_id] = child;
  by_child_[child.unique_id] = id;
  added.connection = ike.connection;
  SetIke(added, ike.unique_id);
  Fill(added.sa, ike, child);
  if (const Record* former = FindPredecessor(added.sa)) added.sa.continues = former->sa.id;
  out.emplace_back(Up{added.sa});
}

void StrongswanSas::Refresh(Record& record, const vici::IkeSa& ike, const vici::ChildSa& child,
                            Changes& out) {
  if (!std::exchange(record.listed, true)) {
    // A new list: those of before may have gone unheard.
    for (const auto& [former, details] : std::exchange(record.children, {}))
      by_child_.erase(former);
  }
  record.child = child.unique_id;
  record.children[child.unique_id] = child;
  by_child_[child.unique_id] = record.sa.id;
  record.connection = ike.connection;
  SetIke(record, ike.unique_id);
  const SecurityAssociation before = record.sa;
  Fill(record.sa, ike, child);
  const bool changed = before.spi_in != record.sa.spi_in || before.spi_out != record.sa.spi_out ||
                       before.peer != record.sa.peer || before.local != record.sa.local;
  if (changed) out.emplace_back(Changed{record.sa});
}

void StrongswanSas::Remove(SaId id, std::string reason, Changes& out) {
  out.emplace_back(Down{id, Erase(id), std::move(reason)});
}

ReqId StrongswanSas::Erase(SaId id) {
  const auto found = records_.find(id);
  Record& record = found->second;
  SetIke(record, {});
  for (const auto& [child, details] : record.children) by_child_.erase(child);
  by_reqid_.erase(record.sa.reqid);
  const ReqId reqid = record.sa.reqid;
  records_.erase(found);
  return reqid;
}

void StrongswanSas::SetIke(Record& record, vici::IkeUniqueId ike) {
  if (const auto siblings = by_ike_.find(record.ike); siblings != by_ike_.end()) {
    siblings->second.erase(record.sa.id);
    if (siblings->second.empty()) by_ike_.erase(siblings);
  }
  record.ike = ike;
  record.sa.ike_sa = ike.value();
  if (!ike) return;
  by_ike_[ike].insert(record.sa.id);
  if (const auto known = ikes_.find(ike); known != ikes_.end()) known->second.had_child = true;
}

const StrongswanSas::Record* StrongswanSas::FindPredecessor(const SecurityAssociation& sa) const {
  const auto siblings = by_ike_.find(vici::IkeUniqueId(static_cast<uint32_t>(sa.ike_sa)));
  if (siblings == by_ike_.end() || !sa.dial.empty()) return nullptr;
  const Record* newest = nullptr;
  for (const SaId id : siblings->second) {
    const Record& record = records_.at(id);
    const bool same = record.sa.selectors == sa.selectors && record.sa.local == sa.local;
    if (id != sa.id && same) newest = &record;
  }
  return newest;
}

StrongswanSas::Record* StrongswanSas::FindByChild(vici::ChildUniqueId child) {
  const auto found = by_child_.find(child);
  return found == by_child_.end() ? nullptr : &records_.at(found->second);
}

StrongswanSas::Record* StrongswanSas::FindByReqid(uint32_t reqid) {
  const auto found = by_reqid_.find(ReqId(reqid));
  return found == by_reqid_.end() ? nullptr : &records_.at(found->second);
}

}  // namespace sallyport::daemon
