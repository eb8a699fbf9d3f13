// SPDX-License-Identifier: GPL-2.0-or-later
// The port to whatever moves the packets: sockets, tunnels, sessions, PPP units. The kernel's
// adapter is KernelDataPlane.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/strong_id.h"
#include "base/unique_function.h"
#include "l2tp/endpoint.h"
#include "l2tp/events.h"

namespace sallyport::daemon {

/// The kernel's number for the pair of SAs that carries one client (XFRM reqid).
using ReqId = StrongId<struct ReqIdTag, uint32_t>;

/// One PPP session, by our own ids.
struct SessionKey {
  l2tp::TunnelId tunnel;
  l2tp::SessionId session;
  auto operator<=>(const SessionKey&) const = default;
};

/// One SA as the kernel names it.
struct KernelSa {
  IpAddress destination;
  uint32_t spi = 0;  // host byte order
  auto operator<=>(const KernelSa&) const = default;
};

/// Of one SA, as the kernel counts since it was made.
struct SaCounters {
  uint64_t bytes = 0;
  uint64_t packets = 0;
  uint64_t replays = 0;             // dropped: seen before, or too old (RFC 4303 §3.4.3)
  uint64_t integrity_failures = 0;  // dropped: changed on the way, or another key
  std::string offload = "none";     // to the network device: "none", "crypto", "packet"
};
/// Counters by SA. Copies share one table until it is written to: there may be 100,000 SAs.
class SaCounterTable {
 public:
  using Map = std::map<KernelSa, SaCounters>;

  SaCounters& operator[](const KernelSa& sa) {
    if (map_.use_count() > 1) map_ = std::make_shared<Map>(*map_);
    return (*map_)[sa];
  }
  Map::const_iterator find(const KernelSa& sa) const { return map_->find(sa); }
  Map::const_iterator end() const { return map_->end(); }
  // NOLINTNEXTLINE(google-explicit-constructor): it is one, for those who only read
  operator const Map&() const { return *map_; }

 private:
  std::shared_ptr<Map> map_ = std::make_shared<Map>();
};

struct SaReadings {
  SaCounterTable sas;
  /// Packets that IPsec refused, of the whole host, by the kernel's own names; zeros are left out.
  std::map<std::string, uint64_t> errors;
  uint64_t overruns = 0;  // notifications about SAs were lost, and all were looked at anew
};

struct InterfaceCounters {
  uint64_t rx_bytes = 0;  // received from the client
  uint64_t tx_bytes = 0;
  uint64_t rx_packets = 0;
  uint64_t tx_packets = 0;
};

/// What one dump of counters says of a session; nothing of one that has no interface. To be asked
/// for one session after the other, in turns of the loop of its choice.
using CounterReadings = std::function<std::optional<InterfaceCounters>(const SessionKey& key)>;

/// The IPv6 of one session.
struct SessionIpv6 {
  IpAddress local;                 // link-local, ours
  IpAddress peer;                  // link-local, the client's
  std::vector<IpPrefix> prefixes;  // behind it
  bool operator==(const SessionIpv6&) const = default;
};

/// What a data path needs to let packets flow for one session.
struct SessionNetwork {
  IpAddress local;  // IPv4, ours, shared by all sessions (design D5); none: no IPv4
  IpAddress peer;   // none: not known, so not routed to
  uint16_t mtu = 1400;
  bool own_address = false;           // `local` is the interface's own: a server gave it to us
  std::vector<IpPrefix> routes;       // what else is behind the peer
  std::optional<SessionIpv6> ipv6{};  // none: no IPv6
  bool operator==(const SessionNetwork&) const = default;
};

/// What is said over IPv6 between a session's client and us.
enum class Ipv6Service : uint8_t { kRouterDiscovery, kDhcpv6 };
struct Ipv6Message {
  Ipv6Service service{};
  IpEndpoint peer;                 // link-local; no port of router discovery
  bool multicast = false;          // it was sent to a group, not to an address of ours
  uint8_t hop_limit = 0;           // of router discovery
  std::span<const uint8_t> bytes;  // the ICMPv6 or UDP payload, borrowed for the call
};

/// A message that came to the port of DHCP servers from a session's interface.
struct DhcpDatagram {
  IpAddress source;
  std::span<const uint8_t> bytes;  // borrowed for the call
};

/// By which socket a datagram of L2TP came.
struct Reception {
  bool listener = false;  // the one of the common port: by no path of an SA or tunnel
  std::optional<ReqId>
      reqid;  // of the SA that it came to the listener through, if the kernel tells
};

/// Every call returns at once. Work on one session (and on one path) is done in the order of the
/// calls; a `done` runs later in the event loop, and always runs unless the object goes.
class DataPlane {
 public:
  using DoneCallback = UniqueFunction<void(bool ok)>;
  using InterfaceCallback = UniqueFunction<void(std::optional<std::string> interface_name)>;
  using SasCallback = UniqueFunction<void(const std::set<KernelSa>& sas)>;
  using UnclaimedSasCallback = UniqueFunction<void(std::optional<std::map<KernelSa, ReqId>> sas)>;
  using AddressesCallback = UniqueFunction<void(const std::set<IpAddress>& addresses)>;
  using SaCountersCallback = UniqueFunction<void(const SaReadings& readings)>;
  using PathCallback = UniqueFunction<void(std::optional<l2tp::PathId> path)>;
  using CountersCallback = UniqueFunction<void(CounterReadings readings)>;

  /// Who is told what comes in. Called from the event loop.
  class Observer {
   public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;
    /// A datagram for the L2TP engine.
    virtual void OnDatagram(const l2tp::Datagram& datagram, const Reception& reception) = 0;
    /// A PPP frame, beginning with its protocol field.
    virtual void OnFrame(const SessionKey& key, std::span<const uint8_t> frame) = 0;
    virtual void OnDhcp(const SessionKey& key, const DhcpDatagram& datagram) = 0;
    /// A Router Solicitation or a DHCPv6 message came out of the session.
    virtual void OnIpv6Message(const SessionKey& key, const Ipv6Message& message) = 0;
    /// The session's kernel objects have gone without our doing.
    virtual void OnSessionLost(const SessionKey& key) = 0;
    /// SAs have left the kernel, by whomever.
    virtual void OnSasDeleted(const std::set<KernelSa>& sas) = 0;
    /// Any SA may have left the kernel: all were flushed, or notifications were lost.
    virtual void OnSasUncertain() = 0;
  };

  DataPlane() = default;
  DataPlane(const DataPlane&) = delete;
  DataPlane& operator=(const DataPlane&) = delete;
  virtual ~DataPlane() = default;

  /// Makes the path on which the tunnels of one SA are asked for: packets of the SA that belong to
  /// no tunnel yet arrive on it. Returns none when no socket is to be had.
  virtual std::optional<l2tp::PathId> AddSecurityAssociation(ReqId reqid,
                                                             const IpAddress& local) = 0;
  virtual void RemovePath(l2tp::PathId path) = 0;
  /// Which of `sas` the kernel does not have, from one dump; none when it cannot be asked.
  virtual void FindMissingSas(std::set<KernelSa> sas, SasCallback done) = 0;
  /// The SAs that may be for tunnels of ours: of ESP in transport mode, with keys, for no mark or
  /// interface, with a reqid that no policy names but those of sockets. Nothing when the kernel
  /// cannot be asked.
  virtual void FindUnclaimedSas(UnclaimedSasCallback done) = 0;
  /// Counters of every SA, from one dump; empty when the kernel cannot be asked.
  virtual void ReadSaCounters(SaCountersCallback done) = 0;
  /// Takes an SA out of the kernel if it is still there: an IKE daemon that was killed leaves its
  /// SAs behind, and its successor uses the same reqids.
  virtual void DeleteSecurityAssociation(const IpAddress& destination, uint32_t spi) = 0;
  /// All of ESP in transport mode with one of these reqids, those that a rekey has replaced too.
  virtual void DeleteSecurityAssociations(std::set<ReqId> reqids) = 0;

  /// Makes the tunnel's own path to `request.peer`, bound to `reqid` if there is one. Without the
  /// peer's id it is for control messages only, until CompleteTunnel().
  virtual void PrepareTunnel(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid,
                             PathCallback done) = 0;
  /// Makes the kernel's tunnel on the path of a tunnel whose peer has told its id, and its port,
  /// which may be another than was asked (RFC 2661 §8.1).
  virtual void CompleteTunnel(l2tp::PathId path, const l2tp::TunnelUp& up, DoneCallback done) = 0;
  /// Leads the path of a tunnel to `peer` through the SAs of `reqid`: one of the two is another
  /// than before. What the kernel sends for the tunnel at the very moment may be lost.
  virtual void MoveTunnel(l2tp::PathId path, l2tp::TunnelId tunnel, ReqId reqid,
                          const IpEndpoint& peer, DoneCallback done) = 0;
  /// Local UDP port of a path; 0 for an unknown one.
  virtual uint16_t LocalPort(l2tp::PathId path) const = 0;
  /// The largest packet of ours that the network takes whole on the way from `local` to `peer`, by
  /// its routes; nothing when there is no route.
  virtual std::optional<uint16_t> OuterMtu(const IpAddress& local, const IpAddress& peer) const = 0;
  virtual void Send(const l2tp::SendDatagram& datagram) = 0;

  /// Makes the kernel's session and its PPP channel.
  virtual void PrepareSession(const l2tp::PrepareSession& request, DoneCallback done) = 0;
  /// Data messages carry sequence numbers from the next on (RFC 2661 §5.4).
  virtual void NumberFrames(const SessionKey& key, DoneCallback done) = 0;
  /// From now on the observer gets the session's frames, those too that have come already.
  virtual void StartFrames(const SessionKey& key) = 0;
  virtual void WriteFrame(const SessionKey& key, std::span<const uint8_t> frame) = 0;
  /// Makes the session's network interface, down and without an address. An empty `name` leaves the
  /// choice to the data path.
  virtual void CreateInterface(const SessionKey& key, const std::string& name,
                               InterfaceCallback done) = 0;
  /// Interface up, its address if it has one of its own, routes to the peer and behind it. What the
  /// session had before and has no more is taken away. Packets of a family that it does not have
  /// are dropped.
  virtual void BringUp(const SessionKey& key, const SessionNetwork& network, DoneCallback done) = 0;
  /// Route away, interface down.
  virtual void BringDown(const SessionKey& key) = 0;
  /// From our link-local address, once BringUp() with IPv6 was done.
  virtual void SendIpv6(const SessionKey& key, Ipv6Service service, const IpEndpoint& to,
                        std::span<const uint8_t> bytes) = 0;
  /// Ends everything that the session has in the kernel.
  virtual void ReleaseSession(const SessionKey& key, DoneCallback done) = 0;

  /// Sends from the port of DHCP servers at `source`, an address of ours.
  virtual void SendDhcp(const IpAddress& source, const IpEndpoint& destination,
                        std::span<const uint8_t> octets) = 0;

  /// Counters of all sessions that have an interface, from one dump. The readings may be kept as
  /// long as the object lives.
  virtual void ReadCounters(CountersCallback done) = 0;
  /// Who has sent L2TP in clear text, where IPsec is required, within the last minute.
  virtual void ReadClearTextPeers(AddressesCallback done) = 0;
  /// L2TP refused by the data path, by reason ("clear_text"), as last read with ReadCounters().
  virtual const std::map<std::string, uint64_t>& drops() const = 0;
  /// The same of packets inside of sessions ("spoofed_source").
  virtual const std::map<std::string, uint64_t>& data_drops() const = 0;
};

}  // namespace sallyport::daemon
