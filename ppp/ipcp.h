// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string_view>

#include "base/time.h"
#include "ppp/control_protocol.h"
#include "ppp/negotiation.h"

namespace sallyport::ppp {

/// What IPCP asks for and what it grants, which are our own values throughout; plain data.
struct IpcpOptions {
  NetworkParameters network;
  bool ask_address = true;  // ours; false once the peer refused the option
};

/// The IP Control Protocol (RFC 1332) with the name server addresses of RFC 1877: the peer gets the
/// addresses that the login brought and no others.
class Ipcp {
 public:
  /// `config` and `drops` are borrowed and outlive the object.
  Ipcp(const LinkConfig& config, DropCounters& drops);

  /// Begins, or begins anew after Stop(); our Configure-Request goes out.
  void Start(const NetworkParameters& network, TimePoint now, LayerOutputs& out);
  /// LCP has left Opened (RFC 1661 §4.3 Down). May be called at any time.
  void Stop(TimePoint now, LayerOutputs& out);
  void Receive(const Packet& packet, TimePoint now, LayerOutputs& out);
  void HandleTimeout(TimePoint now, LayerOutputs& out);
  std::optional<TimePoint> NextDeadline() const { return protocol_.NextDeadline(); }
  void set_max_packet_length(size_t octets) { protocol_.set_max_packet_length(octets); }

 private:
  OptionTable<IpcpOptions> negotiation_;
  ControlProtocol protocol_;
};

}  // namespace sallyport::ppp
