// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/expected.h"
#include "daemon/data_plane.h"
#include "daemon/dhcp_sockets.h"
#include "daemon/ipv6_sockets.h"
#include "daemon/kernel_paths.h"
#include "daemon/kernel_sessions.h"
#include "daemon/log_limit.h"
#include "daemon/sa_watch.h"
#include "daemon/table_watch.h"
#include "netlink/nftables.h"

namespace sallyport::daemon {

/// The data path in Linux: l2tp_ppp, ppp_generic, XFRM socket policies and nf_tables, driven
/// through worker threads.
class KernelDataPlane final : public DataPlane {
 public:
  struct Options {
    KernelPaths::Options paths;
    std::vector<IpAddress>
        gateways;       // our inner addresses, held by the loopback device (design D5)
    bool dhcp = false;  // messages to DHCP servers are taken in
    bool ipv6 = false;  // sessions may have IPv6
  };

  /// `loop` and `pool` outlive it.
  KernelDataPlane(EventLoop& loop, WorkerPool& pool, Options options);

  /// Whether this kernel has all that is needed, with IPsec or without; the error says what to
  /// install. May wait.
  static Expected<void, std::string> Probe(bool ipsec_required);

  /// Installs the rewriting table, the inner addresses and the listeners; start-up only, may wait.
  /// What an earlier life left behind is replaced. `observer` outlives this object's loop.
  Expected<void, std::string> Start(Observer& observer);
  /// Takes away what Start() made. Sessions and tunnels must be released before. May wait.
  void Stop();

  std::optional<l2tp::PathId> AddSecurityAssociation(ReqId reqid, const IpAddress& local) override;
  void RemovePath(l2tp::PathId path) override;
  void FindMissingSas(std::set<KernelSa> sas, SasCallback done) override;
  void FindUnclaimedSas(UnclaimedSasCallback done) override;
  void ReadSaCounters(SaCountersCallback done) override;
  void DeleteSecurityAssociation(const IpAddress& destination, uint32_t spi) override;
  void DeleteSecurityAssociations(std::set<ReqId> reqids) override;
  void PrepareTunnel(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid,
                     PathCallback done) override;
  void CompleteTunnel(l2tp::PathId path, const l2tp::TunnelUp& up, DoneCallback done) override;
  void MoveTunnel(l2tp::PathId path, l2tp::TunnelId tunnel, ReqId reqid, const IpEndpoint& peer,
                  DoneCallback done) override;
  uint16_t LocalPort(l2tp::PathId path) const override;
  std::optional<uint16_t> OuterMtu(const IpAddress& local, const IpAddress& peer) const override;
  void Send(const l2tp::SendDatagram& datagram) override;
  void PrepareSession(const l2tp::PrepareSession& request, DoneCallback done) override;
  void NumberFrames(const SessionKey& key, DoneCallback done) override;
  void StartFrames(const SessionKey& key) override;
  void WriteFrame(const SessionKey& key, std::span<const uint8_t> frame) override;
  void CreateInterface(const SessionKey& key, const std::string& name,
                       InterfaceCallback done) override;
  void BringUp(const SessionKey& key, const SessionNetwork& network, DoneCallback done) override;
  void BringDown(const SessionKey& key) override;
  void SendIpv6(const SessionKey& key, Ipv6Service service, const IpEndpoint& to,
                std::span<const uint8_t> bytes) override;
  void ReleaseSession(const SessionKey& key, DoneCallback done) override;
  void SendDhcp(const IpAddress& source, const IpEndpoint& destination,
                std::span<const uint8_t> octets) override;
  void ReadCounters(CountersCallback done) override;
  void ReadClearTextPeers(AddressesCallback done) override;
  const std::map<std::string, uint64_t>& drops() const override { return drops_; }
  const std::map<std::string, uint64_t>& data_drops() const override { return data_drops_; }

 private:
  Expected<void, std::string> AddGateways(netlink::Route& route);
  Expected<void, std::string> OpenIpv6();
  Expected<void, std::string> Watch(Observer& observer);
  void Repair(const std::string& culprit);
  void RestoreTable();
  void TakeFence(const netlink::FenceCounters& now);

  EventLoop& loop_;
  WorkerPool& pool_;
  Options options_;
  KernelPaths paths_;
  KernelSessions sessions_;
  DhcpSockets dhcp_;
  Observer* observer_ = nullptr;
  TableWatch table_watch_;
  Timer repair_timer_;  // a repair has failed
  std::optional<SaWatch> sa_watch_;
  Ipv6Sockets ipv6_sockets_;
  std::vector<IpPrefix> added_addresses_;  // by us, to be taken away again
  netlink::FenceCounters fence_;           // as last read; a table made anew counts from 0
  std::map<std::string, uint64_t> drops_;
  std::map<std::string, uint64_t> data_drops_;
  LogLimit repair_log_;
};

}  // namespace sallyport::daemon
