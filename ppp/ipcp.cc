// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/ipcp.h"

#include <algorithm>

namespace sallyport::ppp {
namespace {

using Rule = OptionRule<IpcpOptions>;
using AddressOf = const IpAddress& (*)(const IpcpOptions&);

// Types of RFC 1332 §3 and RFC 1877 §1. Those that have no rule are rejected: IP-Addresses (1),
// which is deprecated, and IP-Compression-Protocol (2), since the kernel moves the packets.
constexpr uint8_t kIpAddressType = 3;
constexpr uint8_t kPrimaryDnsType = 129;
constexpr uint8_t kPrimaryNbnsType = 130;
constexpr uint8_t kSecondaryDnsType = 131;
constexpr uint8_t kSecondaryNbnsType = 132;
constexpr size_t kAddressLength = 4;

/// The rule of an address that we hand out: that value and no other, or the option is rejected when
/// we have none; so 0.0.0.0 is never acknowledged.
template <AddressOf kAddress>
constexpr Rule Granted(uint8_t type) {
  return {
      .type = type,
      .length = kAddressLength,
      .accept =
          [](IpcpOptions& state, std::span<const uint8_t> value) {
            const IpAddress& ours = kAddress(state);
            return ours.is_v4() && std::ranges::equal(ours.bytes(), value);
          },
      .prefer =
          [](IpcpOptions& state, WireWriter& value) {
            if (!kAddress(state).is_v4()) return false;
            value.Bytes(kAddress(state).bytes());
            return true;
          },
  };
}

const IpAddress& PeerAddress(const IpcpOptions& state) { return state.network.peer; }
const IpAddress& PrimaryDns(const IpcpOptions& state) { return state.network.dns[0]; }
const IpAddress& SecondaryDns(const IpcpOptions& state) { return state.network.dns[1]; }
const IpAddress& PrimaryNbns(const IpcpOptions& state) { return state.network.wins[0]; }
const IpAddress& SecondaryNbns(const IpcpOptions& state) { return state.network.wins[1]; }

/// The peer's address is demanded, ours is announced. A peer that wants ours to be another gets
/// none: the option serves only to inform (RFC 1332 §3.3).
constexpr Rule IpAddressRule() {
  Rule rule = Granted<PeerAddress>(kIpAddressType);
  rule.demanded = true;
  rule.ask = [](const IpcpOptions& state, WireWriter& value) {
    if (!state.ask_address || !state.network.local.is_v4()) return false;
    value.Bytes(state.network.local.bytes());
    return true;
  };
  rule.naked = [](IpcpOptions& state, std::span<const uint8_t>) { state.ask_address = false; };
  rule.rejected = [](IpcpOptions& state) { state.ask_address = false; };
  return rule;
}

constexpr Rule kServerRules[] = {
    IpAddressRule(),
    Granted<PrimaryDns>(kPrimaryDnsType),
    Granted<PrimaryNbns>(kPrimaryNbnsType),
    Granted<SecondaryDns>(kSecondaryDnsType),
    Granted<SecondaryNbns>(kSecondaryNbnsType),
};

/// "0.0.0.0", with which a client asks to be told (RFC 1332 §3.3, RFC 1877 §1.1).
bool IsUnspecified(std::span<const uint8_t> address) {
  return std::ranges::all_of(address, [](uint8_t octet) { return octet == 0; });
}

/// We take the address that the server gives us and the one that it says it has. It gets none from
/// us, so its 0.0.0.0 is rejected.
constexpr Rule kClientAddress{
    .type = kIpAddressType,
    .length = kAddressLength,
    .ask =
        [](const IpcpOptions& state, WireWriter& value) {
          if (state.ask_address) value.Bytes(state.network.local.bytes());
          return state.ask_address;
        },
    .naked =
        [](IpcpOptions& state, std::span<const uint8_t> value) {
          if (!IsUnspecified(value)) state.network.local = *IpAddress::FromBytes(value);
        },
    .rejected = [](IpcpOptions& state) { state.ask_address = false; },
    .accept =
        [](IpcpOptions& state, std::span<const uint8_t> value) {
          state.proposed.address = *IpAddress::FromBytes(value);
          return !IsUnspecified(value);
        },
};

/// A name server that we ask for. A server that has none rejects the option; some insist on
/// 0.0.0.0 in a Nak instead.
template <size_t kIndex>
constexpr Rule WantedDns(uint8_t type) {
  return {
      .type = type,
      .length = kAddressLength,
      .ask =
          [](const IpcpOptions& state, WireWriter& value) {
            if (state.ask_dns[kIndex]) value.Bytes(state.network.dns[kIndex].bytes());
            return state.ask_dns[kIndex];
          },
      .naked =
          [](IpcpOptions& state, std::span<const uint8_t> value) {
            state.ask_dns[kIndex] = !IsUnspecified(value);
            state.network.dns[kIndex] = *IpAddress::FromBytes(value);
          },
      .rejected =
          [](IpcpOptions& state) {
            state.ask_dns[kIndex] = false;
            state.network.dns[kIndex] = IpAddress::V4(0);
          },
  };
}

constexpr Rule kClientRules[] = {
    kClientAddress,
    WantedDns<0>(kPrimaryDnsType),
    WantedDns<1>(kSecondaryDnsType),
};

IpcpOptions Grants(const NetworkParameters& network) {
  IpcpOptions grants;
  grants.network = network;
  return grants;
}

IpcpOptions FirstWishes(const ClientRole& client) {
  const IpAddress any = IpAddress::V4(0);
  IpcpOptions wishes;
  wishes.network.local = client.address.is_v4() ? client.address : any;
  wishes.network.dns.fill(any);
  wishes.ask_dns.fill(client.ask_dns);
  return wishes;
}

/// `address`, or none for 0.0.0.0.
IpAddress Given(const IpAddress& address) {
  return IsUnspecified(address.bytes()) ? IpAddress() : address;
}

}  // namespace

Ipcp::Ipcp(const LinkConfig& config, DropCounters& drops)
    : config_(config),
      negotiation_(config.client ? std::span<const Rule>(kClientRules)
                                 : std::span<const Rule>(kServerRules)),
      protocol_(Protocol::kIpcp, config, drops, negotiation_) {}

Expected<void, std::string> Ipcp::Prepare(const NetworkPhase& phase, const Entropy& /*entropy*/) {
  if (!config_.client && !phase.grant.ipv4.peer.is_v4()) {
    return Unexpected{std::string("no IPv4 address for the peer")};
  }
  negotiation_.state() = config_.client ? FirstWishes(*config_.client) : Grants(phase.grant.ipv4);
  return {};
}

Expected<Action, std::string> Ipcp::Up(uint16_t mtu) const {
  const NetworkParameters agreed = network();
  if (!agreed.local.is_v4() && config_.client) {
    return Unexpected{std::string("the server gives us no address")};
  }
  return Action(NetworkUp{.network = agreed, .mtu = mtu});
}

/// What was agreed on. A client's `local` is none if the server gave it no address.
NetworkParameters Ipcp::network() const {
  const auto& state = negotiation_.state();
  if (!config_.client) return state.network;
  return {.local = Given(state.network.local),
          .peer = state.agreed.address,
          .dns = {Given(state.network.dns[0]), Given(state.network.dns[1])},
          .wins = {}};
}

}  // namespace sallyport::ppp
