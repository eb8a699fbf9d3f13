// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration options of LCP (RFC 1661 §6, RFC 1662 §7.1).
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ppp/events.h"
#include "ppp/negotiation.h"
#include "ppp/packet.h"

namespace sallyport::ppp {

/// What LCP has asked for and agreed on; plain data.
struct LcpOptions {
  /// The peer's wishes, with the values that hold for an option left out.
  struct Peer {
    uint16_t mru = kDefaultMru;      // RFC 1661 §6.1
    uint32_t accm = 0xFFFFFFFF;      // RFC 1662 §7.1; means nothing on L2TP
    uint32_t magic = 0;              // RFC 1661 §6.4
    std::optional<AuthMethod> auth;  // how we are to prove ourselves (RFC 1661 §6.2)
    bool operator==(const Peer&) const = default;
  };
  Peer proposed;
  Peer agreed;

  std::optional<uint16_t> mru;               // ours; nothing once the peer refused the option
  uint32_t magic = 0;                        // ours; zero once the peer refused the option
  uint32_t fresh_magic = 0;                  // the next one to use; the owner renews it
  uint32_t naked_magic = 0;                  // the one that we last proposed to the peer
  unsigned magic_collisions = 0;             // in a row
  std::span<const AuthMethod> auth_methods;  // that we demand, in order of preference; borrowed
  size_t auth_choice = 0;                    // index into it
  uint32_t auth_tried = 0;                   // bit i: the peer Naked method i
  bool auth_refused = false;

  bool protocol_field_compression = false;      // whether the peer may ask for it
  bool ask_protocol_field_compression = false;  // as long as the peer has not refused it
  std::span<const AuthMethod> own_methods;      // by which we prove ourselves, likewise
  size_t own_proposed = 0;                      // how many of them we proposed since our last Ack
  /// In the last request: a method that is none of own_methods.
  std::optional<std::vector<uint8_t>> unmet_demand;
};

/// LCP's negotiation: the option table, and loop detection by Magic-Number (RFC 1661 §6.4).
class LcpNegotiation final : public OptionTable<LcpOptions> {
 public:
  /// `config` is borrowed and outlives the object.
  explicit LcpNegotiation(const LinkConfig& config);

  Answer Judge(std::span<const Option> request, bool may_nak) override;
  void Naked(std::span<const Option> options) override;
  std::optional<LayerFailed> failure() const override;
  /// Client: the end of a link whose server, as it last said, demands a method that we do not
  /// allow.
  std::optional<LayerFailed> unmet_demand() const;
  /// Takes over what a LAC negotiated in our stead (RFC 2661 §4.4.5), which came from the network.
  /// False, and the object is of no further use: we would have agreed to something else.
  bool AdoptProxied(const ProxiedLink& proxied);

  /// The authentication that we demand now, if any.
  std::optional<AuthMethod> method() const;
  /// The authentication that we have granted the peer, if any.
  std::optional<AuthMethod> own_method() const { return state().agreed.auth; }
  /// Our Magic-Number, zero when none was agreed.
  uint32_t magic() const { return state().magic; }

 private:
  Answer JudgeOptions(std::span<const Option> request, bool may_nak);

  bool is_client_;
};

}  // namespace sallyport::ppp
