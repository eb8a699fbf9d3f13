// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/kernel_data_plane.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/log.h"
#include "netlink/ppp.h"

namespace sallyport::daemon {
namespace {

/// After a repair of the table that failed. Local policy.
constexpr std::chrono::seconds kRepairAgain{5};

/// What one dump brings.
struct Readings {
  CountersByInterface by_ifindex;
  netlink::FenceCounters fence;
};

Readings Read(KernelContext& context) {
  Readings readings;
  if (auto route = context.route()) {
    // One that is inconsistent misses an interface for one turn, which does no harm.
    if (auto statistics = (*route)->Statistics()) {
      for (const auto& entry : statistics->entries) {
        readings.by_ifindex.emplace_back(
            entry.ifindex, InterfaceCounters{.rx_bytes = entry.counters.received_bytes,
                                             .tx_bytes = entry.counters.sent_bytes,
                                             .rx_packets = entry.counters.received_packets,
                                             .tx_packets = entry.counters.sent_packets});
      }
      std::ranges::sort(readings.by_ifindex, {}, &CountersByInterface::value_type::first);
    }
  }
  if (auto nftables = context.nftables()) {
    if (auto counters = (*nftables)->Counters()) readings.fence = *counters;
  }
  return readings;
}

std::optional<std::map<KernelSa, ReqId>> UnclaimedSas(KernelContext& context) {
  auto xfrm = context.xfrm();
  if (!xfrm) return {};
  const auto sas = (*xfrm)->ListSas();
  // After the SAs: a policy is there before what is made for it is missed.
  const auto claimed = (*xfrm)->ListTransportReqids();
  if (!sas || !claimed) return {};
  std::map<KernelSa, ReqId> found;
  for (const auto& sa : *sas) {
    // One that is asked for or being negotiated has no keys yet.
    const bool like_ours = sa.transport_mode && sa.keyed && !sa.marked && sa.reqid != 0;
    if (!like_ours || claimed->contains(sa.reqid)) continue;
    found.emplace(KernelSa{.destination = sa.destination, .spi = sa.spi}, ReqId(sa.reqid));
  }
  return found;
}

std::string_view ToString(netlink::SaOffload offload) {
  switch (offload) {
    case netlink::SaOffload::kNone:
      return "none";
    case netlink::SaOffload::kCrypto:
      return "crypto";
    case netlink::SaOffload::kPacket:
      return "packet";
  }
  return "";
}

SaReadings ReadSas(KernelContext& context) {
  SaReadings readings;
  auto xfrm = context.xfrm();
  if (auto present = xfrm ? (*xfrm)->ListSas() : Unexpected{xfrm.error()}) {
    for (const auto& sa : *present) {
      readings.sas[{.destination = sa.destination, .spi = sa.spi}] = {
          .bytes = sa.bytes,
          .packets = sa.packets,
          .replays = sa.replays,
          .integrity_failures = sa.integrity_failures,
          .offload = std::string(ToString(sa.offload))};
    }
  }
  if (const auto statistics = netlink::ReadXfrmStatistics()) {
    for (const auto& [name, count] : *statistics) {
      if (count > 0) readings.errors[name] = count;
    }
  }
  return readings;
}

}  // namespace

KernelDataPlane::KernelDataPlane(EventLoop& loop, WorkerPool& pool, Options options)
    : loop_(loop),
      pool_(pool),
      options_(std::move(options)),
      paths_(loop, pool, options_.paths),
      sessions_(loop, pool),
      dhcp_(loop,
            [this](const UdpDatagram& datagram) {
              // What comes from elsewhere is some network's, whose DHCP server is not us.
              const auto session = sessions_.FindByInterface(datagram.ifindex);
              if (session) observer_->OnDhcp(*session, {datagram.peer.address, datagram.bytes});
            }),
      table_watch_(loop, [this](const std::string& culprit) { Repair(culprit); }),
      repair_timer_(loop.AddTimer([this] { RestoreTable(); })),
      ipv6_sockets_(loop) {}

Expected<void, std::string> KernelDataPlane::Probe(bool ipsec_required) {
  if (auto l2tp = netlink::L2tp::Open(); !l2tp) return Unexpected{l2tp.error().text};
  if (auto ppp = netlink::ProbePpp(); !ppp) return Unexpected{ppp.error().text};
  if (auto nftables = netlink::Nftables::Open(); !nftables) {
    return Unexpected{nftables.error().text};
  }
  if (!ipsec_required) return {};
  if (auto xfrm = netlink::Xfrm::Open(); !xfrm) return Unexpected{xfrm.error().text};
  return {};
}

Expected<void, std::string> KernelDataPlane::Start(Observer& observer) {
  observer_ = &observer;
  paths_.SetObserver(&observer);
  sessions_.SetObserver(&observer);
  auto nftables = netlink::Nftables::Open();
  if (!nftables) return Unexpected{nftables.error().text};
  // The fence stands before the first socket.
  const auto installed = nftables->Install(options_.paths.table());
  if (!installed) return Unexpected{installed.error().text};
  if (options_.paths.ipsec_required) drops_ = {{"clear_text", 0}, {"clear_text_out", 0}};
  if (options_.paths.check_sources) data_drops_ = {{"spoofed_source", 0}};
  auto route = netlink::Route::Open();
  if (!route) return Unexpected{route.error().text};
  if (auto added = AddGateways(*route); !added) return added;
  if (options_.dhcp) {
    if (auto open = dhcp_.Open(options_.gateways); !open) {
      LogWarning("dhcp_unavailable", "DHCPINFORM is not answered: " + open.error());
    }
  }
  if (auto listening = paths_.Listen(); !listening) return Unexpected{listening.error().text};
  if (auto opened = OpenIpv6(); !opened) return opened;
  return Watch(observer);
}

Expected<void, std::string> KernelDataPlane::OpenIpv6() {
  if (!options_.ipv6) return {};
  auto opened = ipv6_sockets_.Open([this](int ifindex, const Ipv6Message& message) {
    // What comes from other interfaces of this machine is not for us.
    const auto session = sessions_.FindByInterface(ifindex);
    if (session) observer_->OnIpv6Message(*session, message);
  });
  if (!opened) return Unexpected{opened.error().text};
  if (auto dhcpv6 = ipv6_sockets_.OpenDhcpv6(); !dhcpv6) {
    LogWarning("dhcpv6_unavailable",
               "clients have IPv6 by router advertisements alone: " + dhcpv6.error().text);
  }
  return {};
}

Expected<void, std::string> KernelDataPlane::Watch(Observer& observer) {
  if (auto watched = table_watch_.Start(); !watched) return Unexpected{watched.error().text};
  if (!options_.paths.ipsec_required) return {};
  sa_watch_.emplace(
      loop_, [&observer](const std::set<KernelSa>& sas) { observer.OnSasDeleted(sas); },
      [&observer] { observer.OnSasUncertain(); });
  if (auto watched = sa_watch_->Start(); !watched) return Unexpected{watched.error().text};
  return {};
}

void KernelDataPlane::Repair(const std::string& culprit) {
  repair_log_.LogWarning(
      "table_damaged",
      fmt::format("{} nftables table inet sallyport; it is made anew. Sockets keep clear text out "
                  "meanwhile",
                  culprit.empty() ? "nobody watched" : culprit + " changed"),
      loop_.Now());
  RestoreTable();
}

void KernelDataPlane::RestoreTable() {
  repair_timer_.Set(std::nullopt);
  paths_.Restore([this](const std::string& failure, size_t tunnels) {
    if (failure.empty()) {
      repair_log_.LogInfo(
          "table_repaired",
          fmt::format("nftables table inet sallyport is back with {} element(s)", tunnels),
          loop_.Now());
    } else {
      repair_log_.LogError("table_not_repaired", failure + "; it is tried again", loop_.Now());
      repair_timer_.Set(loop_.Now() + kRepairAgain);
    }
  });
}

Expected<void, std::string> KernelDataPlane::AddGateways(netlink::Route& route) {
  const auto present = route.Addresses();
  if (!present) return Unexpected{present.error().text};
  for (const auto& gateway : options_.gateways) {
    // The operator's own, on some interface, stays when we go. Not so what a daemon that was killed
    // has left.
    const bool known = std::ranges::any_of(*present, [&](const netlink::LocalAddress& entry) {
      return entry.address == gateway && entry.protocol != netlink::kRouteProtocol;
    });
    if (known) continue;
    const uint8_t length = gateway.is_v6() ? 128 : 32;
    const IpPrefix address{.address = gateway, .length = length};
    // The packages' scripts find by the label what a killed daemon has left.
    const std::string_view label = gateway.is_v4() ? "lo:sallyport" : "";
    if (auto added = route.AddAddress("lo", address, label); !added) {
      return Unexpected{added.error().text};
    }
    added_addresses_.push_back(address);
  }
  return {};
}

void KernelDataPlane::Stop() {
  dhcp_.Close();
  table_watch_.Stop();
  repair_timer_.Set(std::nullopt);
  sa_watch_.reset();
  ipv6_sockets_.Close();
  if (auto nftables = netlink::Nftables::Open()) {
    if (auto removed = nftables->Remove(); !removed) {
      LogWarning("table_not_removed", removed.error().text);
    }
  }
  auto route = netlink::Route::Open();
  if (!route) return;
  for (const auto& address : added_addresses_) {
    if (auto removed = route->DeleteAddress("lo", address); !removed) {
      LogWarning("address_not_removed", removed.error().text);
    }
  }
}

std::optional<l2tp::PathId> KernelDataPlane::AddSecurityAssociation(ReqId reqid,
                                                                    const IpAddress& local) {
  return paths_.AddSecurityAssociation(reqid, local);
}

void KernelDataPlane::RemovePath(l2tp::PathId path) { paths_.Remove(path); }

void KernelDataPlane::FindMissingSas(std::set<KernelSa> sas, SasCallback done) {
  pool_.Submit([missing = std::move(sas), done = std::move(done)](WorkerContext& context) mutable {
    auto xfrm = static_cast<KernelContext&>(context).xfrm();
    if (auto present = xfrm ? (*xfrm)->ListSas() : Unexpected{xfrm.error()}) {
      for (const auto& sa : *present) missing.erase({.destination = sa.destination, .spi = sa.spi});
    } else {
      missing.clear();  // an error tells nothing: nobody is to lose a session by it
    }
    return WorkerPool::Completion(
        [missing = std::move(missing), done = std::move(done)]() mutable { done(missing); });
  });
}

void KernelDataPlane::FindUnclaimedSas(UnclaimedSasCallback done) {
  pool_.Submit([done = std::move(done)](WorkerContext& context) mutable {
    return WorkerPool::Completion([sas = UnclaimedSas(static_cast<KernelContext&>(context)),
                                   done = std::move(done)]() mutable { done(std::move(sas)); });
  });
}

void KernelDataPlane::ReadSaCounters(SaCountersCallback done) {
  pool_.SubmitFirst([this, done = std::move(done)](WorkerContext& context) mutable {
    SaReadings readings = ReadSas(static_cast<KernelContext&>(context));
    return WorkerPool::Completion(
        [this, readings = std::move(readings), done = std::move(done)]() mutable {
          if (sa_watch_) readings.overruns = sa_watch_->overruns();
          done(readings);
        });
  });
}

void KernelDataPlane::DeleteSecurityAssociation(const IpAddress& destination, uint32_t spi) {
  pool_.Submit([destination, spi](WorkerContext& context) {
    auto xfrm = static_cast<KernelContext&>(context).xfrm();
    // Most often it has gone already.
    if (xfrm) (void)(*xfrm)->DeleteSa(destination, spi);
    return WorkerPool::Completion([] {});
  });
}

void KernelDataPlane::DeleteSecurityAssociations(std::set<ReqId> reqids) {
  pool_.Submit([reqids = std::move(reqids)](WorkerContext& context) {
    auto xfrm = static_cast<KernelContext&>(context).xfrm();
    auto present = xfrm ? (*xfrm)->ListSas() : Unexpected{xfrm.error()};
    if (!present) LogWarning("sas_not_deleted", present.error().text);
    for (const auto& sa : present ? *present : std::vector<netlink::Sa>()) {
      if (!sa.transport_mode || !reqids.contains(ReqId(sa.reqid))) continue;
      (void)(*xfrm)->DeleteSa(sa.destination, sa.spi);
    }
    return WorkerPool::Completion([] {});
  });
}

void KernelDataPlane::PrepareTunnel(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid,
                                    PathCallback done) {
  paths_.PrepareTunnel(request, reqid, std::move(done));
}

void KernelDataPlane::CompleteTunnel(l2tp::PathId path, const l2tp::TunnelUp& up,
                                     DoneCallback done) {
  paths_.CompleteTunnel(path, up, std::move(done));
}

void KernelDataPlane::MoveTunnel(l2tp::PathId path, l2tp::TunnelId tunnel, ReqId reqid,
                                 const IpEndpoint& peer, DoneCallback done) {
  paths_.MoveTunnel(path, tunnel, reqid, peer, std::move(done));
}

uint16_t KernelDataPlane::LocalPort(l2tp::PathId path) const { return paths_.LocalPort(path); }

std::optional<uint16_t> KernelDataPlane::OuterMtu(const IpAddress& local,
                                                  const IpAddress& peer) const {
  return RouteMtu(local, peer);
}

void KernelDataPlane::Send(const l2tp::SendDatagram& datagram) { paths_.Send(datagram); }

void KernelDataPlane::PrepareSession(const l2tp::PrepareSession& request, DoneCallback done) {
  sessions_.Prepare(request, std::move(done));
}

void KernelDataPlane::NumberFrames(const SessionKey& key, DoneCallback done) {
  sessions_.NumberFrames(key, std::move(done));
}

void KernelDataPlane::StartFrames(const SessionKey& key) { sessions_.StartFrames(key); }

void KernelDataPlane::WriteFrame(const SessionKey& key, std::span<const uint8_t> frame) {
  sessions_.WriteFrame(key, frame);
}

void KernelDataPlane::CreateInterface(const SessionKey& key, const std::string& name,
                                      InterfaceCallback done) {
  sessions_.CreateInterface(key, name, std::move(done));
}

void KernelDataPlane::BringUp(const SessionKey& key, const SessionNetwork& network,
                              DoneCallback done) {
  sessions_.BringUp(key, network, std::move(done));
}

void KernelDataPlane::BringDown(const SessionKey& key) { sessions_.BringDown(key); }

void KernelDataPlane::SendIpv6(const SessionKey& key, Ipv6Service service, const IpEndpoint& to,
                               std::span<const uint8_t> bytes) {
  if (const auto from = sessions_.LinkLocalOf(key)) {
    ipv6_sockets_.Send(service, from->ifindex, from->address, to, bytes);
  }
}

void KernelDataPlane::ReleaseSession(const SessionKey& key, DoneCallback done) {
  sessions_.Release(key, std::move(done));
}

void KernelDataPlane::SendDhcp(const IpAddress& source, const IpEndpoint& destination,
                               std::span<const uint8_t> octets) {
  dhcp_.Send(source, destination, octets);
}

void KernelDataPlane::ReadCounters(CountersCallback done) {
  pool_.SubmitFirst([this, done = std::move(done)](WorkerContext& context) mutable {
    Readings readings = Read(static_cast<KernelContext&>(context));
    return WorkerPool::Completion(
        [this, readings = std::move(readings), done = std::move(done)]() mutable {
          TakeFence(readings.fence);
          done([this,
                dump = std::make_shared<const CountersByInterface>(std::move(readings.by_ifindex))](
                   const SessionKey& key) { return sessions_.CountersOf(key, *dump); });
        });
  });
}

void KernelDataPlane::TakeFence(const netlink::FenceCounters& now) {
  const auto take = [](uint64_t& drops, auto& before, const auto& after) {
    if (!after) return;  // not installed, or not to be read this time
    const uint64_t counted = before ? before->packets : 0;
    drops += after->packets >= counted ? after->packets - counted : after->packets;
    before = after;
  };
  take(drops_["clear_text"], fence_.clear_text_in, now.clear_text_in);
  take(drops_["clear_text_out"], fence_.clear_text_out, now.clear_text_out);
  take(data_drops_["spoofed_source"], fence_.spoofed_source, now.spoofed_source);
}

void KernelDataPlane::ReadClearTextPeers(AddressesCallback done) {
  pool_.Submit([done = std::move(done)](WorkerContext& context) mutable {
    std::set<IpAddress> addresses;
    if (auto nftables = static_cast<KernelContext&>(context).nftables()) {
      if (auto peers = (*nftables)->ClearTextPeers())
        addresses.insert(peers->begin(), peers->end());
    }
    return WorkerPool::Completion(
        [addresses = std::move(addresses), done = std::move(done)]() mutable { done(addresses); });
  });
}

}  // namespace sallyport::daemon
