// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/lcp_options.h"

#include <algorithm>

#include "base/wire_reader.h"

namespace sallyport::ppp {
namespace {

using Rule = OptionRule<LcpOptions>;

// Types of RFC 1661 §6 and RFC 1662 §7. Those that have no rule are rejected: Quality-Protocol (4),
// Callback (13), MRRU (17), short sequence numbers (18), endpoint discriminator (19), and
//   Protocol-Field-Compression (7): it would save one octet a packet, but the small frames that
//   l2tp
//     hands to user space would then have two forms; as the next option is always rejected,
//     rejecting both costs no extra round trip;
//   Address-and-Control-Field-Compression (8): L2TP data shorter than 14 octets never reaches the
//     kernel's channel (net/l2tp/l2tp_core.c, l2tp_udp_recv_core).
constexpr uint8_t kMruType = 1;
constexpr uint8_t kAccmType = 2;
constexpr uint8_t kAuthenticationProtocolType = 3;
constexpr uint8_t kMagicNumberType = 5;

/// The smallest MRU that we grant, octets; local policy, as pppd's MINMRU.
constexpr uint16_t kMinMru = 128;

/// RFC 1661 §6.4: three random collisions have the probability 1.3e-29: the link is looped back.
constexpr unsigned kLoopbackCollisions = 3;

uint32_t ReadU32(std::span<const uint8_t> value) { return WireReader(value).U32(); }

constexpr Rule kMru{
    .type = kMruType,
    .length = 2,
    .ask =
        [](const LcpOptions& state, WireWriter& value) {
          if (state.mru) value.U16(*state.mru);
          return state.mru.has_value();
        },
    .naked =
        [](LcpOptions& state, std::span<const uint8_t> value) {
          // A smaller size is the peer's right; for a larger one we leave the option out, which
          // means 1500 (RFC 1661 §6.1).
          const uint16_t mru = WireReader(value).U16();
          const bool usable = mru >= kMinMru && mru < *state.mru;
          state.mru = usable ? std::optional(mru) : std::nullopt;
        },
    .rejected = [](LcpOptions& state) { state.mru.reset(); },
    .accept =
        [](LcpOptions& state, std::span<const uint8_t> value) {
          const uint16_t mru = WireReader(value).U16();
          state.proposed.mru = std::min(mru, kDefaultMru);  // we never send more
          return mru >= kMinMru;
        },
    .prefer =
        [](LcpOptions&, WireWriter& value) {
          value.U16(kMinMru);
          return true;
        },
};

constexpr Rule kAccm{
    .type = kAccmType,
    .length = 4,
    .accept =
        [](LcpOptions& state, std::span<const uint8_t> value) {
          state.proposed.accm = ReadU32(value);
          return true;
        },
    .prefer =
        [](LcpOptions&, WireWriter& value) {
          value.U32(0);  // no octet needs escaping on L2TP
          return true;
        },
};

// The values of RFC 1661 §6.2 (PAP), RFC 1994 §3 (CHAP with algorithm 5) and RFC 2759 §2 (0x81).
struct AuthValue {
  AuthMethod method;
  std::array<uint8_t, 3> octets;
  size_t length;

  std::span<const uint8_t> value() const { return std::span(octets).first(length); }
};
constexpr AuthValue kAuthValues[] = {{AuthMethod::kPap, {0xC0, 0x23, 0x00}, 2},
                                     {AuthMethod::kChapMd5, {0xC2, 0x23, 0x05}, 3},
                                     {AuthMethod::kMsChapV2, {0xC2, 0x23, 0x81}, 3}};

/// The index of the method that `value` names, if we allow it.
std::optional<size_t> AllowedMethod(const LcpOptions& state, std::span<const uint8_t> value) {
  for (const auto& known : kAuthValues) {
    const auto octets = known.value();
    if (!std::equal(octets.begin(), octets.end(), value.begin(), value.end())) continue;
    const auto found =
        std::find(state.auth_methods.begin(), state.auth_methods.end(), known.method);
    if (found == state.auth_methods.end()) return {};
    return static_cast<size_t>(found - state.auth_methods.begin());
  }
  return {};
}

// The peer's wish to authenticate us has no `accept` and is rejected: we have no password for it.
constexpr Rule kAuthenticationProtocol{
    .type = kAuthenticationProtocolType,
    .ask =
        [](const LcpOptions& state, WireWriter& value) {
          const AuthMethod method = state.auth_methods[state.auth_choice];
          for (const auto& known : kAuthValues) {
            if (known.method == method) value.Bytes(known.value());
          }
          return true;
        },
    .naked =
        [](LcpOptions& state, std::span<const uint8_t> value) {
          state.auth_tried |= 1U << state.auth_choice;
          const auto tried = [&state](size_t i) { return (state.auth_tried >> i & 1U) != 0; };
          const auto proposed = AllowedMethod(state, value);
          size_t next = 0;
          if (proposed && !tried(*proposed)) {
            next = *proposed;
          } else {
            while (next < state.auth_methods.size() && tried(next)) ++next;
          }
          state.auth_refused = next == state.auth_methods.size();
          if (!state.auth_refused) state.auth_choice = next;
        },
    .rejected = [](LcpOptions& state) { state.auth_refused = true; },
};

constexpr Rule kMagicNumber{
    .type = kMagicNumberType,
    .length = 4,
    .ask =
        [](const LcpOptions& state, WireWriter& value) {
          if (state.magic != 0) value.U32(state.magic);
          return state.magic != 0;
        },
    // RFC 1661 §6.4: in either case a new number is chosen.
    .naked = [](LcpOptions& state,
                std::span<const uint8_t> /*value*/) { state.magic = state.fresh_magic; },
    .rejected = [](LcpOptions& state) { state.magic = 0; },
    .accept =
        [](LcpOptions& state, std::span<const uint8_t> value) {
          state.proposed.magic = ReadU32(value);
          return state.proposed.magic != 0;  // zero MUST always be Naked (RFC 1661 §6.4)
        },
    .prefer =
        [](LcpOptions& state, WireWriter& value) {
          state.naked_magic = state.fresh_magic;
          value.U32(state.naked_magic);
          return true;
        },
};

constexpr Rule kRules[] = {kMru, kAccm, kAuthenticationProtocol, kMagicNumber};

/// The Magic-Number among `options`, zero if there is none.
uint32_t FindMagic(std::span<const Option> options) {
  for (const auto& option : options) {
    if (option.type == kMagicNumberType && option.value.size() == 4) return ReadU32(option.value);
  }
  return 0;
}

}  // namespace

LcpNegotiation::LcpNegotiation(const LinkConfig& config) : OptionTable(kRules) {
  state().mru = config.mru;
  state().auth_methods = config.auth;
}

Answer LcpNegotiation::Judge(std::span<const Option> request, bool may_nak) {
  const uint32_t magic = FindMagic(request);
  if (magic == 0 || magic != state().magic) {
    if (magic != 0) state().magic_collisions = 0;
    return OptionTable::Judge(request, may_nak);
  }
  // RFC 1661 §6.4: a Nak with a different number MUST be sent. Nothing else is answered: on a
  // looped link our own Authentication-Protocol would come back rejected.
  ++state().magic_collisions;
  state().naked_magic = state().fresh_magic;
  WireWriter value;
  value.U32(state().naked_magic);
  WireWriter options;
  WriteOption({.type = kMagicNumberType, .value = value.view()}, options);
  return {Verdict::kNak, std::move(options).Finish()};
}

void LcpNegotiation::Naked(std::span<const Option> options) {
  const uint32_t magic = FindMagic(options);
  // RFC 1661 §6.4: the number that we proposed comes back: perhaps our own Nak.
  if (magic != 0 && magic != state().naked_magic) state().magic_collisions = 0;
  OptionTable::Naked(options);
}

std::optional<LayerFailed> LcpNegotiation::failure() const {
  if (state().magic_collisions >= kLoopbackCollisions) {
    return LayerFailed{EndReason::kLoopback, "our own Magic-Number comes back"};
  }
  if (state().auth_refused) {
    return LayerFailed{EndReason::kAuthenticationRefused,
                       "the peer takes no method that we demand"};
  }
  return {};
}

}  // namespace sallyport::ppp
