// SPDX-License-Identifier: GPL-2.0-or-later
#include "ppp/lcp_options.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
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
    // RFC 1661 §6.1: whatever was asked for, 1500 octets must be taken. Should LCP be renegotiated,
    // we ask for our own size.
    .adopt =
        [](LcpOptions&, std::span<const uint8_t> value) {
          const uint16_t mru = WireReader(value).U16();
          return mru >= kMinMru && mru <= kDefaultMru;
        },
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
    .adopt = [](LcpOptions&, std::span<const uint8_t>) { return true; },  // ends at the LAC
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

// The values of RFC 1661 §6.2 (PAP), RFC 1994 §3 (CHAP with algorithm 5), RFC 2759 §2 (0x81) and
// RFC 3748 §3.1 (EAP).
struct AuthValue {
  AuthMethod method;
  std::string_view name;
  std::array<uint8_t, 3> octets;
  size_t length;

  std::span<const uint8_t> value() const { return std::span(octets).first(length); }
};
constexpr AuthValue kAuthValues[] = {{AuthMethod::kPap, "PAP", {0xC0, 0x23, 0x00}, 2},
                                     {AuthMethod::kChapMd5, "CHAP with MD5", {0xC2, 0x23, 0x05}, 3},
                                     {AuthMethod::kMsChapV2, "MS-CHAPv2", {0xC2, 0x23, 0x81}, 3},
                                     {AuthMethod::kEap, "EAP", {0xC2, 0x27, 0x00}, 2}};

const AuthValue* FindValue(std::span<const uint8_t> value) {
  for (const auto& known : kAuthValues) {
    if (std::ranges::equal(known.value(), value)) return &known;
  }
  return nullptr;
}

void WriteMethod(AuthMethod method, WireWriter& value) {
  for (const auto& known : kAuthValues) {
    if (known.method == method) value.Bytes(known.value());
  }
}

/// The index in `methods` of the one that `value` names.
std::optional<size_t> IndexIn(std::span<const AuthMethod> methods, std::span<const uint8_t> value) {
  const AuthValue* known = FindValue(value);
  if (known == nullptr) return {};
  const auto found = std::ranges::find(methods, known->method);
  if (found == methods.end()) return {};
  return static_cast<size_t>(found - methods.begin());
}

// A server's own_methods is empty, so that the peer's wish to authenticate it is rejected.
constexpr Rule kAuthenticationProtocol{
    .type = kAuthenticationProtocolType,
    .ask =
        [](const LcpOptions& state, WireWriter& value) {
          if (state.auth_methods.empty()) return false;
          WriteMethod(state.auth_methods[state.auth_choice], value);
          return true;
        },
    .naked =
        [](LcpOptions& state, std::span<const uint8_t> value) {
          state.auth_tried |= 1U << state.auth_choice;
          const auto tried = [&state](size_t i) { return (state.auth_tried >> i & 1U) != 0; };
          const auto proposed = IndexIn(state.auth_methods, value);
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
    .adopt =
        [](LcpOptions& state, std::span<const uint8_t> value) {
          const auto index = IndexIn(state.auth_methods, value);
          if (index) state.auth_choice = *index;
          return index.has_value();
        },
    .accept =
        [](LcpOptions& state, std::span<const uint8_t> value) {
          const auto index = IndexIn(state.own_methods, value);
          if (index) {
            state.proposed.auth = state.own_methods[*index];
          } else {
            state.unmet_demand.emplace(value.begin(), value.end());
          }
          return index.has_value();
        },
    .prefer =
        [](LcpOptions& state, WireWriter& value) {
          if (state.own_proposed >= state.own_methods.size()) return false;
          WriteMethod(state.own_methods[state.own_proposed], value);
          return true;
        },
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
    .adopt =
        [](LcpOptions& state, std::span<const uint8_t> value) {
          state.magic = ReadU32(value);
          return state.magic != 0;
        },
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

/// The kernel takes either form (ppp_generic.c, ppp_input), and sends the long one.
/// Address-and-Control-Field-Compression has no row: its L2TP takes a short packet of that for a
/// control message.
constexpr Rule kProtocolFieldCompression{
    .type = 7,  // RFC 1661 §6.5
    .length = 0,
    .ask = [](const LcpOptions& state,
              WireWriter& /*value*/) { return state.ask_protocol_field_compression; },
    .rejected = [](LcpOptions& state) { state.ask_protocol_field_compression = false; },
    .adopt = [](LcpOptions& state,
                std::span<const uint8_t> /*value*/) { return state.protocol_field_compression; },
    .accept = [](LcpOptions& state,
                 std::span<const uint8_t> /*value*/) { return state.protocol_field_compression; },
};

constexpr Rule kRules[] = {kMru, kAccm, kAuthenticationProtocol, kMagicNumber,
                           kProtocolFieldCompression};

/// The Magic-Number among `options`, zero if there is none.
uint32_t FindMagic(std::span<const Option> options) {
  for (const auto& option : options) {
    if (option.type == kMagicNumberType && option.value.size() == 4) return ReadU32(option.value);
  }
  return 0;
}

bool HasType(std::span<const Option> options, uint8_t type) {
  return std::ranges::any_of(options, [type](const Option& one) { return one.type == type; });
}

}  // namespace

LcpNegotiation::LcpNegotiation(const LinkConfig& config)
    : OptionTable(kRules), is_client_(config.client.has_value()) {
  state().mru = config.mru;
  state().auth_methods = config.demanded();
  state().protocol_field_compression = config.protocol_field_compression;
  state().ask_protocol_field_compression = config.protocol_field_compression;
  if (config.client) state().own_methods = config.client->methods;
}

Answer LcpNegotiation::Judge(std::span<const Option> request, bool may_nak) {
  const uint32_t magic = FindMagic(request);
  if (magic == 0 || magic != state().magic) {
    if (magic != 0) state().magic_collisions = 0;
    return JudgeOptions(request, may_nak);
  }
  // RFC 1661 §6.4: a Nak with a different number MUST be sent. Nothing else is answered: on a
  // looped link our own Authentication-Protocol would come back rejected.
  ++state().magic_collisions;
  state().naked_magic = state().fresh_magic;
  WireWriter value;
  value.U32(state().naked_magic);
  WireWriter options;
  WriteOption({.type = kMagicNumberType, .value = value.view()}, options);
  return {Verdict::kNak, std::move(options).Finish(), {}};
}

/// Adds what follows from the peer's demand that we prove ourselves.
Answer LcpNegotiation::JudgeOptions(std::span<const Option> request, bool may_nak) {
  state().unmet_demand.reset();
  Answer answer = OptionTable::Judge(request, may_nak);
  switch (answer.verdict) {
    case Verdict::kAck:
      state().own_proposed = 0;
      break;
    case Verdict::kNak:
      if (state().unmet_demand) ++state().own_proposed;
      break;
    case Verdict::kReject: {
      // A server that gets its demand rejected cannot go on (RFC 1661 §6.2), nor can a client.
      const auto rejected = ParseOptions(answer.options);
      const bool last_word = !may_nak || state().own_proposed >= state().own_methods.size();
      if (last_word && HasType(*rejected, kAuthenticationProtocolType)) {
        answer.failure = unmet_demand();
      }
      break;
    }
  }
  return answer;
}

std::optional<LayerFailed> LcpNegotiation::unmet_demand() const {
  if (!is_client_ || !state().unmet_demand) return {};
  const auto& value = *state().unmet_demand;
  const AuthValue* known = FindValue(value);
  std::string text = "the server demands ";
  text += known != nullptr ? std::string(known->name) : "authentication protocol " + ToHex(value);
  text += state().own_methods.empty() ? ", we have no login" : ", which we do not allow";
  return LayerFailed{EndReason::kMethodNotAllowed, std::move(text)};
}

bool LcpNegotiation::AdoptProxied(const ProxiedLink& proxied) {
  if (!proxied.last_sent || !proxied.last_received) return false;
  const auto ours = ParseOptions(*proxied.last_sent);
  const auto theirs = ParseOptions(*proxied.last_received);
  if (!ours || !theirs) return false;
  state().magic = 0;  // unless the LAC asked for one
  const bool demanded = method().has_value() == HasType(*ours, kAuthenticationProtocolType);
  return demanded && Adopt(*ours) && Judge(*theirs, false).verdict == Verdict::kAck;
}

std::optional<AuthMethod> LcpNegotiation::method() const {
  if (state().auth_methods.empty()) return {};
  return state().auth_methods[state().auth_choice];
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
