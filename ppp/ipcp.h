// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <optional>

#include "base/time.h"
#include "ppp/control_protocol.h"
#include "ppp/negotiation.h"

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
class Ipcp {
 public:
  /// `config` and `drops` are borrowed and outlive the object.
  Ipcp(const LinkConfig& config, DropCounters& drops);

  /// Begins, or begins anew after Stop(); our Configure-Request goes out. `network` is the server's
  /// alone.
  void Start(const NetworkParameters& network, TimePoint now, LayerOutputs& out);
  /// LCP has left Opened (RFC 1661 §4.3 Down). May be called at any time.
  void Stop(TimePoint now, LayerOutputs& out);
  void Receive(const Packet& packet, TimePoint now, LayerOutputs& out);
  void HandleTimeout(TimePoint now, LayerOutputs& out);
  std::optional<TimePoint> NextDeadline() const { return protocol_.NextDeadline(); }
  void set_max_packet_length(size_t octets) { protocol_.set_max_packet_length(octets); }

  /// What was agreed on, while IPCP is open. A client's `local` is none if the server gave it no
  /// address.
  NetworkParameters network() const;

 private:
  const LinkConfig& config_;
  OptionTable<IpcpOptions> negotiation_;
  ControlProtocol protocol_;
};

}  // namespace sallyport::ppp
