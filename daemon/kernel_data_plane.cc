// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/kernel_data_plane.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/log.h"
#include "netlink/ppp.h"

namespace sallyport::daemon {
namespace {

/// What one dump brings.
struct Readings {
  std::map<int, InterfaceCounters> by_ifindex;
  std::optional<netlink::FenceCounters> fence;
};

Readings Read(KernelContext& context) {
  Readings readings;
  if (auto route = context.route()) {
    // One that is inconsistent misses an interface for one turn, which does no harm.
    if (auto statistics = (*route)->Statistics()) {
      for (const auto& entry : statistics->entries) {
        readings.by_ifindex[entry.ifindex] = {.rx_bytes = entry.counters.received_bytes,
                                              .tx_bytes = entry.counters.sent_bytes,
                                              .rx_packets = entry.counters.received_packets,
                                              .tx_packets = entry.counters.sent_packets};
      }
    }
  }
  if (auto nftables = context.nftables()) {
    if (auto counters = (*nftables)->Counters()) readings.fence = *counters;
  }
  return readings;
}

}  // namespace

KernelDataPlane::KernelDataPlane(EventLoop& loop, WorkerPool& pool, Options options)
    : pool_(pool),
      options_(std::move(options)),
      paths_(loop, pool, options_.paths),
      sessions_(loop, pool) {}

Expected<void, std::string> KernelDataPlane::Probe() {
  if (auto l2tp = netlink::L2tp::Open(); !l2tp) return Unexpected{l2tp.error().text};
  if (auto ppp = netlink::ProbePpp(); !ppp) return Unexpected{ppp.error().text};
  return {};
}

Expected<void, std::string> KernelDataPlane::Start(Observer& observer) {
  paths_.SetObserver(&observer);
  sessions_.SetObserver(&observer);
  auto nftables = netlink::Nftables::Open();
  if (!nftables) return Unexpected{nftables.error().text};
  // The fence stands before the first socket.
  const auto installed = nftables->Install(
      {.port = options_.paths.port, .ipsec_required = options_.paths.ipsec_required});
  if (!installed) return Unexpected{installed.error().text};
  if (options_.paths.ipsec_required) drops_ = {{"clear_text", 0}, {"clear_text_out", 0}};
  auto route = netlink::Route::Open();
  if (!route) return Unexpected{route.error().text};
  if (auto added = AddGateways(*route); !added) return added;
  if (auto listening = paths_.Listen(); !listening) return Unexpected{listening.error().text};
  return {};
}

Expected<void, std::string> KernelDataPlane::AddGateways(netlink::Route& route) {
  const auto present = route.Addresses();
  if (!present) return Unexpected{present.error().text};
  for (const auto& gateway : options_.gateways) {
    const bool known = std::any_of(present->begin(), present->end(),
                                   [&](const auto& entry) { return entry.address == gateway; });
    if (known) continue;  // the operator's own, on some interface; it stays when we go
    const uint8_t length = gateway.is_v6() ? 128 : 32;
    const IpPrefix address{.address = gateway, .length = length};
    if (auto added = route.AddAddress("lo", address); !added) {
      return Unexpected{added.error().text};
    }
    added_addresses_.push_back(address);
  }
  return {};
}

void KernelDataPlane::Stop() {
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

void KernelDataPlane::DeleteSecurityAssociation(const IpAddress& destination, uint32_t spi) {
  pool_.Submit([destination, spi](WorkerContext& context) {
    auto xfrm = static_cast<KernelContext&>(context).xfrm();
    // Most often it has gone already.
    if (xfrm) (void)(*xfrm)->DeleteSa(destination, spi);
    return WorkerPool::Completion([] {});
  });
}

void KernelDataPlane::PrepareTunnel(const l2tp::PrepareTunnel& request, std::optional<ReqId> reqid,
                                    PathCallback done) {
  paths_.PrepareTunnel(request, reqid, std::move(done));
}

void KernelDataPlane::CompleteTunnel(l2tp::PathId path, l2tp::TunnelId tunnel,
                                     l2tp::TunnelId peer_tunnel, DoneCallback done) {
  paths_.CompleteTunnel(path, tunnel, peer_tunnel, std::move(done));
}

void KernelDataPlane::MoveTunnel(l2tp::PathId path, l2tp::TunnelId tunnel, ReqId reqid,
                                 const IpEndpoint& peer, DoneCallback done) {
  paths_.MoveTunnel(path, tunnel, reqid, peer, std::move(done));
}

uint16_t KernelDataPlane::LocalPort(l2tp::PathId path) const { return paths_.LocalPort(path); }

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

void KernelDataPlane::ReleaseSession(const SessionKey& key, DoneCallback done) {
  sessions_.Release(key, std::move(done));
}

void KernelDataPlane::ReadCounters(CountersCallback done) {
  pool_.Submit([this, done = std::move(done)](WorkerContext& context) mutable {
    Readings readings = Read(static_cast<KernelContext&>(context));
    return WorkerPool::Completion(
        [this, readings = std::move(readings), done = std::move(done)]() mutable {
          if (readings.fence) {
            drops_["clear_text"] = readings.fence->clear_text_in.packets;
            drops_["clear_text_out"] = readings.fence->clear_text_out.packets;
          }
          done(sessions_.Attribute(readings.by_ifindex));
        });
  });
}

}  // namespace sallyport::daemon
