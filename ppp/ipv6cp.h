// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "ppp/control_protocol.h"
#include "ppp/negotiation.h"
#include "ppp/network_protocol.h"

namespace sallyport::ppp {

/// What IPv6CP asks for and what it grants; plain data.
struct Ipv6cpOptions {
  /// The peer's wish.
  struct Peer {
    uint64_t identifier = 0;
  };
  Peer proposed;
  Peer agreed;

  uint64_t identifier = 0;     // ours; never zero
  bool ask_identifier = true;  // false once the peer refused the option
  uint64_t offered = 0;        // for a peer that has none of its own; another than ours
  uint64_t fresh = 0;          // random, for ours if the peer wants it changed to what cannot be
};

/// The IPv6 Control Protocol (RFC 5072), the same in both roles: each end chooses its interface
/// identifier, and the other objects to zero and to its own.
class Ipv6cp final : public NetworkProtocol {
 public:
  /// `config` and `drops` are borrowed and outlive the object.
  Ipv6cp(const LinkConfig& config, DropCounters& drops);

  Protocol number() const override { return Protocol::kIpv6cp; }
  std::string_view name() const override { return "IPv6CP"; }
  NetworkUse use() const override { return config_.ipv6; }
  Expected<void, std::string> Prepare(const NetworkPhase& phase, const Entropy& entropy) override;
  void Refresh(const Entropy& entropy) override;
  Expected<Action, std::string> Up(uint16_t mtu) const override;
  Action Down() const override { return Ipv6Down{}; }
  ControlProtocol& control() override { return protocol_; }

 private:
  const LinkConfig& config_;
  OptionTable<Ipv6cpOptions> negotiation_;
  ControlProtocol protocol_;
};

}  // namespace sallyport::ppp
