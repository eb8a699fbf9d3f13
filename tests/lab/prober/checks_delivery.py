# SPDX-License-Identifier: GPL-2.0-or-later
"""Reliable delivery, keepalive, and messages from the wrong place: L23 to L29."""

import time

from prober.peer import Failure, Lac
from prober.registry import Bench, check
from prober.tables import Attribute, MessageType
from prober.wire import (
    AVP_HEADER_SIZE,
    CONTROL_FLAGS,
    HEADER_SIZE,
    LENGTH_BIT,
    OFFSET_BIT,
    SEQUENCE_BIT,
    avp,
    control,
    data,
    message_type,
    u16,
)

_HELLO = message_type(MessageType.HELLO)
_HELLO_SIZE = HEADER_SIZE + AVP_HEADER_SIZE + 2
# RFC 2661 §5.8: after 1 s, then 2, 4, and a cap "no less than 8 seconds".
_INTERVALS = (1.0, 2.0, 4.0, 8.0, 8.0)
_CYCLE = sum(_INTERVALS) + 8.0  # and then the tunnel is given up: 31 s
# Of what a machine with other work may take off an interval that we see, or add to it.
_EARLY, _LATE = 0.7, 2.0


def _open(bench: Bench, **options: object) -> Lac:
    lac = bench.lac(**options)
    lac.open()
    return lac


# -- L23: acknowledgements


@check("L23", "5.8, 6.5")
def hello_is_acknowledged_at_once(bench: Bench) -> None:
    """HELLO is answered by a ZLB within the second, each time."""
    lac = _open(bench)
    for _ in range(5):
        lac.send(_HELLO)
        lac.wait_acknowledged()


@check("L23", "5.8")
def copies_are_acknowledged_again(bench: Bench) -> None:
    """Receipt of duplicate messages MUST be acknowledged, each time."""
    lac = _open(bench)
    hello = lac.send(_HELLO)
    lac.wait_acknowledged()
    for _ in range(3):
        before = len(lac.zlbs)
        lac.post(hello)
        lac.wait("another ZLB", lambda b=before: len(lac.zlbs) > b, lac.settings.at_once)  # type: ignore[misc]
    lac.hello()


@check("L23", "5.8")
def old_numbers_are_copies(bench: Bench) -> None:
    """The 32,767 numbers below the last are copies: acknowledged, not acted upon."""
    lac = _open(bench)
    lac.hello()
    stop = message_type(MessageType.STOP_CCN) + avp(Attribute.RESULT_CODE, u16(1))
    for back in (1, 3, 1000, 32000):
        before = len(lac.zlbs)
        lac.post(lac.message(stop, ns=(lac.state.ns - back) & 0xFFFF))
        lac.wait("a ZLB", lambda b=before: len(lac.zlbs) > b, lac.settings.answer)  # type: ignore[misc]
    lac.hello()


@check("L23", "5.8")
def nothing_behind_a_hole_is_acknowledged(bench: Bench) -> None:
    """Nr does not pass a message that is missing; when it comes, both count."""
    lac = _open(bench)
    start = lac.state.ns
    missing, second = lac.message(_HELLO), lac.message(_HELLO, ns=start + 1)
    lac.state.ns += 2
    lac.post(second)
    lac.listen(lac.settings.quiet / 2)
    if lac.state.acknowledged != start:
        raise Failure(f"Nr {start}", f"Nr {lac.state.acknowledged}")
    lac.post(missing)
    lac.wait("the hole filled", lambda: lac.state.acknowledged != start, lac.settings.answer)
    lac.post(second)  # as it may have been discarded
    lac.wait_acknowledged(lac.settings.answer)


@check("L23", "5.8")
def reordered_calls_are_taken_in_order(bench: Bench) -> None:
    """Two messages that come the wrong way round, the second again later: each is acted upon once."""
    lac = _open(bench)
    hello = lac.message(_HELLO)
    lac.state.ns += 1
    call = lac.icrq()
    lac.post(hello)
    lac.listen(lac.settings.quiet / 2)
    if lac.state.acknowledged != lac.state.ns:  # it was discarded: once more
        icrq = message_type(MessageType.ICRQ) + avp(Attribute.ASSIGNED_SESSION_ID, u16(call.ours))
        icrq += avp(Attribute.CALL_SERIAL_NUMBER, b"\0\0\0\1")
        lac.post(lac.message(icrq, ns=lac.state.ns - 1))
    lac.expect_icrp(call)
    lac.expect_silence("one call, one ICRP")


@check("L23", "5.8")
def numbers_far_ahead_do_no_harm(bench: Bench) -> None:
    """A message 1,000 ahead is not acknowledged, and the tunnel lives."""
    lac = _open(bench)
    for ahead in (100, 1000, 30000):
        lac.post(lac.message(_HELLO, ns=lac.state.ns + ahead))
    lac.listen(lac.settings.quiet / 2)
    lac.hello()


@check("L23", "5.8")
def acknowledging_the_future_does_no_harm(bench: Bench) -> None:
    """An Nr beyond what was sent: the tunnel lives, or is cleared with a message."""
    lac = _open(bench)
    for ahead in (1, 1000, 40000):
        lac.post(lac.message(b"", nr=(lac.state.nr + ahead) & 0xFFFF))
    lac.send(_HELLO)
    lac.wait("an answer", lambda: lac.state.acknowledged == lac.state.ns, lac.settings.answer)
    if not lac.inbox:
        lac.call()
    else:
        lac.expect(MessageType.STOP_CCN)


@check("L23", "5.8", needs="patience")
def numbers_wrap_round(bench: Bench) -> None:
    """Ns goes from 65535 to 0, and the tunnel takes a call on the other side."""
    lac = _open(bench)
    while lac.state.ns != 2:
        for _ in range(4):
            lac.send(_HELLO)
        lac.wait_acknowledged(lac.settings.answer)
        lac.trace.clear()
        lac.zlbs.clear()
    lac.expect_call_works(lac.call())


# -- L24: retransmission


@check("L24", "5.8")
def unacknowledged_sccrp_comes_again(bench: Bench) -> None:
    """After about 1 s, then 2, 4, 8, 8: five times at least. Then the tunnel is gone."""
    lac = bench.lac()
    lac.acknowledges = False
    lac.start()
    times = [lac.expect_sccrp().at]
    lac.listen(_CYCLE + lac.settings.at_once)
    times += [copy.at for copy in lac.copies if copy.ns == 0]
    intervals = [b - a for a, b in zip(times, times[1:], strict=False)]
    seen = ", ".join(f"{interval:.2f}" for interval in intervals)
    if len(intervals) < len(_INTERVALS):
        raise Failure("five retransmissions", f"intervals {seen}")
    for interval, wanted in zip(intervals, _INTERVALS, strict=False):
        if not wanted * _EARLY <= interval <= wanted * _LATE + lac.settings.at_once:
            raise Failure("intervals of about 1, 2, 4, 8, 8 s", seen)
    lac.acknowledges = True
    lac.inbox.clear()
    lac.send(message_type(MessageType.SCCCN))
    lac.icrq()
    lac.expect_no(MessageType.ICRP, "the tunnel is gone")


@check("L24", "5.8")
def acknowledged_message_does_not_come_again(bench: Bench) -> None:
    """Retransmission of an SCCRP ends with its acknowledgement by a ZLB."""
    lac = bench.lac()
    lac.acknowledges = False
    lac.start()
    lac.expect_sccrp()
    lac.wait("a copy of the SCCRP", lambda: bool(lac.copies), 2 + lac.settings.answer)
    lac.acknowledges = True
    lac.acknowledge()
    lac.listen(0.5)  # one may be on its way
    lac.copies.clear()
    lac.listen(5)
    if lac.copies:
        raise Failure("no more copies", str(lac.copies[0]))
    lac.connect()


@check("L24", "5.8")
def retransmission_has_a_fresh_nr(bench: Bench) -> None:
    """The retransmitted message has the same Ns, but the Nr is updated."""
    lac = _open(bench)
    lac.acknowledges = False
    call = lac.expect_icrp(lac.icrq())
    lac.send(_HELLO)
    lac.wait_acknowledged()
    lac.copies.clear()
    lac.wait("a copy of the ICRP", lambda: bool(lac.copies), 10 + lac.settings.answer)
    copy = lac.copies[-1]
    if copy.kind != MessageType.ICRP or copy.nr != lac.state.ns:
        raise Failure(f"ICRP again with Nr {lac.state.ns}", str(copy))
    lac.acknowledges = True
    lac.connect_call(call)


# -- L25: windows


@check("L25", "5.8")
def window_of_one_is_kept(bench: Bench) -> None:
    """To a peer with a window of 1, as Android's, one message at a time is outstanding."""
    lac = _open(bench, window=1)
    lac.acknowledges = False
    calls = {call.ours for call in (lac.icrq(), lac.icrq(), lac.icrq())}
    answered = set()
    for _ in range(len(calls)):
        # A second new message would be seen as a violation.
        answered.add(lac.expect(MessageType.ICRP, timeout=8 + lac.settings.answer).session)
        lac.listen(0.5)
        lac.acknowledge()
    if answered != calls:
        raise Failure(f"ICRPs for {calls}", f"for {answered}")
    lac.acknowledges = True
    lac.hello()


@check("L25", "5.8")
def window_of_four_is_kept(bench: Bench) -> None:
    """To a peer with a window of 4, four messages at most are outstanding."""
    lac = _open(bench, window=4)
    lac.acknowledges = False
    for _ in range(8):
        lac.icrq()
    lac.listen(lac.settings.quiet)
    lac.acknowledges = True
    lac.acknowledge()
    for _ in range(8):
        lac.expect(MessageType.ICRP)
        lac.acknowledge()
    lac.hello()


@check("L25", "5.8")
def four_at_once_are_taken(bench: Bench) -> None:
    """Four messages back to back are all taken without one of them being sent again."""
    lac = _open(bench)
    calls = {lac.icrq().ours for _ in range(4)}
    answered = set()
    for _ in calls:
        answered.add(lac.expect(MessageType.ICRP).session)
        lac.acknowledge()
    if answered != calls:
        raise Failure(f"ICRPs for {calls}", f"for {answered}")


# -- L26: HELLO


@check("L26", "6.5")
def silence_is_asked_about_by_hello(bench: Bench) -> None:
    """A silent peer is sent a HELLO to session 0 after the interval, and not before; control messages put it off."""
    lac = _open(bench)
    interval = lac.settings.hello_interval
    lac.listen(interval / 2)
    lac.hello()
    heard = time.time()
    lac.wait("a HELLO", lambda: bool(lac.hellos), interval * _LATE + lac.settings.answer)
    hello = lac.hellos[0]
    if hello.at - heard < interval * _EARLY:
        raise Failure(f"HELLO after {interval} s of silence", f"after {hello.at - heard:.1f} s")
    lac.hello()


@check("L26", "6.5")
def unanswered_hello_ends_the_tunnel(bench: Bench) -> None:
    """A HELLO that is not acknowledged is sent again, and in the end the tunnel and its sessions are cleared."""
    lac = _open(bench)
    lac.acknowledges = False
    interval = lac.settings.hello_interval
    lac.wait("a HELLO", lambda: bool(lac.hellos), interval * _LATE + lac.settings.answer)
    lac.listen(_CYCLE + lac.settings.at_once)
    if len(lac.copies) < len(_INTERVALS):
        raise Failure("five retransmissions", f"{len(lac.copies)}")
    lac.acknowledges = True
    lac.icrq()
    lac.expect_no(MessageType.ICRP, "the tunnel is gone")


@check("L26", "6.5")
def data_puts_hello_off(bench: Bench) -> None:
    """While data comes from the peer no HELLO is needed ("any message (data or control)")."""
    lac = _open(bench)
    call = lac.call()
    began = time.monotonic()
    while time.monotonic() - began < lac.settings.hello_interval * 1.3:
        lac.lcp_answers(call, 0.5)
        lac.listen(1.5)
        if lac.inbox:  # the LNS gave up LCP, which we do not really speak
            return
        if lac.hellos:
            raise Failure("no HELLO while data comes", str(lac.hellos[0]))


# -- L27 to L29: what must have no effect


@check("L27", "3.1")
def unknown_tunnel_is_no_amplifier(bench: Bench) -> None:
    """Messages for tunnels that never were: silence or StopCCN, and never more octets than came."""
    lac = bench.lac()
    sent = 0
    for tunnel in range(1000, 61000, 3000):
        hello = control(_HELLO, tunnel=tunnel)
        sent += len(hello)
        lac.post(hello)
    answers = lac.raw_answers(lac.settings.quiet)
    if sum(len(answer) for answer in answers) > sent:
        raise Failure(f"no more than {sent} octets", f"{sum(map(len, answers))}")


@check("L27", "5.7")
def forgotten_tunnel_of_a_known_peer_is_answered(bench: Bench) -> None:
    """A peer that lost its tunnel to a redial and still speaks of it is told by StopCCN, not at any rate."""
    lac = _open(bench)
    old = lac.state
    lac.begin_again()
    lac.open()
    lac.hello()
    for _ in range(50):
        lac.post(control(_HELLO, tunnel=old.theirs, ns=old.ns, nr=old.nr))
    answers = [
        answer for answer in lac.raw_answers(lac.settings.quiet) if len(answer) > HEADER_SIZE
    ]
    stops = [answer for answer in answers if answer[18:20] == u16(MessageType.STOP_CCN)]
    if not stops or any(answer[4:6] != u16(old.ours) for answer in stops):
        raise Failure(f"StopCCN to tunnel {old.ours}", f"{len(answers)} other answers")
    if len(stops) > 10:
        raise Failure("a limit on answers", f"{len(stops)} for 50 messages")
    lac.hello()


@check("L28", "3.1, 7.1")
def control_messages_with_bad_headers_are_dropped(bench: Bench) -> None:
    """Without L or S, with O, with a Length beyond the datagram or short of the header: dropped."""
    lac = _open(bench)
    start, good = lac.state.ns, lac.message(_HELLO)
    for flags in (
        CONTROL_FLAGS & ~LENGTH_BIT,
        CONTROL_FLAGS & ~SEQUENCE_BIT,
        CONTROL_FLAGS | OFFSET_BIT,
    ):
        lac.post(u16(flags) + good[2:])
    for length in (0, 4, HEADER_SIZE - 1, _HELLO_SIZE + 1, 0xFFFF):
        lac.post(good[:2] + u16(length) + good[4:])
    for size in range(1, HEADER_SIZE):
        lac.post(good[:size])
    lac.listen(lac.settings.quiet / 2)
    if lac.state.acknowledged != start or lac.inbox:
        raise Failure("no effect", lac.trace[-1])
    lac.hello()


@check("L28", "3.1")
def octets_behind_length_are_not_read(bench: Bench) -> None:
    """What stands behind Length in a datagram is no AVP, not even a mandatory unknown one."""
    lac = _open(bench)
    behind = avp(4242, b"x", mandatory=True)
    lac.post(
        control(
            _HELLO + behind,
            tunnel=lac.state.theirs,
            ns=lac.state.ns,
            nr=lac.state.nr,
            length=_HELLO_SIZE,
        )
    )
    lac.state.ns += 1
    lac.wait_acknowledged(lac.settings.answer)
    lac.hello()


@check("L28", "3.1")
def reserved_header_bits_are_ignored(bench: Bench) -> None:
    """Reserved bits of the header "are ignored on incoming messages"."""
    lac = _open(bench)
    for bit in (0x2000, 0x1000, 0x0400, 0x0080, 0x0010):
        hello = lac.message(_HELLO)
        lac.state.ns += 1
        lac.post(u16(CONTROL_FLAGS | bit) + hello[2:])
        lac.wait_acknowledged(lac.settings.answer)


def _disturb(lac: Lac, other: Lac) -> None:
    """Whatever could end or confuse the tunnel of `lac`, from the socket of `other`."""
    call = lac.call()
    state = lac.state
    stop = message_type(MessageType.STOP_CCN) + avp(Attribute.ASSIGNED_TUNNEL_ID, u16(state.ours))
    other.post(lac.message(stop + avp(Attribute.RESULT_CODE, u16(1))))
    other.post(lac.message(_HELLO))
    cdn = message_type(MessageType.CDN) + avp(Attribute.ASSIGNED_SESSION_ID, u16(call.ours))
    other.post(lac.message(cdn + avp(Attribute.RESULT_CODE, u16(3)), session=call.theirs))
    terminate = b"\xff\x03\xc0\x21\x05\x01\x00\x04"  # LCP Terminate-Request
    other.post(data(terminate, tunnel=state.theirs, session=call.theirs))
    lac.listen(lac.settings.quiet / 2)
    if lac.state.acknowledged != lac.state.ns or lac.inbox:
        raise Failure("no effect", lac.trace[-1])
    lac.expect_call_works(call)
    lac.hello()


@check("L29", "8.1")
def other_ports_have_no_effect(bench: Bench) -> None:
    """StopCCN, HELLO, CDN and data for a live tunnel from another port of its peer."""
    _disturb(_open(bench), bench.lac())


@check("L29", "8.1", needs="secrets")
def other_addresses_have_no_effect(bench: Bench) -> None:
    """The same from another address, and the same port."""
    lac = _open(bench)
    other = bench.lac(source=lac.settings.second_source, source_port=lac.source_port)
    _disturb(lac, other)
