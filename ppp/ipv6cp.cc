// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/ipv6cp.h"

#include "base/wire_reader.h"
#include "ppp/entropy_use.h"

namespace sallyport::ppp {
namespace {

using Rule = OptionRule<Ipv6cpOptions>;

/// RFC 8200 §5, RFC 5072 §2: what every link of IPv6 takes, octets.
constexpr uint16_t kMinMtu = 1280;

/// RFC 5072 §4.1. The other option of the IANA registry, IPv6-Compression-Protocol (2), has no rule
/// and so is rejected, since the kernel moves the packets.
constexpr Rule kRules[] = {
    {
        .type = 1,
        .length = sizeof(uint64_t),
        .ask =
            [](const Ipv6cpOptions& state, WireWriter& value) {
              if (state.ask_identifier) value.U64(state.identifier);
              return state.ask_identifier;
            },
        .naked =
            [](Ipv6cpOptions& state, std::span<const uint8_t> value) {
              // §4.1: the suggestion is taken, unless the two ends would be the same again.
              const uint64_t suggested = WireReader(value).U64();
              const bool usable = suggested != 0 && suggested != state.agreed.identifier &&
                                  suggested != state.offered && suggested != state.identifier;
              state.identifier = usable ? suggested : state.fresh;
            },
        // We keep it all the same: there is no default (§4.1), and the peer is told if it takes
        // this one for itself.
        .rejected = [](Ipv6cpOptions& state) { state.ask_identifier = false; },
        .accept =
            [](Ipv6cpOptions& state, std::span<const uint8_t> value) {
              state.proposed.identifier = WireReader(value).U64();
              return state.proposed.identifier != 0 &&
                     state.proposed.identifier != state.identifier;
            },
        .prefer =
            [](Ipv6cpOptions& state, WireWriter& value) {
              value.U64(state.offered);
              return true;
            },
        .demanded = true,
    },
};

}  // namespace

Ipv6cp::Ipv6cp(const LinkConfig& config, DropCounters& drops)
    : config_(config),
      negotiation_(kRules),
      protocol_(Protocol::kIpv6cp, config, drops, negotiation_) {}

Expected<void, std::string> Ipv6cp::Prepare(const NetworkPhase& phase, const Entropy& entropy) {
  if (!config_.client && !phase.grant.ipv6) {
    return Unexpected{std::string("no IPv6 prefix for the peer")};
  }
  if (std::min(phase.mtu, config_.mru) < kMinMtu)
    return Unexpected{std::string("packets are too short for IPv6")};
  const auto [ours, theirs] = InterfaceIdentifiersFrom(entropy);
  negotiation_.state() = {};
  negotiation_.state().identifier = ours;
  negotiation_.state().offered = theirs;
  return {};
}

void Ipv6cp::Refresh(const Entropy& entropy) {
  auto& state = negotiation_.state();
  const auto [ours, theirs] = InterfaceIdentifiersFrom(entropy);
  // Nor may it be the peer's.
  state.fresh = ours != state.agreed.identifier ? ours : theirs;
  // §4.1: one that was offered before may be the very one that the peer cannot have.
  state.offered = theirs != state.identifier ? theirs : ours;
}

Expected<Action, std::string> Ipv6cp::Up(uint16_t mtu) const {
  const auto& state = negotiation_.state();
  // RFC 5072 §4.1: there is no default, and what we suggested was not to the peer's taste.
  if (state.agreed.identifier == 0) {
    return Unexpected{std::string("the peer has no interface identifier")};
  }
  return Action(Ipv6Up{.network = {.local = state.identifier, .peer = state.agreed.identifier},
                       .mtu = mtu,
                       .mru = config_.mru});
}

}  // namespace sallyport::ppp
