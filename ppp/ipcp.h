// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "ppp/control_protocol.h"
#include "ppp/negotiation.h"
#include "ppp/network_protocol.h"

namespace sallyport::ppp {

/// What IPCP asks for and what it grants; plain data.
struct IpcpOptions {
  /// The peer's wishes. A server grants no other than its own.
  struct Peer {
    IpAddress address;
  };
  Peer proposed;
  Peer agreed;

  /// Server: the addresses that the login brought. Client: what we ask for, which in the end is
  /// what we were given; 0.0.0.0 asks the server to choose.
  NetworkParameters network;
  bool ask_address = true;        // ours; false once the peer refused the option
  std::array<bool, 2> ask_dns{};  // likewise; client only
};

/// The IP Control Protocol (RFC 1332) with the name server addresses of RFC 1877. Of a server the
/// peer gets the addresses that the login brought and no others; a client takes what it is given.
class Ipcp final : public NetworkProtocol {
 public:
  /// `config` and `drops` are borrowed and outlive the object.
  Ipcp(const LinkConfig& config, DropCounters& drops);

  Protocol number() const override { return Protocol::kIpcp; }
  std::string_view name() const override { return "IPCP"; }
  NetworkUse use() const override { return config_.ipv4; }
  Expected<void, std::string> Prepare(const NetworkPhase& phase, const Entropy& entropy) override;
  Expected<Action, std::string> Up(uint16_t mtu) const override;
  Action Down() const override { return NetworkDown{}; }
  ControlProtocol& control() override { return protocol_; }

 private:
  NetworkParameters network() const;

  const LinkConfig& config_;
  OptionTable<IpcpOptions> negotiation_;
  ControlProtocol protocol_;
};

}  // namespace sallyport::ppp
