# SPDX-License-Identifier: GPL-2.0-or-later
"""The prober's own eyes: a decoder that never complains would find nothing. Needs no kernel and no peer."""

import hashlib

import pytest

from prober import mschap, ppp
from prober.ppp import Code, Packet, PapCode, Protocol, option
from prober.tables import ATTRIBUTES, MESSAGES, Attribute, MessageType
from prober.wire import (
    Control,
    Data,
    Violation,
    avp,
    challenge_response,
    control,
    data,
    decode,
    hide,
    message_type,
    u16,
    u32,
    unhide,
)

_SECRET, _VECTOR = b"drink me", b"\x10\x20\x30\x40"


def _sccrp(*more: bytes, leave_out: Attribute | None = None) -> bytes:
    parts = {
        Attribute.PROTOCOL_VERSION: avp(Attribute.PROTOCOL_VERSION, b"\1\0"),
        Attribute.FRAMING_CAPABILITIES: avp(Attribute.FRAMING_CAPABILITIES, u32(3)),
        Attribute.HOST_NAME: avp(Attribute.HOST_NAME, b"gw"),
        Attribute.ASSIGNED_TUNNEL_ID: avp(Attribute.ASSIGNED_TUNNEL_ID, u16(9)),
    }
    parts.pop(leave_out, None)  # type: ignore[arg-type]
    return message_type(MessageType.SCCRP) + b"".join(parts.values()) + b"".join(more)


def _stop(result: bytes) -> bytes:
    tunnel = avp(Attribute.ASSIGNED_TUNNEL_ID, u16(9))
    return message_type(MessageType.STOP_CCN) + tunnel + avp(Attribute.RESULT_CODE, result)


_HELLO = message_type(MessageType.HELLO)
_GOOD = control(_sccrp(), tunnel=7, nr=1)


def test_good_messages_are_read() -> None:
    message = decode(_GOOD)
    assert isinstance(message, Control)
    assert (message.kind, message.tunnel, message.session) == (MessageType.SCCRP, 7, 0)
    assert (message.ns, message.nr) == (0, 1)
    assert message.number(Attribute.ASSIGNED_TUNNEL_ID) == 9
    assert message.value(Attribute.HOST_NAME) == b"gw"
    zlb = decode(control(b"", tunnel=7))
    assert isinstance(zlb, Control) and zlb.is_zlb
    stop = decode(control(_stop(b"\0\2\0\6no room"), tunnel=7))
    assert isinstance(stop, Control) and stop.result == (2, 6, "no room")
    assert isinstance(decode(control(_stop(b"\0\5\1\0"), tunnel=7)), Control)


@pytest.mark.parametrize("sequence", [None, (3, 4)])
@pytest.mark.parametrize("with_length", [False, True])
def test_good_data_is_read(sequence: tuple[int, int] | None, with_length: bool) -> None:
    datagram = data(b"\xff\x03", tunnel=7, session=8, sequence=sequence, with_length=with_length)
    assert decode(datagram) == Data(7, 8, sequence, b"\xff\x03")


_VIOLATIONS = {
    "runt": ("3.1", _GOOD[:5]),
    "version 3": ("3.1", u16(0xC803) + _GOOD[2:]),
    "reserved header bit": ("3.1", u16(0xC812) + _GOOD[2:]),
    "control without Length": ("3.1", u16(0x8802) + _GOOD[2:]),
    "control with Priority": ("3.1", u16(0xC902) + _GOOD[2:]),
    "Length beyond the end": ("3.1", control(_HELLO, tunnel=7, length=21)),
    "octets behind Length": ("3.1", control(_HELLO, tunnel=7) + b"\0"),
    "HELLO to a session": ("3.1", control(_HELLO, tunnel=7, session=1)),
    "data to session 0": ("3.1", data(b"\xff\x03", tunnel=7, session=0)),
    "data with an offset": ("3.1", data(b"\xff\x03", tunnel=7, session=8, offset=0)),
    "unknown message": ("3.2", control(message_type(5), tunnel=7)),
    "cut AVP header": ("4.1", control(_HELLO + b"\x80\x06", tunnel=7)),
    "AVP of length 5": ("4.1", control(_HELLO + avp(8, b"x", length=5), tunnel=7)),
    "AVP past the end": ("4.1", control(_HELLO + avp(8, b"x", length=8), tunnel=7)),
    "reserved AVP bit": ("4.1", control(_sccrp(avp(8, b"x", flags=0x0400)), tunnel=7)),
    "foreign mandatory AVP": (
        "4.2",
        control(_sccrp(avp(1, b"x", vendor=9, mandatory=True)), tunnel=7),
    ),
    "later mandatory AVP": ("4.2", control(_sccrp(avp(46, b"x", mandatory=True)), tunnel=7)),
    "hidden without a secret": ("4.3", control(_sccrp(avp(8, b"xx", flags=0x4000)), tunnel=7)),
    "M bit missing": ("4.4", control(_sccrp(avp(10, u16(4), mandatory=False)), tunnel=7)),
    "M bit too many": ("4.4", control(_sccrp(avp(8, b"x", mandatory=True)), tunnel=7)),
    "short value": ("4.4", control(_sccrp(avp(10, b"\4")), tunnel=7)),
    "window 0": ("4.4", control(_sccrp(avp(10, u16(0))), tunnel=7)),
    "Message Type not first": ("4.4.1", control(avp(10, u16(4)) + _HELLO, tunnel=7)),
    "optional Message Type": (
        "4.4.1",
        control(message_type(MessageType.HELLO, mandatory=False), tunnel=7),
    ),
    "result 0": ("4.4.2", control(_stop(u16(0)), tunnel=7)),
    "result 8 of StopCCN": ("4.4.2", control(_stop(u16(8)), tunnel=7)),
    "general error without error": ("4.4.2", control(_stop(u16(2)), tunnel=7)),
    "unreadable text": ("4.4.2", control(_stop(b"\0\1\0\0\x1b[31m"), tunnel=7)),
    "AVP of another message": ("6.2", control(_sccrp(avp(14, u16(1))), tunnel=7)),
    "AVP twice": ("6.2", control(_sccrp(avp(7, b"gw")), tunnel=7)),
    "tunnel id 0": (
        "6.2",
        control(_sccrp(avp(9, u16(0)), leave_out=Attribute.ASSIGNED_TUNNEL_ID), tunnel=7),
    ),
} | {
    f"SCCRP without {missing.name}": ("6.2", control(_sccrp(leave_out=missing), tunnel=7))
    for missing in MESSAGES[MessageType.SCCRP].must
}


@pytest.mark.parametrize("what", sorted(_VIOLATIONS))
def test_violation_is_seen(what: str) -> None:
    section, datagram = _VIOLATIONS[what]
    with pytest.raises(Violation) as seen:
        decode(datagram)
    assert seen.value.section == section, str(seen.value)


def test_every_message_has_its_attributes() -> None:
    for rule in MESSAGES.values():
        assert rule.must | rule.may <= set(ATTRIBUTES)


def test_hiding_is_the_rfcs() -> None:
    """RFC 2661 §4.3: b1 = MD5(AV + S + RV), c1 = p1 xor b1, b2 = MD5(S + c1), c2 = p2 xor b2."""
    value = b"a value of more than a block"
    plain = u16(len(value)) + value
    b1 = hashlib.md5(u16(22) + _SECRET + _VECTOR).digest()
    c1 = bytes(p ^ b for p, b in zip(plain[:16], b1, strict=True))
    b2 = hashlib.md5(_SECRET + c1).digest()
    c2 = bytes(p ^ b for p, b in zip(plain[16:], b2, strict=False))
    assert hide(22, value, _SECRET, _VECTOR) == avp(22, c1 + c2, mandatory=True, flags=0x4000)


@pytest.mark.parametrize("size", [0, 1, 2, 13, 14, 15, 16, 30, 31, 100])
@pytest.mark.parametrize("padding", [0, 1, 16, 40])
def test_hidden_comes_back(size: int, padding: int) -> None:
    value = bytes(range(size))
    hidden = hide(8, value, _SECRET, _VECTOR, padding=b"p" * padding)
    assert len(hidden) == 6 + 2 + size + padding
    assert unhide(8, hidden[6:], _SECRET, _VECTOR) == value
    message = decode(
        control(_sccrp(avp(36, _VECTOR), hide(8, b"v", _SECRET, _VECTOR)), tunnel=7), _SECRET
    )
    assert isinstance(message, Control) and message.value(Attribute.VENDOR_NAME) == b"v"


def test_hidden_length_that_lies_is_seen() -> None:
    for claimed in (4, 0xFFFF):
        hidden = hide(8, b"abc", _SECRET, _VECTOR, claimed=claimed)
        with pytest.raises(Violation):
            unhide(8, hidden[6:], _SECRET, _VECTOR)


def test_what_must_not_be_hidden_is_seen() -> None:
    hidden = avp(36, _VECTOR) + hide(7, b"gw", _SECRET, _VECTOR)
    with pytest.raises(Violation) as seen:
        decode(control(_sccrp(hidden, leave_out=Attribute.HOST_NAME), tunnel=7), _SECRET)
    assert seen.value.section == "4.4"


def test_challenge_response_is_md5_of_type_secret_challenge() -> None:
    """RFC 2661 §4.4.3: the CHAP ID is the Message Type, "2 for an SCCRP, 3 for an SCCCN"."""
    assert challenge_response(MessageType.SCCRP, b"s", b"c") == hashlib.md5(b"\2sc").digest()
    assert challenge_response(MessageType.SCCCN, b"s", b"c") == hashlib.md5(b"\3sc").digest()


# -- PPP


def test_md4_is_rfc_1320s() -> None:
    """RFC 1320 §A.5."""
    assert mschap.md4(b"").hex() == "31d6cfe0d16ae931b73c59d7e0c089c0"
    assert mschap.md4(b"abc").hex() == "a448017aaf21d8525fc10ae87aa6729d"
    assert mschap.md4(b"1234567890" * 8).hex() == "e33b4ddc9c38f2199c3e7b164fcc0536"


def test_mschapv2_is_rfc_2759s() -> None:
    """RFC 2759 §9.2; and §9.3, which is DES's own."""
    challenge = bytes.fromhex("5b5d7c7d7b3f2f3e3c2c602132262628")
    peer = bytes.fromhex("21402324255e262a28295f2b3a337c7e")
    assert mschap.challenge_hash(peer, challenge, b"User").hex() == "d02e4386bce91226"
    assert mschap.password_hash("clientPass").hex() == "44ebba8d5312b8d611474411f56989ae"
    response = mschap.nt_response(challenge, peer, b"DOMAIN\\User", "clientPass")
    assert response.hex() == "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
    proof = mschap.authenticator_response(challenge, peer, b"User", "clientPass", response)
    assert proof == "S=407A5589115FD0D6209F510FE9C04566932CDA56"
    # The key of 56 bits of FIPS 81's example, 0123456789abcdef without its parity bits.
    key = int("".join(f"{octet:08b}"[:7] for octet in bytes.fromhex("0123456789abcdef")), 2)
    assert mschap.des(b"Now is t", key.to_bytes(7, "big")).hex() == "3fa40e8a984d4815"


def _ppp(protocol: int, code: int, content: bytes = b"", *, length: int | None = None) -> bytes:
    return ppp.ADDRESS_AND_CONTROL + ppp.frame(
        protocol, ppp.packet(code, 7, content, length=length)
    )


def test_good_frames_are_read() -> None:
    read = ppp.decode(_ppp(Protocol.LCP, Code.ECHO_REPLY, u32(1)))
    assert (read.protocol, read.code, read.identifier) == (Protocol.LCP, Code.ECHO_REPLY, 7)
    assert (read.data, read.raw[:2]) == (u32(1), b"\xc0\x21")
    assert ppp.decode(ppp.ADDRESS_AND_CONTROL + b"\x00\x21\x45").data == b"\x45"
    good = option(ppp.MRU, u16(1400)) + option(ppp.AUTHENTICATION, ppp.CHAP_VALUE)
    ppp.check_request(ppp.decode(_ppp(Protocol.LCP, Code.CONFIGURE_REQUEST, good)))


_BAD_FRAMES = {
    "no FF 03": _ppp(Protocol.LCP, 1)[2:],
    "compressed Protocol field": ppp.ADDRESS_AND_CONTROL + b"\x21\x45",
    "protocol of nobody": _ppp(Protocol.CCP, 1),
    "runt": ppp.ADDRESS_AND_CONTROL + b"\xc0\x21\x01\x07\x00",
    "Length too large": _ppp(Protocol.LCP, 1, length=5),
    "Length too small": _ppp(Protocol.LCP, 1, b"x", length=4),
}


@pytest.mark.parametrize("what", sorted(_BAD_FRAMES))
def test_bad_frame_is_seen(what: str) -> None:
    with pytest.raises(Violation):
        ppp.decode(_BAD_FRAMES[what])


_BAD_REQUESTS = {
    "PFC": (Protocol.LCP, option(ppp.PFC)),
    "an option twice": (Protocol.LCP, option(ppp.MRU, u16(1400)) * 2),
    "a short option": (Protocol.LCP, option(ppp.MRU, b"\5")),
    "an option past the end": (Protocol.LCP, option(ppp.MRU, u16(1400), length=5)),
    "Magic-Number 0": (Protocol.LCP, option(ppp.MAGIC, u32(0))),
    "MS-CHAPv1": (Protocol.LCP, option(ppp.AUTHENTICATION, b"\xc2\x23\x80")),
    "a name server": (Protocol.IPCP, option(ppp.DNS, bytes(4))),
    "no address": (Protocol.IPCP, option(ppp.ADDRESS, bytes(4))),
}


@pytest.mark.parametrize("what", sorted(_BAD_REQUESTS))
def test_bad_request_is_seen(what: str) -> None:
    protocol, content = _BAD_REQUESTS[what]
    with pytest.raises(Violation):
        ppp.check_request(ppp.decode(_ppp(protocol, Code.CONFIGURE_REQUEST, content)))


_A, _B = option(ppp.DNS, bytes(4)), option(ppp.WINS, bytes(4))
_BAD_ANSWERS = {
    "Ack of another order": (Code.CONFIGURE_ACK, _B + _A),
    "Ack of a part": (Code.CONFIGURE_ACK, _A),
    "Reject of another order": (Code.CONFIGURE_REJECT, _B + _A),
    "Reject of what was not asked": (Code.CONFIGURE_REJECT, option(ppp.DNS, b"\1\2\3\4")),
    "Reject of nothing": (Code.CONFIGURE_REJECT, b""),
    "Nak with what was asked": (Code.CONFIGURE_NAK, _A),
    "Nak with 0.0.0.0": (Code.CONFIGURE_NAK, option(ppp.ADDRESS, bytes(4))),
    "Nak of another order": (
        Code.CONFIGURE_NAK,
        option(ppp.WINS, b"\1\2\3\4") + option(ppp.DNS, b"\1\2\3\4"),
    ),
}


@pytest.mark.parametrize("what", sorted(_BAD_ANSWERS))
def test_bad_answer_is_seen(what: str) -> None:
    code, content = _BAD_ANSWERS[what]
    with pytest.raises(Violation):
        ppp.check_answer(ppp.decode(_ppp(Protocol.IPCP, code, content)), _A + _B)


def test_good_answers_are_taken() -> None:
    given = option(ppp.DNS, b"\1\2\3\4")
    for code, content in (
        (Code.CONFIGURE_ACK, _A + _B),
        (Code.CONFIGURE_REJECT, _B),
        (Code.CONFIGURE_NAK, given + option(ppp.ADDRESS, b"\1\2\3\4")),
    ):
        ppp.check_answer(ppp.decode(_ppp(Protocol.IPCP, code, content)), _A + _B)


@pytest.mark.parametrize(
    "one",
    [
        (Protocol.PAP, PapCode.REQUEST, b"\0\0"),
        (Protocol.PAP, PapCode.ACK, b""),
        (Protocol.PAP, PapCode.ACK, b"\3no"),
        (Protocol.CHAP, ppp.ChapCode.CHALLENGE, b"\x08" + bytes(8) + b"gw"),
        (Protocol.CHAP, ppp.ChapCode.CHALLENGE, b"\x10" + bytes(16)),
        (Protocol.CHAP, ppp.ChapCode.RESPONSE, b"\x10" + bytes(16)),
    ],
)
def test_bad_login_packet_is_seen(one: tuple[int, int, bytes]) -> None:
    with pytest.raises(Violation):
        ppp.check_authentication(ppp.decode(_ppp(*one)), {7})


def test_answer_to_no_login_is_seen() -> None:
    ack: Packet = ppp.decode(_ppp(Protocol.PAP, PapCode.ACK, b"\0"))
    ppp.check_authentication(ack, {7})
    with pytest.raises(Violation):
        ppp.check_authentication(ack, {8})
