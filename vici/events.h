// SPDX-License-Identifier: GPL-2.0-or-later
// Typed views of the VICI events and streams that tell about SAs. Numbers and words that are
// missing or odd leave their field empty and spoil nothing else: the set of keys grows and shrinks
// with the version of strongSwan (vici_query.c, list_ike() and list_child()).
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/strong_id.h"
#include "vici/message.h"

namespace sallyport::vici {

/// charon's number for an SA: never used twice while charon runs, starting at 1 again with it.
using IkeUniqueId = StrongId<struct IkeUniqueIdTag, uint32_t>;
using ChildUniqueId = StrongId<struct ChildUniqueIdTag, uint32_t>;

struct ChildSa {
  std::string name;  // of the child's configuration
  ChildUniqueId unique_id;
  uint32_t reqid = 0;    // the reqid of its SAs in the kernel, kept by a rekey
  std::string state;     // INSTALLED, REKEYED, DELETED... (child_sa.c, child_sa_state_names)
  std::string mode;      // TRANSPORT, TUNNEL...
  std::string protocol;  // ESP or AH; empty before the SAs are installed
  bool udp_encapsulation = false;  // RFC 3948
  std::optional<uint32_t> spi_in;
  std::optional<uint32_t> spi_out;
  std::optional<uint32_t> mark_in;     // charon's mark of the child, which the SAs need not carry
  std::string proposal;                // "AES_CBC_256/HMAC_SHA2_256_128"; empty when not known
  std::vector<std::string> local_ts;   // "203.0.113.1/32[udp/l2f]": charon's own text; a port is
  std::vector<std::string> remote_ts;  // shown by the name that the host's services file gives it
  std::optional<std::chrono::seconds> installed;  // how long ago
  bool operator==(const ChildSa&) const = default;
};

/// One end of an IKE SA.
struct IkeHost {
  IpEndpoint endpoint;   // no address when charon's text is none (a host not known yet)
  std::string identity;  // as charon prints it: "192.168.1.10", "C=CH, CN=moon"
  bool behind_nat = false;
  bool operator==(const IkeHost&) const = default;
};

struct IkeSa {
  std::string connection;  // of the configuration; "(unnamed)" while none is chosen yet
  IkeUniqueId unique_id;
  std::optional<unsigned> version;  // 1 or 2
  std::string state;                // CONNECTING, ESTABLISHED... (ike_sa.c, ike_sa_state_names)
  IkeHost local;
  IkeHost remote;
  std::string proposal;  // "AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/ECP_384"
  std::optional<std::chrono::seconds> established;  // how long ago
  std::vector<ChildSa> children;
  bool operator==(const IkeSa&) const = default;
};

/// ike-updown (no children), child-updown (the one child), or list-sa (all children; `up` means
/// nothing).
struct SaEvent {
  bool up = false;
  IkeSa ike;
  bool operator==(const SaEvent&) const = default;
};
/// Nothing when the message has no IKE SA in it, or one without its unique id.
std::optional<SaEvent> ParseSaEvent(const Message& message);

/// child-rekey.
struct ChildRekeyEvent {
  IkeSa ike;  // without children
  ChildSa old_child;
  ChildSa new_child;
  bool operator==(const ChildRekeyEvent&) const = default;
};
/// Nothing where ParseSaEvent() has nothing, or when one of the two children is missing.
std::optional<ChildRekeyEvent> ParseChildRekeyEvent(const Message& message);

/// ike-rekey: with IKEv2 the new IKE SA takes the children of the old one over.
struct IkeRekeyEvent {
  IkeSa old_ike;  // both without children
  IkeSa new_ike;
  bool operator==(const IkeRekeyEvent&) const = default;
};
/// Nothing when one of the two is missing or without its unique id.
std::optional<IkeRekeyEvent> ParseIkeRekeyEvent(const Message& message);

/// ike-update: the endpoints are about to change (NAT mapping, or the float to port 4500).
struct IkeUpdateEvent {
  IkeSa ike;  // with the old endpoints
  std::optional<IpEndpoint> new_local;
  std::optional<IpEndpoint> new_remote;
  bool operator==(const IkeUpdateEvent&) const = default;
};
std::optional<IkeUpdateEvent> ParseIkeUpdateEvent(const Message& message);

/// alert (strongSwan 6.0.3 and later): something went wrong.
struct AlertEvent {
  std::string type;          // "proposal-mismatch-ike", "peer-auth-failed"...
  std::optional<IkeSa> ike;  // when the alert belongs to one
  bool operator==(const AlertEvent&) const = default;
};
/// Nothing without a type.
std::optional<AlertEvent> ParseAlertEvent(const Message& message);

/// The reply to a command that can fail: strongSwan's `success` and `errmsg`.
struct CommandResult {
  bool success = false;
  std::string error;  // printable; empty on success
  bool operator==(const CommandResult&) const = default;
};
CommandResult ParseCommandResult(const Message& reply);

}  // namespace sallyport::vici
