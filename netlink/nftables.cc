// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/nftables.h"

#include <cerrno>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string_view>

#include "netlink/kernel_modules.h"
#include "netlink/nftables_table.h"

namespace sallyport::netlink {
namespace {

std::string ToString(const RewritingChange& change) {
  struct Describe {
    std::string operator()(const AddTunnel& add) const {
      return "add " + netlink::ToString(add.tunnel.key) + " at port " +
             std::to_string(add.tunnel.port);
    }
    std::string operator()(const DeleteTunnel& erase) const {
      return "delete " + netlink::ToString(erase.key);
    }
    std::string operator()(const AddPort& add) const {
      return "add port " + std::to_string(add.port);
    }
    std::string operator()(const DeletePort& erase) const {
      return "delete port " + std::to_string(erase.port);
    }
  };
  return std::visit(Describe{}, change);
}

template <typename T>
std::vector<T> Flatten(const std::vector<std::vector<T>>& lists) {
  std::vector<T> flat;
  for (const auto& list : lists) flat.insert(flat.end(), list.begin(), list.end());
  return flat;
}

}  // namespace

std::string ToString(const TunnelKey& key) {
  struct Describe {
    std::string operator()(const SaTunnelKey& sa) const {
      return "reqid " + std::to_string(sa.reqid) + " tunnel " + std::to_string(sa.tunnel_id);
    }
    std::string operator()(const PeerTunnelKey& clear) const {
      return clear.peer.ToString() + " to " + clear.local.ToString() + " tunnel " +
             std::to_string(clear.tunnel_id);
    }
  };
  return std::visit(Describe{}, key);
}

Expected<Nftables, KernelError> Nftables::Open() {
  auto socket = Socket::Open(NETLINK_NETFILTER);
  if (!socket && socket.error().code == EPROTONOSUPPORT) {
    return Failure(EPROTONOSUPPORT, "open a netfilter socket", kNftablesModulesHint);
  }
  if (!socket) return Unexpected{socket.error()};
  return Nftables(*std::move(socket));
}

Expected<void, KernelError> Nftables::Install(const RewritingOptions& options,
                                              const RewritingState& state) {
  std::vector<Message> messages = RemoveTable();
  for (Message& message : CreateTable(options)) messages.push_back(std::move(message));
  for (const TunnelPort& tunnel : state.tunnels)
    messages.push_back(ChangeElement(AddTunnel{tunnel}));
  for (const uint16_t port : state.ports) messages.push_back(ChangeElement(AddPort{port}));
  constexpr std::string_view kOperation = "install nftables table inet sallyport";
  const auto rejections = socket_.Transact(messages, NFNL_SUBSYS_NFTABLES, kOperation);
  if (rejections.empty()) return {};
  const KernelError& error = rejections.front().error;
  // EOPNOTSUPP: no nf_tables (nfnetlink_rcv_batch()); ENOENT: one of its expressions is missing,
  // for all else that is named here has just been made.
  if (error.code != EOPNOTSUPP && error.code != ENOENT) return Unexpected{error};
  return Failure(error.code, kOperation, kNftablesModulesHint);
}

Expected<void, KernelError> Nftables::Remove() {
  const auto rejections =
      socket_.Transact(RemoveTable(), NFNL_SUBSYS_NFTABLES, "remove nftables table inet sallyport");
  if (!rejections.empty()) return Unexpected{rejections.front().error};
  return {};
}

std::vector<ChangeFailure> Nftables::Apply(std::span<const RewritingChange> changes) {
  std::vector<Message> messages;
  messages.reserve(changes.size());
  for (const RewritingChange& change : changes) messages.push_back(ChangeElement(change));
  std::vector<ChangeFailure> failures;
  for (auto& [index, error] :
       socket_.Transact(messages, NFNL_SUBSYS_NFTABLES, "change nftables table inet sallyport")) {
    error.text += ": " + ToString(changes[index]);
    failures.push_back({.index = index, .error = std::move(error)});
  }
  return failures;
}

Expected<void, KernelError> Nftables::Apply(const RewritingChange& change) {
  auto failures = Apply(std::span(&change, 1));
  if (!failures.empty()) return Unexpected{std::move(failures.front().error)};
  return {};
}

Expected<FenceCounters, KernelError> Nftables::Counters() {
  FenceCounters counters;
  const std::pair<std::string_view, std::optional<FenceCounter>*> named[] = {
      {kClearText, &counters.clear_text_in},
      {kClearTextOut, &counters.clear_text_out},
      {kSpoofedSource, &counters.spoofed_source}};
  std::optional<KernelError> missing;
  bool any = false;
  for (const auto& [name, counter] : named) {
    const std::string operation = "read nftables counter " + std::string(name);
    auto answer = socket_.Query(GetCounter(name), operation);
    if (!answer && answer.error().code == ENOENT) {
      missing = answer.error();
      continue;
    }
    if (!answer) return Unexpected{answer.error()};
    *counter = ParseCounter(*answer);
    if (!*counter) return Failure(EBADMSG, operation, "answer without a counter");
    any = true;
  }
  if (!any && missing) return Unexpected{*std::move(missing)};
  return counters;
}

Expected<std::vector<IpAddress>, KernelError> Nftables::ClearTextPeers() {
  std::vector<IpAddress> all;
  for (const auto set : {kClearTextPeers, kClearTextPeers6}) {
    const auto peers =
        socket_.Dump(ListElements(set), "list nftables set " + std::string(set),
                     [](const Received& answer) { return std::optional(ParseAddresses(answer)); });
    if (!peers) return Unexpected{peers.error()};
    for (const IpAddress& peer : Flatten(*peers)) all.push_back(peer);
  }
  return all;
}

Expected<RewritingState, KernelError> Nftables::List() {
  RewritingState state;
  for (const auto map : {kTunnelsByReqid, kTunnelsByPeer, kTunnelsByPeer6}) {
    const auto tunnels = socket_.Dump(
        ListElements(map), "list nftables map " + std::string(map),
        [map](const Received& answer) { return std::optional(ParseTunnels(map, answer)); });
    // The maps of clear text are there only without ipsec_required.
    if (!tunnels && tunnels.error().code == ENOENT && map != kTunnelsByReqid) continue;
    if (!tunnels) return Unexpected{tunnels.error()};
    for (const TunnelPort& tunnel : Flatten(*tunnels)) state.tunnels.push_back(tunnel);
  }
  const auto ports =
      socket_.Dump(ListElements(kTunnelPorts), "list nftables set " + std::string(kTunnelPorts),
                   [](const Received& answer) { return std::optional(ParsePorts(answer)); });
  if (!ports) return Unexpected{ports.error()};
  state.ports = Flatten(*ports);
  return state;
}

}  // namespace sallyport::netlink
