# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls, and their data messages: L35 to L42."""

from prober.peer import Call, Failure, Lac
from prober.registry import Bench, check
from prober.tables import Attribute, MessageType
from prober.wire import avp, data, message_type, u16, u32

_MANY_CALLS = 60
_LCP_REQUEST = b"\xff\x03\xc0\x21\x01\x2a\x00\x04"  # Configure-Request 42 without options
_LCP_REQUEST_ID = 0x2A


def _open(bench: Bench) -> Lac:
    lac = bench.lac()
    lac.open()
    return lac


# -- L35 to L37: requests


@check("L35", "4.4.4")
def call_without_an_id_is_refused(bench: Bench) -> None:
    """ICRQ with Assigned Session ID 0, or without it: CDN 2/5; the tunnel takes a call."""
    lac = _open(bench)
    for changed in (avp(Attribute.ASSIGNED_SESSION_ID, u16(0)), None):
        lac.icrq({Attribute.ASSIGNED_SESSION_ID: changed})
        cdn = lac.expect(MessageType.CDN)
        if cdn.result[:2] != (2, 5) or cdn.session != 0:
            raise Failure("CDN to session 0, result 2 error 5", str(cdn))
    lac.call()


@check("L35", "6.6")
def call_without_a_serial_number_is_answered(bench: Bench) -> None:
    """ICRQ without Call Serial Number gets ICRP or CDN."""
    lac = _open(bench)
    lac.icrq({Attribute.CALL_SERIAL_NUMBER: None})
    lac.expect(MessageType.ICRP, MessageType.CDN)
    lac.hello()


@check("L35", "5.3")
def id_in_use_is_refused(bench: Bench) -> None:
    """A second ICRQ with the id of a live session: CDN; the first session lives."""
    lac = _open(bench)
    call = lac.call()
    lac.state.calls[call.ours] = Call(call.ours)  # the CDN speaks of another session under our id
    lac.icrq(ours=call.ours)
    lac.expect(MessageType.CDN)
    lac.state.calls[call.ours] = call
    lac.expect_call_works(call)


@check("L35", "5.8")
def repeated_icrq_is_one_call(bench: Bench) -> None:
    """Copies of an ICRQ make no second session."""
    lac = _open(bench)
    call = Call(4711)
    request = (
        message_type(MessageType.ICRQ)
        + avp(Attribute.ASSIGNED_SESSION_ID, u16(call.ours))
        + avp(Attribute.CALL_SERIAL_NUMBER, u32(1))
    )
    lac.state.calls[call.ours] = call
    datagram = lac.send(request)
    lac.post(datagram)
    lac.post(datagram)
    answered = lac.expect_icrp(call)
    lac.post(datagram)
    lac.expect_silence("one call, one ICRP")
    lac.connect_call(answered)
    lac.expect_call_works(answered)


@check("L35", "6.6", alone=True)
def many_calls_are_all_answered(bench: Bench) -> None:
    """60 calls in a tunnel: each gets ICRP or CDN."""
    lac = _open(bench)
    calls = set()
    answered = set()
    while len(calls) < _MANY_CALLS:
        batch = {lac.icrq().ours for _ in range(4)}
        calls |= batch
        for _ in batch:
            answered.add(lac.expect(MessageType.ICRP, MessageType.CDN).session)
            lac.acknowledge()
    if answered != calls:
        raise Failure(f"answers for {len(calls)} calls", f"for {len(answered)}")
    lac.hello()


@check("L36", "2.0")
def several_calls_work_side_by_side(bench: Bench) -> None:
    """Four sessions in one tunnel, each with its own data."""
    lac = _open(bench)
    calls = [lac.call() for _ in range(4)]
    for call in calls:
        lac.expect_call_works(call)
    lac.cdn(calls[1])
    lac.wait_acknowledged(lac.settings.answer)
    for call in (calls[0], calls[2], calls[3]):
        lac.expect_call_works(call)


@check("L37", "3.1")
def icrp_is_for_the_call_and_acknowledges_it(bench: Bench) -> None:
    """ICRP has our session id in its header, and its Nr acknowledges the ICRQ: Android drops any other."""
    lac = _open(bench)
    for _ in range(3):
        call = lac.icrq()
        reply = lac.expect(MessageType.ICRP)
        if reply.session != call.ours or reply.nr != lac.state.ns:
            raise Failure(f"ICRP to session {call.ours} with Nr {lac.state.ns}", str(reply))
        lac.acknowledge()


@check("L37b", "5.2.1")
def lcp_right_behind_iccn_is_not_lost(bench: Bench) -> None:
    """An LCP request in the same instant as the ICCN is answered, and not only when it comes again."""
    for _ in range(5):
        lac = _open(bench)
        call = lac.expect_icrp(lac.icrq())
        lac.iccn(call)
        lac.expect_call_works(call)


@check("L37b", "5.2.1")
def lcp_comes_unasked(bench: Bench) -> None:
    """After ICCN the LNS begins LCP itself, in a data message with our ids."""
    lac = _open(bench)
    call = lac.call()
    lac.wait("LCP Configure-Request", lambda: bool(lac.frames), lac.settings.answer)
    payload = lac.frames[0].payload.removeprefix(b"\xff\x03")
    if payload[:3] != b"\xc0\x21\x01" or lac.frames[0].session != call.ours:
        raise Failure("LCP Configure-Request", str(lac.frames[0]))


# -- L38 to L41: other messages


@check("L38", "7.4.2")
def iccn_for_no_call_does_no_harm(bench: Bench) -> None:
    """ICCN for a session that does not exist, and for session 0: the tunnel and its call live."""
    lac = _open(bench)
    call = lac.call()
    for session in (0, call.theirs ^ 1):
        lac.iccn(Call(0, session))
    lac.wait_acknowledged(lac.settings.answer)
    lac.expect_call_works(call)


@check("L38", "7.4.2")
def second_iccn_ends_the_call(bench: Bench) -> None:
    """ICCN in state established: CDN."""
    lac = _open(bench)
    call = lac.call()
    lac.iccn(call)
    lac.expect_cdn(call, 2)
    lac.hello()


@check("L38", "6.8")
def iccn_without_speed_or_framing_is_answered(bench: Bench) -> None:
    """ICCN without (Tx) Connect Speed or Framing Type: the call is up, or ended by CDN."""
    lac = _open(bench)
    for attribute in (Attribute.TX_CONNECT_SPEED, Attribute.FRAMING_TYPE):
        call = lac.expect_icrp(lac.icrq())
        lac.connect_call(call, {attribute: None})
        if not lac.lcp_answers(call, lac.settings.answer):
            lac.expect_cdn(call, 2)
    lac.hello()


@check("L38", "4.4.4")
def framing_types_are_equal(bench: Bench) -> None:
    """Framing Type 1, 2 and 3 make no difference to a tunnel of PPP frames."""
    lac = _open(bench)
    for framing in (1, 2, 3):
        call = lac.expect_icrp(lac.icrq())
        lac.connect_call(call, {Attribute.FRAMING_TYPE: avp(Attribute.FRAMING_TYPE, u32(framing))})
        lac.expect_call_works(call)


@check("L39", "4.4.5")
def proxy_avps_do_no_harm(bench: Bench) -> None:
    """Proxy LCP and authentication AVPs, whole, partial or absurd: the session comes up."""
    confreq = b"\x01\x04\x05\x78\x05\x06\xde\xad\xbe\xef\x03\x05\xc2\x23\x05"
    lcp = b"".join(avp(kind, confreq) for kind in (26, 27, 28))
    lac = _open(bench)
    for extra in (
        lcp,
        lcp
        + avp(Attribute.PROXY_AUTHEN_TYPE, u16(2))
        + avp(Attribute.PROXY_AUTHEN_NAME, b"mallory")
        + avp(Attribute.PROXY_AUTHEN_CHALLENGE, b"c" * 16)
        + avp(Attribute.PROXY_AUTHEN_ID, u16(1))
        + avp(Attribute.PROXY_AUTHEN_RESPONSE, b"r" * 16),
        avp(Attribute.PROXY_AUTHEN_TYPE, u16(4)),  # Windows: no authentication
        avp(Attribute.PROXY_AUTHEN_TYPE, u16(77)) + avp(Attribute.PROXY_AUTHEN_NAME, b""),
        avp(26, b"\x01") + avp(28, b"\x01\x00" * 40) + avp(27, b""),
    ):
        call = lac.expect_icrp(lac.icrq())
        lac.connect_call(call, extra=extra)
        lac.expect_call_works(call)


@check("L40", "4.4.6")
def sequencing_is_kept_when_required(bench: Bench) -> None:
    """After Sequencing Required every data message of the LNS has an Ns, counted from 0."""
    lac = _open(bench)
    call = lac.expect_icrp(lac.icrq())
    lac.connect_call(call, extra=avp(Attribute.SEQUENCING_REQUIRED))
    for ns in range(3):
        lac.expect_call_works(call, sequence=(ns, 0))
    seen = [frame.sequence for frame in lac.frames]
    if [one[0] if one else None for one in seen] != list(range(len(seen))):
        raise Failure("Ns 0, 1, 2 ...", str(seen))


@check("L40", "5.4")
def no_sequencing_unless_required(bench: Bench) -> None:
    """Without Sequencing Required the LNS sends no Ns, and takes messages of ours that have it."""
    lac = _open(bench)
    call = lac.call()
    for ns in range(3):
        lac.expect_call_works(call, sequence=(ns, 0))
    lac.expect_call_works(call)
    # "the LNS may enable or disable sequencing at any time": what it does is follow us, or not begin at all.
    if lac.frames[0].sequence is not None:
        raise Failure("the first data message without Ns", str(lac.frames[0]))


@check("L41", "6.9")
def outgoing_call_is_refused(bench: Bench) -> None:
    """OCRQ to an LNS: CDN, never OCRP; the tunnel lives."""
    lac = _open(bench)
    call = lac.ocrq()
    lac.expect_cdn(call, 2)
    lac.expect_call_works(lac.call())


@check("L41", "6.13")
def wen_is_taken(bench: Bench) -> None:
    """WEN is acknowledged, and the session lives; for no session it does no harm."""
    lac = _open(bench)
    call = lac.call()
    wen = message_type(MessageType.WEN) + avp(Attribute.CALL_ERRORS, b"\0" * 25 + b"\1")
    for session in (call.theirs, call.theirs ^ 1, 0):
        lac.send(wen, session=session)
        lac.wait_acknowledged()
    lac.expect_call_works(call)


@check("L41", "6.14")
def sli_from_the_lac_is_answered(bench: Bench) -> None:
    """SLI, which is the LNS's to send, is acknowledged, or the call is ended by CDN."""
    lac = _open(bench)
    call = lac.call()
    accm = avp(Attribute.ACCM, b"\0\0" + b"\xff" * 8)
    lac.send(message_type(MessageType.SLI) + accm, session=call.theirs)
    lac.wait_acknowledged()
    if not lac.lcp_answers(call, lac.settings.answer):
        lac.expect_cdn(call, 2)
    lac.hello()


@check("L41", "7.4")
def messages_of_the_other_role_do_not_end_the_tunnel(bench: Bench) -> None:
    """ICRP, OCRP and OCCN for no call of theirs: answered by CDN or ignored; the tunnel lives."""
    lac = _open(bench)
    stray = Call(99)
    lac.state.calls[stray.ours] = stray
    assigned = avp(Attribute.ASSIGNED_SESSION_ID, u16(stray.ours))
    lac.send(message_type(MessageType.ICRP) + assigned)
    lac.send(message_type(MessageType.OCRP) + assigned)
    speed = avp(Attribute.TX_CONNECT_SPEED, u32(9600)) + avp(Attribute.FRAMING_TYPE, u32(1))
    lac.send(message_type(MessageType.OCCN) + speed)
    lac.wait_acknowledged(lac.settings.answer)
    lac.listen(lac.settings.quiet / 2)
    if any(message.kind != MessageType.CDN for message in lac.inbox):
        raise Failure("CDN or nothing", str(lac.inbox))
    lac.inbox.clear()
    lac.hello()


# -- L42: data


@check("L42", "3.1")
def data_headers_of_all_kinds_are_read(bench: Bench) -> None:
    """With and without Length, with Ns and Nr, with an offset, with the Priority bit."""
    lac = _open(bench)
    call = lac.call()
    lac.expect_call_works(call)
    lac.expect_call_works(call, with_length=True)
    lac.expect_call_works(call, priority=True)
    lac.expect_call_works(call, offset=0)
    lac.expect_call_works(call, offset=8)
    lac.expect_call_works(call, with_length=True, offset=4, sequence=(0, 0), priority=True)


@check("L42", "3.1")
def data_for_nobody_is_dropped(bench: Bench) -> None:
    """Data for an unknown session, for session 0, and runts: nothing happens to the tunnel."""
    lac = _open(bench)
    call = lac.call()
    tunnel = lac.state.theirs
    for session in (call.theirs ^ 1, 0, 0xFFFF):
        lac.post(data(_LCP_REQUEST, tunnel=tunnel, session=session))
    whole = data(_LCP_REQUEST, tunnel=tunnel, session=call.theirs, with_length=True)
    for size in range(1, 12):
        lac.post(whole[:size])
    for flags in (
        0x0202,
        0x4A02,
        0x0A02,
    ):  # with an offset beyond the end, with numbers that are not there
        lac.post(u16(flags) + u16(tunnel) + u16(call.theirs) + b"\xff\xff")
    lac.listen(lac.settings.quiet / 2)
    if any(frame.payload.removeprefix(b"\xff\x03")[3] == _LCP_REQUEST_ID for frame in lac.frames):
        raise Failure("no answer", str(lac.frames))
    lac.expect_call_works(call)
    lac.hello()


@check("L42", "5.2.1")
def data_before_iccn_does_no_harm(bench: Bench) -> None:
    """Data that overtakes the ICCN is dropped or kept; the call comes up."""
    lac = _open(bench)
    call = lac.expect_icrp(lac.icrq())
    lac.post(data(_LCP_REQUEST, tunnel=lac.state.theirs, session=call.theirs))
    lac.listen(lac.settings.quiet / 2)
    lac.connect_call(call)
    lac.expect_call_works(call)
