// SPDX-License-Identifier: GPL-2.0-or-later
// Builds L2TP octets for tests, right and wrong ones alike, without the engine's own writers.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "l2tp/events.h"

namespace sallyport::l2tp::testing {

using Bytes = std::vector<uint8_t>;

/// The octets of hexadecimal text; blanks are left out. Fails the test on anything else.
Bytes Hex(std::string_view text);

inline constexpr uint16_t kMandatory = 0x8000;
inline constexpr uint16_t kHidden = 0x4000;
inline constexpr uint16_t kReserved = 0x0400;

/// A list of AVPs. `bits` are the first six of RFC 2661 §4.1.
class AvpList {
 public:
  AvpList& Add(uint16_t type, const Bytes& value, uint16_t bits = kMandatory, uint16_t vendor = 0);
  AvpList& U16(uint16_t type, uint16_t value, uint16_t bits = kMandatory);
  AvpList& U32(uint16_t type, uint32_t value, uint16_t bits = kMandatory);
  AvpList& Text(uint16_t type, std::string_view value, uint16_t bits = kMandatory);
  AvpList& Raw(const Bytes& octets);

  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// What a plain client sends (kl2tpd's SCCRQ: the four required AVPs only).
AvpList SccrqAvps(uint16_t assigned_tunnel);
AvpList SccrpAvps(uint16_t assigned_tunnel);
AvpList ScccnAvps();
AvpList HelloAvps();
AvpList StopCcnAvps(uint16_t assigned_tunnel, uint16_t result);
AvpList IcrqAvps(uint16_t assigned_session, uint32_t serial = 1);
AvpList IccnAvps();
AvpList IcrpAvps(uint16_t assigned_session);
AvpList OcrqAvps(uint16_t assigned_session);
AvpList OcrpAvps(uint16_t assigned_session);
AvpList OccnAvps();
AvpList WenAvps();
AvpList SliAvps();
AvpList CdnAvps(uint16_t assigned_session, uint16_t result);

Bytes ControlMessage(uint16_t tunnel, uint16_t session, uint16_t ns, uint16_t nr,
                     const Bytes& avps = {});

/// A control message taken apart, by other code than the engine's.
struct Decoded {
  uint16_t tunnel = 0;
  uint16_t session = 0;
  uint16_t ns = 0;
  uint16_t nr = 0;
  uint16_t type = 0;  // 0: ZLB
  std::vector<std::pair<uint16_t, Bytes>> avps;

  bool IsZlb() const { return type == 0; }
  /// The value of an AVP; empty when there is none.
  Bytes Value(uint16_t type) const;
  uint16_t U16(uint16_t type) const;
};
/// Fails the test unless `message` is a well-formed control message: L and S set, reserved bits
/// clear, Length right, AVPs filling it.
Decoded Decode(std::span<const uint8_t> message);

}  // namespace sallyport::l2tp::testing
