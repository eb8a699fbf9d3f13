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

constexpr Rule kRules[] = {
    IpAddressRule(),
    Granted<PrimaryDns>(kPrimaryDnsType),
    Granted<PrimaryNbns>(kPrimaryNbnsType),
    Granted<SecondaryDns>(kSecondaryDnsType),
    Granted<SecondaryNbns>(kSecondaryNbnsType),
};

}  // namespace

Ipcp::Ipcp(const LinkConfig& config, DropCounters& drops)
    : negotiation_(kRules), protocol_(Protocol::kIpcp, config, drops, negotiation_) {}

void Ipcp::Start(const NetworkParameters& network, TimePoint now, LayerOutputs& out) {
  negotiation_.state() = {.network = network};
  protocol_.Open(now, out);
  protocol_.Up(now, out);
}

void Ipcp::Stop(TimePoint now, LayerOutputs& out) {
  if (protocol_.state() == Automaton::State::kInitial ||
      protocol_.state() == Automaton::State::kStarting) {
    return;  // RFC 1661 §4.2: the lower layer is down already
  }
  protocol_.Down(now, out);
}

void Ipcp::Receive(const Packet& packet, TimePoint now, LayerOutputs& out) {
  protocol_.Receive(packet, now, out);
}

void Ipcp::HandleTimeout(TimePoint now, LayerOutputs& out) { protocol_.HandleTimeout(now, out); }

}  // namespace sallyport::ppp
