// SPDX-License-Identifier: GPL-2.0-or-later
// The packets of the Extensible Authentication Protocol (RFC 3748 §4), the same for both sides.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "base/expected.h"
#include "base/wire_writer.h"
#include "ppp/auth_code.h"
#include "ppp/drop_reason.h"
#include "ppp/events.h"
#include "ppp/packet.h"

namespace sallyport::ppp {

/// The Type and Type-Data of a Request or Response (RFC 3748 §4.1).
struct EapMessage {
  EapType type{};
  std::span<const uint8_t> data;  // borrowed
};
/// Errors: kBadLength (no Type).
Expected<EapMessage, DropReason> ParseEapMessage(const Packet& packet);

/// A Request or Response. Precondition: `data` holds at most 65530 octets.
SendFrame MakeEapFrame(EapCode code, uint8_t identifier, const EapMessage& message);
/// Success or Failure (RFC 3748 §4.2).
SendFrame MakeEapVerdict(EapCode code, uint8_t identifier);

/// Value-Size, Value and Name: Type-Data of MD5-Challenge (RFC 3748 §5.4, as CHAP's), and what
/// follows the header in EAP-MSCHAPv2.
struct ValueAndName {
  std::span<const uint8_t> value;
  std::span<const uint8_t> name;
};
/// Errors: kBadLength (Value-Size past the end; a Name over kMaxNameLength). Borrowed from `data`.
Expected<ValueAndName, DropReason> ParseValueAndName(std::span<const uint8_t> data);
/// Precondition: the value holds at most 255 octets.
void WriteValueAndName(std::span<const uint8_t> value, std::string_view name, WireWriter& out);

// EAP-MSCHAPv2, draft-kamath-pppext-eap-mschapv2-02 §2: OpCode, MS-CHAPv2-ID and MS-Length, then
// what MS-CHAPv2 itself has in its packets. MS-Length says nothing that EAP's Length does not say,
// and there are peers that get it wrong, so it is written but not read; the same holds for
// MS-CHAPv2-ID, as EAP's Identifier tells which Request is answered.

enum class MsChapV2OpCode : uint8_t {
  kNone = 0,  // not in the draft; some clients acknowledge with it
  kChallenge = 1,
  kResponse = 2,
  kSuccess = 3,
  kFailure = 4,
};
struct MsChapV2Message {
  MsChapV2OpCode code{};
  std::span<const uint8_t> body;  // behind MS-Length; borrowed
};
/// An acknowledgement is the OpCode alone, or nothing at all. Never fails: what is missing is
/// empty.
MsChapV2Message ParseMsChapV2Message(std::span<const uint8_t> data);
/// Precondition: `body` holds at most 65000 octets.
std::vector<uint8_t> MakeMsChapV2Message(MsChapV2OpCode code, uint8_t identifier,
                                         std::span<const uint8_t> body);

}  // namespace sallyport::ppp
