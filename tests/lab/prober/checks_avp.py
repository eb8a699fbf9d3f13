# SPDX-License-Identifier: GPL-2.0-or-later
"""AVPs that are unknown, of others, misshapen, too long or in the wrong place: L13 to L22."""

import os
import struct

from prober.peer import Call, Changes, Failure, Lac
from prober.registry import Bench, check
from prober.tables import MAX_VALUE, Attribute, MessageType
from prober.wire import HIDDEN, PROTOCOL_VERSION, avp, hide, message_type, u16, u32

UNKNOWN = 4242  # no attribute of anybody's
_MICROSOFT, _DSL_FORUM = 311, 3561
WRONG_LENGTH, OUT_OF_RANGE, UNKNOWN_MANDATORY = 2, 3, 8  # error codes (§4.4.2)


def _open(bench: Bench) -> Lac:
    lac = bench.lac()
    lac.open()
    return lac


def _expect_sccrq_taken(bench: Bench, extra: bytes, changes: Changes | None = None) -> Lac:
    lac = bench.lac()
    lac.open(changes, extra)
    lac.hello()
    return lac


def _expect_sccrq_refused(
    bench: Bench, extra: bytes, *errors: int, text: str = "", changes: Changes | None = None
) -> None:
    lac = bench.lac()
    lac.start(changes, extra)
    lac.expect_stop_ccn(2, *errors, text=text)


def _expect_icrq_refused(lac: Lac, extra: bytes, *errors: int, text: str = "") -> None:
    """With a CDN, and the tunnel takes the next call."""
    lac.expect_cdn(lac.icrq(extra=extra), 2, *errors, text=text)
    lac.expect_call_works(lac.call())


def _icrp(lac: Lac) -> Call:
    return lac.expect_icrp(lac.icrq())


# -- L13: unknown


@check("L13", "4.1")
def unknown_optional_avps_are_ignored(bench: Bench) -> None:
    """An unknown AVP without the M bit is ignored in every message of a tunnel's life."""
    extra = avp(UNKNOWN, b"whatever")
    lac = bench.lac()
    lac.start(extra=extra)
    lac.expect_sccrp()
    lac.connect(extra)
    call = lac.expect_icrp(lac.icrq(extra=extra))
    lac.iccn(call, extra=extra)
    lac.send(message_type(MessageType.HELLO) + extra)
    lac.wait_acknowledged(lac.settings.answer)
    lac.expect_call_works(call)


@check("L13", "4.2")
def unknown_mandatory_avp_in_sccrq_is_refused(bench: Bench) -> None:
    """An unknown AVP with the M bit in SCCRQ: StopCCN 2/8, which names the attribute."""
    extra = avp(UNKNOWN, b"x", mandatory=True)
    _expect_sccrq_refused(bench, extra, UNKNOWN_MANDATORY, text=str(UNKNOWN))


@check("L13", "4.2")
def unknown_mandatory_avp_in_scccn_ends_the_tunnel(bench: Bench) -> None:
    """An unknown AVP with the M bit in SCCCN: StopCCN 2/8."""
    lac = bench.lac()
    lac.start()
    lac.expect_sccrp()
    lac.send(message_type(MessageType.SCCCN) + avp(UNKNOWN, b"x", mandatory=True))
    lac.expect_stop_ccn(2, UNKNOWN_MANDATORY, text=str(UNKNOWN))


@check("L13", "4.2")
def unknown_mandatory_avp_in_hello_ends_the_tunnel(bench: Bench) -> None:
    """An unknown AVP with the M bit in HELLO, a message of the tunnel: StopCCN 2/8."""
    lac = _open(bench)
    lac.send(message_type(MessageType.HELLO) + avp(UNKNOWN, b"x", mandatory=True))
    lac.expect_stop_ccn(2, UNKNOWN_MANDATORY, text=str(UNKNOWN))


@check("L13", "4.2")
def unknown_mandatory_avp_in_icrq_refuses_the_call(bench: Bench) -> None:
    """An unknown AVP with the M bit in ICRQ: CDN 2/8, and the tunnel takes the next call."""
    extra = avp(UNKNOWN, b"x", mandatory=True)
    _expect_icrq_refused(_open(bench), extra, UNKNOWN_MANDATORY, text=str(UNKNOWN))


@check("L13", "4.2")
def unknown_mandatory_avp_in_iccn_ends_the_call(bench: Bench) -> None:
    """An unknown AVP with the M bit in ICCN: CDN 2/8; the tunnel's other call goes on."""
    lac = _open(bench)
    other, call = lac.call(), _icrp(lac)
    lac.iccn(call, extra=avp(UNKNOWN, b"x", mandatory=True))
    lac.expect_cdn(call, 2, UNKNOWN_MANDATORY, text=str(UNKNOWN))
    lac.expect_call_works(other)


# -- L14: of vendors


@check("L14", "4.1")
def vendor_avps_are_no_ietf_attributes(bench: Bench) -> None:
    """Vendors' AVPs with numbers of the RFC's are not mistaken for them: 311/1 of Windows, 3561/2 of DSL routers."""
    extra = avp(9, u16(0), vendor=_MICROSOFT, mandatory=False)
    lac = _expect_sccrq_taken(
        bench, extra + avp(2, b"\x09\x09", vendor=_DSL_FORUM, mandatory=False)
    )
    windows = avp(1, os.urandom(16), vendor=_MICROSOFT, mandatory=False)
    dsl = avp(14, u16(0), vendor=_DSL_FORUM, mandatory=False)
    call = lac.expect_icrp(lac.icrq(extra=windows + dsl))
    lac.connect_call(call, extra=avp(24, b"", vendor=_DSL_FORUM, mandatory=False))
    lac.expect_call_works(call)


@check("L14", "4.1")
def vendor_avp_before_the_ietf_one_is_ignored(bench: Bench) -> None:
    """The first AVP with an attribute's number counts only if it is of vendor 0."""
    lac = bench.lac()
    real = avp(Attribute.ASSIGNED_TUNNEL_ID, u16(lac.tunnel))
    foreign = avp(Attribute.ASSIGNED_TUNNEL_ID, u16(lac.tunnel ^ 1), vendor=311, mandatory=False)
    lac.open({Attribute.ASSIGNED_TUNNEL_ID: foreign + real})
    lac.hello()


@check("L14", "4.2")
def mandatory_vendor_avp_in_sccrq_is_refused(bench: Bench) -> None:
    """A vendor's AVP with the M bit in SCCRQ: StopCCN 2/8."""
    _expect_sccrq_refused(
        bench, avp(1, b"x" * 16, vendor=_MICROSOFT, mandatory=True), UNKNOWN_MANDATORY
    )


@check("L14", "4.2")
def mandatory_vendor_avp_in_icrq_refuses_the_call(bench: Bench) -> None:
    """A vendor's AVP with the M bit in ICRQ: CDN 2/8."""
    extra = avp(1, b"x" * 16, vendor=_MICROSOFT, mandatory=True)
    _expect_icrq_refused(_open(bench), extra, UNKNOWN_MANDATORY)


# -- L15: reserved bits


@check("L15", "4.1")
def reserved_bits_make_an_optional_avp_unknown(bench: Bench) -> None:
    """An AVP without the M bit that has a reserved bit is ignored."""
    for bit in (0x2000, 0x1000, 0x0800, 0x0400):
        _expect_sccrq_taken(bench, avp(Attribute.VENDOR_NAME, b"x", flags=bit))


@check("L15", "4.1")
def reserved_bits_make_a_mandatory_avp_unknown(bench: Bench) -> None:
    """An AVP with the M bit that has a reserved bit: StopCCN 2/8."""
    for bit in (0x2000, 0x0400):
        bearer = avp(Attribute.BEARER_CAPABILITIES, u32(0), flags=bit)
        _expect_sccrq_refused(bench, bearer, UNKNOWN_MANDATORY)


# -- L16: of a wrong size


@check("L16", "7.1")
def short_rx_speed_is_ignored(bench: Bench) -> None:
    """The RFC's own example: Rx Connect Speed in 2 octets, without the M bit, does not end the call."""
    lac = _open(bench)
    call = _icrp(lac)
    lac.connect_call(call, extra=avp(Attribute.RX_CONNECT_SPEED, u16(9600)))
    lac.expect_call_works(call)


@check("L16", "7.1")
def optional_avps_of_wrong_sizes_are_ignored(bench: Bench) -> None:
    """Firmware Revision, Tie Breaker of a wrong size in SCCRQ, Physical Channel ID in ICRQ."""
    firmware = avp(Attribute.FIRMWARE_REVISION, b"\1\2\3")
    lac = _expect_sccrq_taken(bench, firmware + avp(Attribute.TIE_BREAKER, b"short"))
    call = lac.expect_icrp(lac.icrq(extra=avp(Attribute.PHYSICAL_CHANNEL_ID, b"")))
    lac.connect_call(call)
    lac.expect_call_works(call)


@check("L16", "7.1")
def mandatory_avp_of_wrong_size_in_sccrq_is_refused(bench: Bench) -> None:
    """A mandatory AVP of a wrong size in SCCRQ: StopCCN 2/2."""
    for attribute, value in (
        (Attribute.RECEIVE_WINDOW_SIZE, b"\1"),
        (Attribute.FRAMING_CAPABILITIES, b"\0\0\3"),
        (Attribute.PROTOCOL_VERSION, b"\1"),
    ):
        _expect_sccrq_refused(bench, b"", WRONG_LENGTH, changes={attribute: avp(attribute, value)})


@check("L16", "7.1")
def mandatory_avp_of_wrong_size_in_icrq_refuses_the_call(bench: Bench) -> None:
    """A mandatory AVP of a wrong size in ICRQ: CDN 2/2."""
    lac = _open(bench)
    serial = avp(Attribute.CALL_SERIAL_NUMBER, b"\0\1")
    lac.expect_cdn(lac.icrq({Attribute.CALL_SERIAL_NUMBER: serial}), 2, WRONG_LENGTH)
    lac.expect_call_works(lac.call())


@check("L16", "7.1")
def mandatory_avp_of_wrong_size_in_iccn_ends_the_call(bench: Bench) -> None:
    """A mandatory AVP of a wrong size in ICCN: CDN 2/2."""
    lac = _open(bench)
    call = _icrp(lac)
    lac.iccn(call, {Attribute.TX_CONNECT_SPEED: avp(Attribute.TX_CONNECT_SPEED, b"\0\1\2\3\4")})
    lac.expect_cdn(call, 2, WRONG_LENGTH)
    lac.hello()


# -- L17: no AVPs at all, or not where they must be


@check("L17", "4.4.1")
def message_type_must_be_first(bench: Bench) -> None:
    """A message whose first AVP is not Message Type makes no tunnel, and ends one."""
    stranger = bench.lac()
    stranger.post(
        stranger.message(avp(Attribute.PROTOCOL_VERSION, u16(PROTOCOL_VERSION)) + stranger.sccrq())
    )
    stranger.expect_no(MessageType.SCCRP, "the message does not begin with Message Type")
    lac = _open(bench)
    lac.send(avp(Attribute.RECEIVE_WINDOW_SIZE, u16(4)) + message_type(MessageType.HELLO))
    lac.expect_stop_ccn(2)


def _broken_avps() -> list[bytes]:
    """AVPs that end before they begin, behind the end, or in the middle of their header."""
    lengths = [struct.pack("!HHH", 0x8000 | length, 0, 8) for length in range(6)]
    past = [avp(Attribute.VENDOR_NAME, b"abc", length=length) for length in (10, 1023)]
    return lengths + past + [b"\x80", b"\x80\x08\x00\x00\x00"]


@check("L17", "4.1, 7.1")
def broken_avps_in_sccrq_make_no_tunnel(bench: Bench) -> None:
    """AVP lengths of 0 to 5 or past the end of the message: no SCCRP, and the next client is served."""
    for broken in _broken_avps():
        lac = bench.lac()
        lac.start(extra=broken)
    strangers = list(bench.lacs)
    bench.expect_next_client_served()
    for lac in strangers:
        lac.listen(0.1)
        if any(message.kind == MessageType.SCCRP for message in lac.inbox):
            raise Failure("no SCCRP: an AVP is broken", str(lac.inbox[0]))


@check("L17", "4.1, 7.1")
def broken_avps_in_a_tunnel_end_it(bench: Bench) -> None:
    """AVP lengths of 0 to 5 or past the end, in a tunnel's HELLO: StopCCN 2/2 or 2/3."""
    for broken in _broken_avps():
        lac = _open(bench)
        lac.send(message_type(MessageType.HELLO) + broken)
        lac.expect_stop_ccn(2, WRONG_LENGTH, OUT_OF_RANGE)


# -- L18: long and odd values


@check("L18", "4.1")
def longest_avps_are_taken(bench: Bench) -> None:
    """AVPs of 1023 octets, the most that the length field can say, in a message of 3 KiB."""
    lac = _expect_sccrq_taken(bench, avp(Attribute.VENDOR_NAME, b"v" * MAX_VALUE))
    extra = avp(Attribute.CALLING_NUMBER, b"1" * MAX_VALUE)
    extra += avp(Attribute.CALLED_NUMBER, b"2" * MAX_VALUE)
    call = lac.expect_icrp(lac.icrq(extra=extra))
    lac.connect_call(call)
    lac.expect_call_works(call)


@check("L18", "4.4.3")
def odd_host_names_are_served(bench: Bench) -> None:
    """Host Names that are long, end with NUL as macOS's do, or are made to break a log."""
    for name in (
        b"h" * 512,
        b"Alices-MacBook.local\0",
        b"%n%s%n%p%x",
        b"$(reboot)`reboot`;reboot|'\"\\",
        "Größe-日本-🚪".encode(),
        b"\xff\xfe\x80 not UTF-8",
        b"line\r\nbreak\tand \x1b[31mcolour\x7f",
        b"\0",
    ):
        lac = bench.lac(host_name=name)
        lac.open()
        lac.hello()


@check("L18", "4.4.3")
def empty_host_name_is_answered(bench: Bench) -> None:
    """A Host Name without an octet ("at least 1 octet in length") is refused or taken, not passed over in silence."""
    lac = bench.lac(host_name=b"")
    lac.start()
    answer = lac.expect(MessageType.STOP_CCN, MessageType.SCCRP)
    lac.state.theirs = answer.number(Attribute.ASSIGNED_TUNNEL_ID)


@check("L18", "4.4.4")
def odd_numbers_are_served(bench: Bench) -> None:
    """Calling and Called Numbers and Sub-Addresses that are empty or made to break a log."""
    lac = _open(bench)
    for number in (b"", b"\0\0", b"%s%n", "☎\n\r".encode()):
        extra = b"".join(
            avp(kind, number)
            for kind in (Attribute.CALLING_NUMBER, Attribute.CALLED_NUMBER, Attribute.SUB_ADDRESS)
        )
        lac.call(extra=extra)
    lac.hello()


# -- L19: unknown messages


@check("L19", "4.4.1")
def unknown_mandatory_message_ends_the_tunnel(bench: Bench) -> None:
    """A Message Type that nobody knows, with the M bit: the tunnel is cleared."""
    for kind in (5, 13, 17, 999):
        lac = _open(bench)
        lac.send(message_type(kind))
        lac.expect_stop_ccn(2)


@check("L19", "4.4.1")
def unknown_optional_message_is_ignored(bench: Bench) -> None:
    """A Message Type that nobody knows, without the M bit: acknowledged, and no more."""
    lac = _open(bench)
    call = lac.call()
    for kind in (0, 5, 13, 17, 999, 65535):
        lac.send(message_type(kind, mandatory=False))
        lac.wait_acknowledged()
        lac.send(message_type(kind, mandatory=False), session=call.theirs)
        lac.wait_acknowledged()
    lac.expect_call_works(call)


# -- L20: of later RFCs


@check("L20", "4.1")
def avps_of_later_rfcs_do_no_harm(bench: Bench) -> None:
    """AVPs of RFC 3145, 3301, 3437, 3573, 4951 and 5515, all without the M bit, in the messages they are for."""

    def optional(kind: int, value: bytes, vendor: int = 0) -> bytes:
        return avp(kind, value, vendor=vendor, mandatory=False)

    lac = _expect_sccrq_taken(
        bench, optional(76, u16(0)) + optional(77, b"") + optional(78, b"\0" * 4)
    )
    dsl = [optional(kind, os.urandom(8), _DSL_FORUM) for kind in (1, 2, 3, 129, 142, 254)]
    extra = b"".join(dsl) + optional(51, u32(1)) + optional(52, b"\0" * 6)
    call = lac.expect_icrp(lac.icrq(extra=extra))
    lac.connect_call(call, extra=optional(49, u16(1)) + optional(50, u16(1)) + b"".join(dsl))
    lac.expect_call_works(call)
    cause = message_type(MessageType.CDN) + avp(Attribute.RESULT_CODE, u16(3))
    cause += avp(Attribute.ASSIGNED_SESSION_ID, u16(call.ours))
    lac.send(cause + optional(46, u16(1) + u16(0xC021) + b"\1" + b"bye"), session=call.theirs)
    lac.hello()


# -- L21, L22: secrets where there are none


@check("L21", "4.3")
def hidden_avps_without_a_secret_are_refused(bench: Bench) -> None:
    """A hidden mandatory AVP from a peer that shares no secret: StopCCN 2/8, CDN 2/8; an optional one is ignored."""
    vector = os.urandom(16)
    random_vector = avp(Attribute.RANDOM_VECTOR, vector)
    bearer = hide(Attribute.BEARER_CAPABILITIES, u32(0), b"secret?", vector)
    _expect_sccrq_refused(bench, random_vector + bearer, UNKNOWN_MANDATORY)
    number = hide(Attribute.CALLING_NUMBER, b"123", b"secret?", vector)
    lac = _expect_sccrq_taken(
        bench, random_vector + hide(Attribute.VENDOR_NAME, b"v", b"secret?", vector)
    )
    _expect_icrq_refused(lac, random_vector + number, UNKNOWN_MANDATORY)


@check("L21", "4.4.1")
def hidden_message_type_is_refused(bench: Bench) -> None:
    """The Message Type "MUST NOT be hidden": such an SCCRQ makes no tunnel."""
    lac = bench.lac()
    hidden_type = avp(Attribute.MESSAGE_TYPE, os.urandom(4), mandatory=True, flags=HIDDEN)
    lac.post(lac.message(lac.sccrq({Attribute.MESSAGE_TYPE: hidden_type})))
    lac.expect_no(MessageType.SCCRP, "the Message Type is hidden")
    bench.expect_next_client_served()


@check("L22", "5.1.1")
def challenge_without_a_secret_is_refused(bench: Bench) -> None:
    """A Challenge that we cannot answer: StopCCN 4, not silence."""
    lac = bench.lac()
    lac.start(extra=avp(Attribute.CHALLENGE, os.urandom(16)))
    lac.expect_stop_ccn(4)


@check("L22", "5.1.1")
def phones_are_not_challenged(bench: Bench) -> None:
    """No Challenge to a peer that is not configured for it: macOS, iOS and Windows cannot answer."""
    lac = bench.lac()
    reply = lac.open()
    if reply.value(Attribute.CHALLENGE) is not None:
        raise Failure("an SCCRP without Challenge", "one with it")


@check("L22", "5.1.1")
def unasked_challenge_response_does_no_harm(bench: Bench) -> None:
    """A Challenge Response in SCCCN that nobody asked for."""
    lac = bench.lac()
    lac.start()
    lac.expect_sccrp()
    lac.connect(avp(Attribute.CHALLENGE_RESPONSE, os.urandom(16)))
    lac.hello()
