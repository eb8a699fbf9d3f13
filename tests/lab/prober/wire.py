# SPDX-License-Identifier: GPL-2.0-or-later
"""L2TPv2 on the wire (RFC 2661 §3.1, §4): writes anything, right or wrong; reads strictly.

Reading raises Violation for whatever the RFC forbids a sender. This is no way to treat a peer (§3.1: bits that are
reserved "are ignored on incoming messages"), but it is the way to look at an implementation under test.
"""

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from prober.tables import ATTRIBUTES, MESSAGES, Attribute, MessageType

HEADER_SIZE = 12  # of a control message, which always has Length, Ns and Nr (§3.1)
AVP_HEADER_SIZE = 6  # §4.1
CONTROL_FLAGS = 0xC802  # T, L and S bits, version 2 (§3.1)
PROTOCOL_VERSION = 0x0100  # version 1, revision 0 (§4.4.3)

TYPE_BIT, LENGTH_BIT, SEQUENCE_BIT, OFFSET_BIT, PRIORITY_BIT = (
    0x8000,
    0x4000,
    0x0800,
    0x0200,
    0x0100,
)
VERSION_MASK = 0x000F
HEADER_RESERVED = 0x34F0
MANDATORY, HIDDEN = 0x8000, 0x4000
AVP_RESERVED = 0x3C00
AVP_LENGTH_MASK = 0x03FF


def place(section: str) -> str:
    """Where a rule stands: a section of RFC 2661 unless an RFC is named."""
    return section if section.startswith("RFC") else f"RFC 2661 §{section}"


class Violation(Exception):
    """The peer sent what the RFC forbids."""

    def __init__(self, section: str, seen: str) -> None:
        super().__init__(f"{place(section)}: {seen}")
        self.section = section


def u16(value: int) -> bytes:
    return struct.pack("!H", value & 0xFFFF)


def u32(value: int) -> bytes:
    return struct.pack("!I", value)


# -- writing


def avp(
    kind: int,
    value: bytes = b"",
    *,
    mandatory: bool | None = None,
    vendor: int = 0,
    flags: int = 0,
    length: int | None = None,
) -> bytes:
    """An AVP (§4.1). The M bit is as §4.4 wants it unless told; `length` may lie."""
    if mandatory is None:
        rule = ATTRIBUTES.get(kind)
        mandatory = rule is not None and rule.mandatory
    bits = (MANDATORY if mandatory else 0) | flags
    size = AVP_HEADER_SIZE + len(value) if length is None else length
    return struct.pack("!HHH", bits | (size & AVP_LENGTH_MASK), vendor, kind) + value


def message_type(kind: int, *, mandatory: bool = True) -> bytes:
    """The AVP that begins every message but a ZLB (§4.4.1)."""
    return avp(Attribute.MESSAGE_TYPE, u16(kind), mandatory=mandatory)


def control(
    avps: bytes,
    *,
    tunnel: int,
    session: int = 0,
    ns: int = 0,
    nr: int = 0,
    flags: int = CONTROL_FLAGS,
    length: int | None = None,
) -> bytes:
    """A control message (§3.1); without AVPs a ZLB."""
    size = HEADER_SIZE + len(avps) if length is None else length
    return struct.pack("!HHHHHH", flags, size, tunnel, session, ns & 0xFFFF, nr & 0xFFFF) + avps


def data(
    payload: bytes,
    *,
    tunnel: int,
    session: int,
    with_length: bool = False,
    sequence: tuple[int, int] | None = None,
    offset: int | None = None,
    priority: bool = False,
) -> bytes:
    """A data message (§3.1) with the optional fields that are asked for."""
    flags, body = 2, u16(tunnel) + u16(session)
    if sequence is not None:
        flags |= SEQUENCE_BIT
        body += u16(sequence[0]) + u16(sequence[1])
    if offset is not None:
        flags |= OFFSET_BIT
        body += u16(offset) + b"\xa5" * offset
    if priority:
        flags |= PRIORITY_BIT
    body += payload
    if with_length:
        flags |= LENGTH_BIT
        body = u16(4 + len(body)) + body
    return u16(flags) + body


def hide(
    kind: int,
    value: bytes,
    secret: bytes,
    vector: bytes,
    *,
    padding: bytes = b"",
    claimed: int | None = None,
    mandatory: bool | None = None,
) -> bytes:
    """A hidden AVP (§4.3); its Random Vector AVP is the caller's to send. `claimed` is a length that lies."""
    plain = u16(len(value) if claimed is None else claimed) + value + padding
    return avp(
        kind, _mix(kind, plain, secret, vector, hiding=True), mandatory=mandatory, flags=HIDDEN
    )


def unhide(kind: int, hidden: bytes, secret: bytes, vector: bytes) -> bytes:
    """The value of a hidden AVP (§4.3). Raises Violation when it cannot be one."""
    plain = _mix(kind, hidden, secret, vector, hiding=False)
    if len(plain) < 2:
        raise Violation("4.3", f"hidden AVP {kind} has no room for its length")
    (size,) = struct.unpack("!H", plain[:2])
    if size > len(plain) - 2:
        raise Violation("4.3", f"hidden AVP {kind} says {size} octets and has {len(plain) - 2}")
    return plain[2 : 2 + size]


def _mix(kind: int, octets: bytes, secret: bytes, vector: bytes, *, hiding: bool) -> bytes:
    mask = hashlib.md5(u16(kind) + secret + vector).digest()
    out = b""
    for start in range(0, len(octets), 16):
        block = octets[start : start + 16]
        mixed = bytes(a ^ b for a, b in zip(block, mask, strict=False))
        out += mixed
        mask = hashlib.md5(secret + (mixed if hiding else block)).digest()
    return out


def challenge_response(kind: MessageType, secret: bytes, challenge: bytes) -> bytes:
    """The Challenge Response in a message of type `kind`, SCCRP or SCCCN (§4.4.3)."""
    return hashlib.md5(bytes([kind]) + secret + challenge).digest()


# -- reading


@dataclass(frozen=True)
class Avp:
    """One AVP as it came."""

    kind: int
    value: bytes
    mandatory: bool
    hidden: bool
    vendor: int


@dataclass(frozen=True)
class Control:
    """A control message that the peer may have sent."""

    tunnel: int
    session: int
    ns: int
    nr: int
    avps: tuple[Avp, ...]
    raw: bytes
    at: float = 0.0  # when it came, seconds; set by who received it

    @property
    def is_zlb(self) -> bool:
        return not self.avps

    @property
    def kind(self) -> int | None:
        """The message type; None of a ZLB."""
        return int.from_bytes(self.avps[0].value, "big") if self.avps else None

    def value(self, attribute: Attribute) -> bytes | None:
        """The value of an AVP of RFC 2661; None when there is none."""
        for one in self.avps:
            if one.kind == attribute and one.vendor == 0:
                return one.value
        return None

    def number(self, attribute: Attribute) -> int:
        """An AVP's value as a number; -1 when there is none."""
        value = self.value(attribute)
        return -1 if value is None else int.from_bytes(value, "big")

    @property
    def result(self) -> tuple[int, int | None, str]:
        """Result, error and text of a Result Code (§4.4.2)."""
        value = self.value(Attribute.RESULT_CODE) or b"\0\0"
        error = int.from_bytes(value[2:4], "big") if len(value) >= 4 else None
        return int.from_bytes(value[:2], "big"), error, value[4:].decode(errors="replace")

    def __str__(self) -> str:
        if self.kind is None:
            return f"ZLB Nr {self.nr}"
        text = f"{name_of(self.kind)} Ns {self.ns} Nr {self.nr} session {self.session}"
        if self.value(Attribute.RESULT_CODE) is not None:
            result, error, message = self.result
            text += f" result {result} error {error} {message!r}"
        return text


@dataclass(frozen=True)
class Data:
    """A data message."""

    tunnel: int
    session: int
    sequence: tuple[int, int] | None
    payload: bytes

    def __str__(self) -> str:
        return f"data session {self.session} {self.sequence or ''} {self.payload[:12].hex()}"


def name_of(kind: int) -> str:
    return MessageType(kind).name if kind in MESSAGES else f"message type {kind}"


def decode(datagram: bytes, secret: bytes | None = None) -> Control | Data:
    """Reads a datagram of the implementation under test. Hidden AVPs are taken where there is a `secret`."""
    if len(datagram) < 6:
        raise Violation("3.1", f"a datagram of {len(datagram)} octets")
    (flags,) = struct.unpack("!H", datagram[:2])
    if flags & VERSION_MASK != 2:
        raise Violation("3.1", f"version {flags & VERSION_MASK}")
    if flags & HEADER_RESERVED:
        raise Violation("3.1", f"reserved bits in flags {flags:04x}")
    return _control(datagram, flags, secret) if flags & TYPE_BIT else _data(datagram, flags)


def _control(datagram: bytes, flags: int, secret: bytes | None) -> Control:
    if flags != CONTROL_FLAGS:
        raise Violation("3.1", f"control flags {flags:04x}, not {CONTROL_FLAGS:04x}")
    if len(datagram) < HEADER_SIZE:
        raise Violation("3.1", f"a control message of {len(datagram)} octets")
    length, tunnel, session, ns, nr = struct.unpack("!HHHHH", datagram[2:HEADER_SIZE])
    if length != len(datagram):
        raise Violation("3.1", f"Length {length} in a datagram of {len(datagram)} octets")
    avps = tuple(_read_avps(datagram[HEADER_SIZE:], secret))
    message = Control(tunnel, session, ns, nr, avps, datagram)
    if not message.is_zlb:
        _check_message(message)
    return message


def _data(datagram: bytes, flags: int) -> Data:
    rest, length = datagram[2:], len(datagram)
    need = 4 + 2 * bool(flags & LENGTH_BIT) + 4 * bool(flags & SEQUENCE_BIT)
    if len(rest) < need:
        raise Violation("3.1", f"a data message of {len(datagram)} octets")
    if flags & LENGTH_BIT:
        (length,) = struct.unpack("!H", rest[:2])
        rest = rest[2:]
    if length != len(datagram):
        raise Violation("3.1", f"Length {length} in a datagram of {len(datagram)} octets")
    tunnel, session = struct.unpack("!HH", rest[:4])
    rest, sequence = rest[4:], None
    if flags & SEQUENCE_BIT:
        ns, nr = struct.unpack("!HH", rest[:4])
        rest, sequence = rest[4:], (ns, nr)
    if flags & OFFSET_BIT:
        raise Violation("3.1", "an offset, which old clients do not know")
    if not tunnel or not session:
        raise Violation("3.1", f"data to tunnel {tunnel}, session {session}")
    return Data(tunnel, session, sequence, rest)


def _read_avps(octets: bytes, secret: bytes | None) -> Iterable[Avp]:
    vector: bytes | None = None
    while octets:
        if len(octets) < AVP_HEADER_SIZE:
            raise Violation("4.1", f"{len(octets)} octets behind the last AVP")
        bits, vendor, kind = struct.unpack("!HHH", octets[:AVP_HEADER_SIZE])
        size = bits & AVP_LENGTH_MASK
        if not AVP_HEADER_SIZE <= size <= len(octets):
            raise Violation("4.1", f"AVP {kind} of length {size}, {len(octets)} octets are left")
        if bits & AVP_RESERVED:
            raise Violation("4.1", f"AVP {kind} has reserved bits: {bits:04x}")
        value, octets = octets[AVP_HEADER_SIZE:size], octets[size:]
        hidden = bool(bits & HIDDEN)
        if hidden:
            value = _unhidden(kind, vendor, value, secret, vector)
        if vendor == 0 and kind == Attribute.RANDOM_VECTOR:
            vector = value
        one = Avp(kind, value, bool(bits & MANDATORY), hidden, vendor)
        _check_avp(one)
        yield one


def _unhidden(
    kind: int, vendor: int, value: bytes, secret: bytes | None, vector: bytes | None
) -> bytes:
    if secret is None:
        raise Violation("4.3", f"AVP {kind} is hidden from a peer that knows no secret")
    if vector is None:
        raise Violation("4.3", f"AVP {kind} is hidden and no Random Vector stands before it")
    if vendor != 0 or kind not in ATTRIBUTES or not ATTRIBUTES[kind].may_be_hidden:
        raise Violation("4.4", f"AVP {kind} of vendor {vendor} may not be hidden")
    return unhide(kind, value, secret, vector)


def _check_avp(one: Avp) -> None:
    if one.vendor != 0 or one.kind not in ATTRIBUTES:
        if one.mandatory:
            raise Violation(
                "4.2", f"AVP {one.vendor}/{one.kind}, none of RFC 2661's, has the M bit"
            )
        return
    rule = ATTRIBUTES[one.kind]
    if rule.mandatory_is_fixed and one.mandatory != rule.mandatory:
        raise Violation("4.4", f"M bit of {rule.name} is {int(one.mandatory)}")
    if not rule.shortest <= len(one.value) <= rule.longest:
        raise Violation("4.4", f"{rule.name} has a value of {len(one.value)} octets")
    complaint = rule.complaint(one.value)
    if complaint:
        raise Violation("4.4", f"{rule.name} {one.value.hex()}: {complaint}")


# Where the sender names its end of something new, with an id "non-zero" (§4.4.3, §4.4.4).
_ASSIGNMENTS = {
    MessageType.SCCRQ: (Attribute.ASSIGNED_TUNNEL_ID,),
    MessageType.SCCRP: (Attribute.ASSIGNED_TUNNEL_ID,),
    MessageType.ICRQ: (Attribute.ASSIGNED_SESSION_ID,),
    MessageType.ICRP: (Attribute.ASSIGNED_SESSION_ID,),
}


def _check_message(message: Control) -> None:
    first = message.avps[0]
    if first.kind != Attribute.MESSAGE_TYPE or first.vendor != 0 or first.hidden:
        raise Violation("4.4.1", f"the first AVP is {first.vendor}/{first.kind}, not Message Type")
    if message.kind not in MESSAGES:
        raise Violation("3.2", f"message type {message.kind}")
    if not first.mandatory:
        raise Violation("4.4.1", f"the Message Type of {name_of(message.kind)} has no M bit")
    rule = MESSAGES[message.kind]
    kinds = [one.kind for one in message.avps[1:] if one.vendor == 0]
    for kind in sorted(set(kinds)):
        if kind in ATTRIBUTES and kind not in rule.must | rule.may | {Attribute.RANDOM_VECTOR}:
            raise Violation(rule.section, f"{Attribute(kind).name} in {name_of(message.kind)}")
        if kind != Attribute.RANDOM_VECTOR and kinds.count(kind) > 1:
            raise Violation(rule.section, f"AVP {kind} twice in {name_of(message.kind)}")
    for missing in rule.must - set(kinds):
        raise Violation(rule.section, f"{name_of(message.kind)} without {missing.name}")
    for attribute in _ASSIGNMENTS.get(message.kind, ()):
        if message.number(attribute) == 0:
            raise Violation(rule.section, f"{name_of(message.kind)} assigns id 0")
    if rule.for_tunnel and message.session != 0:
        raise Violation("3.1", f"{name_of(message.kind)} to session {message.session}")
    if MessageType.STOP_CCN != message.kind != MessageType.CDN:
        return
    limit = 7 if message.kind == MessageType.STOP_CCN else 11
    result, error, text = message.result
    # Result 5 of StopCCN: "Error Code indicates highest version supported" (§4.4.2).
    is_version = (message.kind, result) == (MessageType.STOP_CCN, 5)
    if not 1 <= result <= limit or ((error or 0) > 8 and not is_version):
        raise Violation("4.4.2", f"result {result} error {error} in {name_of(message.kind)}")
    if result == 2 and not error:
        raise Violation("4.4.2", "result 2, general error, without an error code")
    if not text.isprintable():
        raise Violation("4.4.2", f"an error message that nobody can read: {text!r}")
