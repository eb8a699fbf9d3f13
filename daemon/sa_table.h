// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "daemon/data_plane.h"
#include "daemon/ike.h"
#include "l2tp/endpoint.h"

namespace sallyport::daemon {

/// The SAs that are up, each with the path on which it asks for tunnels, and the first datagrams
/// that came through an SA before its path was ready (design D2).
class SaTable {
 public:
  struct Entry {
    SecurityAssociation sa;
    l2tp::PathId path;
    std::set<l2tp::TunnelId> tunnels;  // through it, lingering ones included
    std::set<l2tp::TunnelId> live;     // those of them that have not ended
    std::optional<TimePoint> due;      // when it is to go, unless a tunnel is asked for before
  };
  /// A datagram that waits for its path.
  struct Early {
    std::optional<ReqId> reqid;  // as in Reception
    IpEndpoint peer;
    IpAddress local;
    std::vector<uint8_t> bytes;
    TimePoint arrived;
  };

  /// `due`: when it is to go if no tunnel is asked for before.
  void Add(const SecurityAssociation& sa, l2tp::PathId path, TimePoint due);
  void Update(const SecurityAssociation& sa);
  /// The entry that is removed.
  std::optional<Entry> Remove(SaId id);

  // Nothing happens for an SA that is not there any more.
  void AddTunnel(SaId id, l2tp::TunnelId tunnel);
  /// The tunnel has ended, though it may linger; the last one leaves the SA until `due`.
  void EndTunnel(SaId id, l2tp::TunnelId tunnel, TimePoint due);
  void RemoveTunnel(SaId id, l2tp::TunnelId tunnel);

  /// The SAs that have been due by `now`. They are due again at `next`, should they still be there.
  std::vector<SaId> TakeDue(TimePoint now, TimePoint next);
  std::optional<TimePoint> NextDue() const;

  const Entry* Find(SaId id) const;
  const Entry* FindByPath(l2tp::PathId path) const;
  const std::map<SaId, Entry>& entries() const { return entries_; }
  /// The older SAs of the very client of `sa`: one that has dialled again. Two clients never have
  /// the same address and IKE port at a time; behind a NAT that has forgotten one client, another
  /// may get its port, but hardly its identity.
  std::vector<SaId> OlderOf(const SecurityAssociation& sa) const;
  /// Older SAs that may be the client's of `sa` from before a NAT gave it another port: from the
  /// same address, for one that names itself by the same address inside. Who logs in decides.
  std::vector<SaId> FormerOf(const SecurityAssociation& sa) const;

  const Entry* FindByReqid(ReqId reqid) const;
  /// For a kernel that does not tell the reqid: the one SA with a client at `peer`, if there is
  /// just one and no NAT. Clients behind one NAT cannot be told apart by address, not even while
  /// there is but one of them; each sends its request again within a second or two.
  const Entry* FindOnly(const IpAddress& peer) const;

  /// Whether an SA leads to a client at `peer` that calls itself `identity`.
  bool HasClient(const IpAddress& peer, std::string_view identity) const;

  /// Keeps a datagram of a peer whose SA is not known yet; bounded in number and time.
  void Keep(const l2tp::Datagram& datagram, std::optional<ReqId> reqid, TimePoint now);
  /// Takes out those that came through `sa`, as far as that is known, and are still worth
  /// answering.
  std::vector<Early> TakeEarly(const SecurityAssociation& sa, TimePoint now);

 private:
  void DropStale(TimePoint now);
  void SetDue(Entry& entry, std::optional<TimePoint> due);
  void RemoveFromPeer(const SecurityAssociation& sa);

  std::map<SaId, Entry> entries_;
  std::map<l2tp::PathId, SaId> by_path_;
  std::map<ReqId, SaId> by_reqid_;
  std::map<IpAddress, std::vector<SaId>> by_peer_;
  std::set<std::pair<TimePoint, SaId>> by_due_;
  std::deque<Early> early_;
};

}  // namespace sallyport::daemon
