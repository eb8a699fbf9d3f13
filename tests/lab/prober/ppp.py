# SPDX-License-Identifier: GPL-2.0-or-later
"""PPP on the wire (RFC 1661, 1332, 1334, 1877, 1994): writes anything, reads strictly, as wire.py does for L2TP."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from prober.wire import Violation, u16

ADDRESS_AND_CONTROL = b"\xff\x03"  # RFC 1662 §3.1
DEFAULT_MRU = 1500  # RFC 1661 §6.1


class Protocol(IntEnum):
    """IANA "PPP DLL Protocol Numbers"; those that are here to be refused included."""

    IPV4 = 0x0021
    COMPRESSED = 0x00FD
    IPCP = 0x8021
    IPX_CP = 0x802B
    ECP = 0x8053
    IPV6CP = 0x8057
    CCP = 0x80FD
    ACSCP = 0x8235  # Apple's
    MPLSCP = 0x8281
    LCP = 0xC021
    PAP = 0xC023
    LQR = 0xC025
    CHAP = 0xC223
    EAP = 0xC227


class Code(IntEnum):
    """RFC 1661 §5 and, from 12 on, RFC 1570 §1."""

    CONFIGURE_REQUEST = 1
    CONFIGURE_ACK = 2
    CONFIGURE_NAK = 3
    CONFIGURE_REJECT = 4
    TERMINATE_REQUEST = 5
    TERMINATE_ACK = 6
    CODE_REJECT = 7
    PROTOCOL_REJECT = 8
    ECHO_REQUEST = 9
    ECHO_REPLY = 10
    DISCARD_REQUEST = 11
    IDENTIFICATION = 12
    TIME_REMAINING = 13


ANSWERS = (Code.CONFIGURE_ACK, Code.CONFIGURE_NAK, Code.CONFIGURE_REJECT)


class PapCode(IntEnum):
    """RFC 1334 §2.2."""

    REQUEST = 1
    ACK = 2
    NAK = 3


class ChapCode(IntEnum):
    """RFC 1994 §4."""

    CHALLENGE = 1
    RESPONSE = 2
    SUCCESS = 3
    FAILURE = 4


# Options of LCP (RFC 1661 §6, RFC 1662 §7, RFC 1570 §2.3, RFC 1990 §5.1) and IPCP (RFC 1332 §3, RFC 1877 §1).
MRU, ACCM, AUTHENTICATION, MAGIC, PFC, ACFC = 1, 2, 3, 5, 7, 8
CALLBACK, MRRU, SHORT_SEQUENCE, ENDPOINT = 13, 17, 18, 19
ADDRESSES, COMPRESSION, ADDRESS = 1, 2, 3
DNS, WINS, SECOND_DNS, SECOND_WINS = 129, 130, 131, 132

PAP_VALUE, CHAP_VALUE = b"\xc0\x23", b"\xc2\x23\x05"  # RFC 1661 §6.2, RFC 1994 §3
MSCHAPV2_VALUE, EAP_VALUE = b"\xc2\x23\x81", b"\xc2\x27"  # RFC 2759 §2, RFC 3748 §5
_AUTHENTICATIONS = (PAP_VALUE, CHAP_VALUE, MSCHAPV2_VALUE, EAP_VALUE)


def option(kind: int, value: bytes = b"", *, length: int | None = None) -> bytes:
    """An option (RFC 1661 §6); `length` may lie."""
    return bytes([kind, 2 + len(value) if length is None else length]) + value


def packet(code: int, identifier: int, data: bytes = b"", *, length: int | None = None) -> bytes:
    """A packet (RFC 1661 §5); `length` may lie."""
    return (
        struct.pack("!BBH", code, identifier & 0xFF, 4 + len(data) if length is None else length)
        + data
    )


@dataclass(frozen=True)
class Packet:
    """One frame that the server may have sent; of IP only the information is read."""

    protocol: int
    code: int
    identifier: int
    data: bytes
    raw: bytes  # from the Protocol field on

    def __str__(self) -> str:
        names = {Protocol.PAP: PapCode, Protocol.CHAP: ChapCode}.get(Protocol(self.protocol), Code)
        known = self.code in {int(one) for one in names}
        name = names(self.code).name if known else f"code {self.code}"
        return f"{Protocol(self.protocol).name} {name} {self.identifier} {self.data[:64].hex()}"


def options_of(data: bytes) -> list[tuple[int, bytes]]:
    """Type and value of each option."""
    found = []
    while data:
        if len(data) < 2 or not 2 <= data[1] <= len(data):
            raise Violation("RFC 1661 §6", f"no option: {data.hex()}")
        found.append((data[0], data[2 : data[1]]))
        data = data[data[1] :]
    return found


def value_of(data: bytes, kind: int) -> bytes | None:
    """The value of the option `kind`; None when there is none."""
    return dict(options_of(data)).get(kind)


# What this server has to say: no protocol that is switched off, none that nobody specified.
_SENT = (Protocol.IPV4, Protocol.IPCP, Protocol.LCP, Protocol.PAP, Protocol.CHAP, Protocol.EAP)


def decode(payload: bytes) -> Packet:
    """Reads what stands in a data message."""
    # RFC 1661 §6.6, RFC 1662 §3.2: LCP never has them left out, and nobody asked for it with the rest. A RouterOS 6 reads
    # no compressed Protocol field even where it agreed to it.
    if payload[:2] != ADDRESS_AND_CONTROL:
        raise Violation("RFC 1662 §3.1", f"no FF 03 before {payload[:4].hex()}")
    raw = payload[2:]
    protocol = int.from_bytes(raw[:2], "big")
    if protocol & 0x0101 != 0x0001:
        raise Violation("RFC 1661 §2", f"a Protocol field {raw[:2].hex()}")
    if protocol not in _SENT:
        raise Violation("RFC 1661 §3", f"protocol {protocol:04x}, on which nobody agreed")
    information = raw[2:]
    if protocol == Protocol.IPV4:
        return Packet(protocol, 0, 0, information, raw)
    if len(information) < 4:
        raise Violation("RFC 1661 §5", f"a packet of {len(information)} octets")
    code, identifier, length = struct.unpack("!BBH", information[:4])
    if length != len(information):
        raise Violation("RFC 1661 §5", f"Length {length} in a packet of {len(information)} octets")
    return Packet(protocol, code, identifier, information[4:], raw)


# -- what may stand in a server's Configure-Request

_LENGTHS = {
    Protocol.LCP: {MRU: (2, 2), ACCM: (4, 4), AUTHENTICATION: (2, 253), MAGIC: (4, 4)},
    Protocol.IPCP: {ADDRESS: (4, 4)},  # macOS rejects name servers in it
}


def check_request(request: Packet) -> None:
    """The options of a Configure-Request of the server."""
    rules = _LENGTHS[Protocol(request.protocol)]
    found = options_of(request.data)
    kinds = [kind for kind, _ in found]
    if len(set(kinds)) != len(kinds):
        raise Violation("RFC 1661 §6", f"an option twice: {request}")
    for kind, value in found:
        if kind not in rules:
            raise Violation("RFC 1661 §6", f"a server asks for option {kind}: {request}")
        shortest, longest = rules[kind]
        if not shortest <= len(value) <= longest:
            raise Violation("RFC 1661 §6", f"option {kind} of {len(value)} octets: {request}")
    if request.protocol == Protocol.LCP:
        if value_of(request.data, MAGIC) == bytes(4):
            raise Violation("RFC 1661 §6.4", "it asks for Magic-Number 0")
        if value_of(request.data, AUTHENTICATION) not in (None, *_AUTHENTICATIONS):
            raise Violation("RFC 1661 §6.2", f"it asks for an authentication of no kind: {request}")
    elif value_of(request.data, ADDRESS) == bytes(4):
        raise Violation("RFC 1332 §3.3", "a server asks for an address")


def check_answer(answer: Packet, asked: bytes) -> None:
    """A Configure-Ack, -Nak or -Reject to our request with the options `asked`."""
    if answer.code == Code.CONFIGURE_ACK:
        if answer.data != asked:
            raise Violation("RFC 1661 §5.2", f"{answer} is no copy of {asked.hex()}")
        return
    said, wanted = options_of(answer.data), options_of(asked)
    if not said:
        raise Violation("RFC 1661 §5.3", f"nothing in {answer}")
    if answer.code == Code.CONFIGURE_REJECT:
        rest = iter(wanted)
        if not all(one in rest for one in said):
            raise Violation("RFC 1661 §5.4", f"{answer} is no part of {asked.hex()}, in its order")
        return
    kinds = [kind for kind, _ in wanted]
    order = [kinds.index(kind) if kind in kinds else len(kinds) for kind, _ in said]
    if order != sorted(order):
        raise Violation("RFC 1661 §5.3", f"{answer} has another order than {asked.hex()}")
    for one in said:
        if one in wanted:
            raise Violation("RFC 1661 §5.3", f"{answer} refuses what it proposes: {asked.hex()}")
        if answer.protocol == Protocol.IPCP and one[1] == bytes(4):
            raise Violation("RFC 1877 §1.1", f"{answer} gives 0.0.0.0")


def check_authentication(one: Packet, ours: Iterable[int]) -> None:
    """A packet of PAP or CHAP; `ours` are the Identifiers that we used."""
    if one.protocol == Protocol.PAP:
        if one.code not in (PapCode.ACK, PapCode.NAK):
            raise Violation("RFC 1334 §2.2", f"an authenticator sends {one}")
        if not one.data or one.data[0] != len(one.data) - 1:
            raise Violation("RFC 1334 §2.2.2", f"Msg-Length of {one}")
    elif one.code == ChapCode.CHALLENGE:
        size = one.data[0] if one.data else 0
        if size != 16 or len(one.data) <= 1 + size:
            raise Violation("RFC 1994 §4.1", f"no value of 16 octets with a name: {one}")
        return
    elif one.code not in (ChapCode.SUCCESS, ChapCode.FAILURE):
        raise Violation("RFC 1994 §4", f"an authenticator sends {one}")
    if one.identifier not in ours:
        raise Violation("RFC 1994 §4.2", f"{one} answers nothing of ours")


def ip(address: bytes) -> str:
    return ".".join(str(octet) for octet in address)


def frame(protocol: int, information: bytes) -> bytes:
    """A frame from the Protocol field on."""
    return u16(protocol) + information
