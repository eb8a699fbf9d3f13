// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration options of LCP (RFC 1661 §6, RFC 1662 §7.1).
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "ppp/events.h"
#include "ppp/negotiation.h"
#include "ppp/packet.h"

namespace sallyport::ppp {

/// What LCP has asked for and agreed on; plain data.
struct LcpOptions {
  /// The peer's wishes, with the values that hold for an option left out.
  struct Peer {
    uint16_t mru = kDefaultMru;  // RFC 1661 §6.1
    uint32_t accm = 0xFFFFFFFF;  // RFC 1662 §7.1; means nothing on L2TP
    uint32_t magic = 0;          // RFC 1661 §6.4
    bool operator==(const Peer&) const = default;
  };
  Peer proposed;
  Peer agreed;

  std::optional<uint16_t> mru;               // ours; nothing once the peer refused the option
  uint32_t magic = 0;                        // ours; zero once the peer refused the option
  uint32_t fresh_magic = 0;                  // the next one to use; the owner renews it
  uint32_t naked_magic = 0;                  // the one that we last proposed to the peer
  unsigned magic_collisions = 0;             // in a row
  std::span<const AuthMethod> auth_methods;  // in order of preference; borrowed from LinkConfig
  size_t auth_choice = 0;                    // index into it
  uint32_t auth_tried = 0;                   // bit i: the peer Naked method i
  bool auth_refused = false;
};

/// LCP's negotiation: the option table, and loop detection by Magic-Number (RFC 1661 §6.4).
class LcpNegotiation final : public OptionTable<LcpOptions> {
 public:
  /// `config` is borrowed and outlives the object.
  explicit LcpNegotiation(const LinkConfig& config);

  Answer Judge(std::span<const Option> request, bool may_nak) override;
  void Naked(std::span<const Option> options) override;
  std::optional<LayerFailed> failure() const override;

  /// The authentication that we demand now.
  AuthMethod method() const { return state().auth_methods[state().auth_choice]; }
  /// Our Magic-Number, zero when none was agreed.
  uint32_t magic() const { return state().magic; }
};

}  // namespace sallyport::ppp
