// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "daemon/ike.h"
#include "vici/events.h"
#include "vici/message.h"

namespace sallyport::daemon {

/// What charon's events and lists say about the SAs of our connections (IsOurName()), in the terms
/// of Ike; those of others are not looked at. No I/O. Three facts of charon shape it:
/// - A client is its child, never the IKE SA over it: after a reauthentication (IKEv1) a new IKE SA
///   adopts the children of the old one without a word (adopt_children_job.c), after a rekey
///   (IKEv2) with one, and the old one then goes without.
/// - A rekeyed child is another child with the same reqid; the old one vanishes without an event.
///   When both sides rekey at once, or Windows asks twice, there are two, of which either may go.
/// - After a NAT has moved a client, charon does not take its next rekey for one, since the
///   selectors have the old address: a child with another reqid comes up beside the old one.
class StrongswanSas {
 public:
  struct Up {
    SecurityAssociation sa;
  };
  /// Same id and reqid; SPIs or endpoints are new.
  struct Changed {
    SecurityAssociation sa;
  };
  struct Down {
    SaId id;
    ReqId reqid;
    std::string reason;
  };
  /// charon was started anew and does not know it; it may still be in the kernel.
  struct Forgotten {
    SaId id;
  };
  /// An IKE exchange ended without an SA for L2TP.
  struct AttemptFailed {
    vici::IkeUniqueId ike;
    IpEndpoint peer;
    std::string remote_id;  // printable; empty when it was not told
    std::string dial;       // whose connection it was; empty: the peer began
    std::string reason;
  };
  using Change = std::variant<Up, Changed, Down, Forgotten, AttemptFailed>;
  using Changes = std::vector<Change>;

  /// What `terminate` is to be asked for: the IKE SA, or only the child when another client uses
  /// the IKE SA too or it is not known.
  struct Termination {
    vici::ChildUniqueId child;
    std::optional<vici::IkeUniqueId> ike;
  };

  /// An event of the names in kEvents; others and those without an SA in them change nothing.
  void HandleEvent(std::string_view name, const vici::Message& event, Changes& out);
  static constexpr std::string_view kEvents[] = {"ike-updown", "child-updown", "child-rekey",
                                                 "ike-rekey", "ike-update"};
  /// The one of kEvents that is not there before strongSwan 5.9.2: the new address of a client that
  /// moved is then known only after its next rekey.
  static constexpr std::string_view kOptionalEvent = "ike-update";

  /// A new connection to charon: first the list of all SAs (list-sas), with events in between; then
  /// what was neither listed nor told of is gone.
  void BeginList();
  void HandleListed(const vici::Message& list_sa, Changes& out);
  void EndList(Changes& out);

  /// The SAs of a message of list-sas, whosever they are.
  static void AddKnown(const vici::Message& list_sa, KnownSas& known);

  /// Notes that the SA is to go; it stays until charon says that it is gone. False for an unknown
  /// id and for one noted before.
  bool MarkTerminating(SaId id);
  /// It is not to go any more, or that has failed: MarkTerminating() may be called again.
  void UnmarkTerminating(SaId id);
  /// charon has no such child, and did not say that it went: a redundant one, of a rekey by both
  /// sides, it deletes without a word (quick_delete.c).
  void ForgetChild(SaId id, vici::ChildUniqueId child, Changes& out);
  /// Nothing for an unknown id.
  std::optional<Termination> TerminationOf(SaId id) const;
  /// Those that MarkTerminating() was called for and that are still there.
  std::vector<SaId> Terminating() const;
  size_t size() const { return records_.size(); }
  /// The names of their connections, which may have been taken back meanwhile.
  std::set<std::string> Connections() const;

 private:
  struct Record {
    SecurityAssociation sa;
    vici::ChildUniqueId child;
    /// All of the reqid that are up and not rekeyed, `child` among them.
    std::map<vici::ChildUniqueId, vici::ChildSa> children;
    vici::IkeUniqueId ike;
    std::string connection;
    vici::IkeUniqueId adopted_from;  // since the list was begun
    bool listed = true;
    bool terminating = false;
  };
  /// An established IKE SA of ours.
  struct IkeRecord {
    IpEndpoint peer;
    IpAddress local;
    std::string remote_id;  // as charon says it
    bool had_child = false;
    bool listed = true;
  };

  void HandleIkeUpDown(const vici::SaEvent& event, Changes& out);
  void HandleChildUpDown(const vici::SaEvent& event, Changes& out);
  void HandleChildRekey(const vici::ChildRekeyEvent& event, Changes& out);
  void HandleIkeRekey(const vici::IkeRekeyEvent& event, Changes& out);
  void HandleIkeUpdate(const vici::IkeUpdateEvent& event, Changes& out);

  void IkeUp(const vici::IkeSa& ike, Changes& out);
  void IkeDown(const vici::IkeSa& ike, Changes& out);
  /// `to` has taken over the children of `from`.
  void Adopt(vici::IkeUniqueId from, const vici::IkeSa& to, Changes& out);
  /// Notes the endpoints and identity of an IKE SA, known or not.
  void Learn(const vici::IkeSa& ike);
  bool IsAdopted(const Record& record) const;
  void ForgetPeer(vici::IkeUniqueId ike, const IkeRecord& record);
  /// A child that is up, whether or not it was known.
  void ChildUp(const vici::IkeSa& ike, const vici::ChildSa& child, Changes& out);
  /// Brings `record` up to date with a child that carries on with its reqid.
  void Refresh(Record& record, const vici::IkeSa& ike, const vici::ChildSa& child, Changes& out);
  /// One of its children has gone: another takes its place, or else the record goes.
  void ChildDown(Record& record, const vici::IkeSa& ike, vici::ChildUniqueId child, Changes& out);
  /// The record whose client comes with another reqid: the same IKE SA and selectors.
  const Record* FindPredecessor(const SecurityAssociation& sa) const;
  /// Takes the child out; false when it is the last, and nothing is done.
  bool DropChild(Record& record, vici::ChildUniqueId child);
  /// Out of the books, with its reqid given back.
  ReqId Erase(SaId id);
  void Remove(SaId id, std::string reason, Changes& out);
  void SetIke(Record& record, vici::IkeUniqueId ike);
  Record* FindByChild(vici::ChildUniqueId child);
  Record* FindByReqid(uint32_t reqid);

  std::map<SaId, Record> records_;
  // Indexes of records_.
  std::map<vici::ChildUniqueId, SaId> by_child_;  // all of Record::children
  std::map<ReqId, SaId> by_reqid_;
  std::map<vici::IkeUniqueId, std::set<SaId>> by_ike_;

  std::map<vici::IkeUniqueId, IkeRecord> ikes_;
  // The newest of ikes_ for each peer, address of ours and remote_id.
  std::map<std::tuple<IpEndpoint, IpAddress, std::string>, vici::IkeUniqueId> ike_by_peer_;
  uint64_t last_id_ = 0;
};

}  // namespace sallyport::daemon
