# SPDX-License-Identifier: GPL-2.0-or-later
"""Ends of calls and tunnels, and what comes after them: L30 to L34."""

import time

from prober.peer import Failure, Lac
from prober.registry import Bench, check
from prober.tables import Attribute, MessageType
from prober.wire import avp, control, message_type, u16

# §5.7: "The recommended time for a full retransmission cycle is 31 seconds". Late copies come up to its end; the last of
# ours a little before it, since it is the peer's clock that counts.
_LATE_COPIES = (1.0, 10.0, 20.0, 28.0)


def _open(bench: Bench) -> Lac:
    lac = bench.lac()
    lac.open()
    return lac


def _expect_takes_no_call(lac: Lac) -> None:
    lac.icrq()
    lac.expect_no(MessageType.ICRP, "the tunnel has ended")


def _expect_copies_acknowledged(lac: Lac, message: bytes) -> None:
    began = time.monotonic()
    for at in _LATE_COPIES:
        lac.listen(began + at - time.monotonic())
        before = len(lac.zlbs)
        lac.post(message)
        lac.wait(
            f"a ZLB for the copy after {at} s",
            lambda b=before: len(lac.zlbs) > b,  # type: ignore[misc]
            lac.settings.answer,
        )


@check("L30", "5.7")
def stop_ccn_is_acknowledged_for_a_cycle(bench: Bench) -> None:
    """StopCCN is acknowledged by a ZLB, its copies too for a retransmission cycle."""
    lac = _open(bench)
    lac.call()
    stop = lac.stop_ccn()
    lac.wait_acknowledged()
    _expect_copies_acknowledged(lac, stop)


@check("L30", "5.7")
def stopped_tunnel_takes_no_calls(bench: Bench) -> None:
    """After StopCCN an ICRQ gets no ICRP."""
    lac = _open(bench)
    lac.stop_ccn()
    lac.wait_acknowledged()
    _expect_takes_no_call(lac)


@check("L30", "7.2.1")
def stop_ccn_before_scccn_is_acknowledged(bench: Bench) -> None:
    """StopCCN in state wait-ctl-conn is acknowledged, and so are its copies."""
    lac = bench.lac()
    lac.start()
    lac.expect_sccrp()
    stop = lac.stop_ccn()
    lac.wait_acknowledged()
    _expect_copies_acknowledged(lac, stop)


@check("L30", "4.4.3")
def stop_ccn_before_sccrp_finds_its_tunnel(bench: Bench) -> None:
    """A StopCCN to tunnel 0 names its tunnel by the Assigned Tunnel ID: no SCCRP is repeated after it."""
    lac = bench.lac()
    lac.acknowledges = False
    lac.start()
    lac.stop_ccn()  # the header has tunnel 0: we know no other yet
    lac.wait_acknowledged(lac.settings.answer)
    lac.listen(0.5)
    lac.copies.clear()
    lac.listen(4)
    if lac.copies:
        raise Failure("no SCCRP again", str(lac.copies[0]))


def _result(value: bytes) -> bytes:
    return avp(Attribute.RESULT_CODE, value)


@check("L31", "4.4.2")
def odd_stop_ccns_are_obeyed(bench: Bench) -> None:
    """StopCCNs as real clients send them, and worse: acknowledged, and the tunnel ends."""
    kind = message_type(MessageType.STOP_CCN)
    for made in (
        lambda tunnel: tunnel + _result(b"\0\6"),  # Android: no error code
        lambda tunnel: _result(b"\0\1") + tunnel,  # MikroTik: the other way round
        # macOS: length 14, host byte order, junk behind.
        lambda tunnel: tunnel + _result(b"\1\0\0\0\xde\xad\xbe\xef"),
        lambda tunnel: tunnel + _result(b"\0\2\0\1\xff\xfe%n\0"),
        lambda tunnel: tunnel + _result(b"\xff\xff\xff\xff"),
        lambda tunnel: tunnel + avp(311, b"x" * 20, vendor=311, mandatory=False) + _result(b"\0\1"),
    ):
        lac = _open(bench)
        lac.state.stopped = True
        tunnel = avp(Attribute.ASSIGNED_TUNNEL_ID, u16(lac.tunnel))
        lac.send(kind + made(tunnel))  # type: ignore[no-untyped-call]
        lac.wait_acknowledged()
        lac.icrq()
        lac.listen(0.5)
        if any(message.kind == MessageType.ICRP for message in lac.inbox):
            raise Failure("an end of the tunnel", str(lac.inbox[0]))


@check("L31", "6.4")
def incomplete_stop_ccns_end_the_tunnel(bench: Bench) -> None:
    """StopCCN without Result Code, without Assigned Tunnel ID, with a Result Code of 1 octet: the tunnel ends."""
    kind = message_type(MessageType.STOP_CCN)
    for rest in (b"", _result(b"\0\1"), _result(b"\1"), _result(b"")):
        lac = _open(bench)
        lac.state.stopped = True
        lac.send(kind + rest)
        lac.wait_acknowledged()
        lac.icrq()
        lac.listen(0.5)
        if any(message.kind == MessageType.ICRP for message in lac.inbox):
            raise Failure("an end of the tunnel", str(lac.inbox[0]))


@check("L32", "6.12")
def cdn_ends_its_call_only(bench: Bench) -> None:
    """CDN is acknowledged, its session takes no more data, the other lives, and the tunnel takes a new call."""
    lac = _open(bench)
    other, call = lac.call(), lac.call()
    lac.cdn(call)
    lac.wait_acknowledged()
    if lac.lcp_answers(call, lac.settings.quiet):
        raise Failure("a session that is gone", "LCP answers in it")
    lac.expect_call_works(other)
    lac.expect_call_works(lac.call())


@check("L32", "4.4.2")
def odd_cdns_are_obeyed(bench: Bench) -> None:
    """CDNs with short, long, no Result Codes, with Q.931 causes: acknowledged, and the session ends."""
    lac = _open(bench)
    kind = message_type(MessageType.CDN)
    cause = avp(Attribute.Q931_CAUSE_CODE, b"\0\x10\0bye")
    for rest in (_result(b"\0\1"), _result(b"\1\0\0\0junk"), cause + _result(b"\0\2\0\6"), b""):
        call = lac.call()
        session = avp(Attribute.ASSIGNED_SESSION_ID, u16(call.ours))
        lac.send(kind + rest + session, session=call.theirs)
        lac.wait_acknowledged()
        if lac.lcp_answers(call, 1.0):
            raise Failure("a session that is gone", "LCP answers in it")
    lac.hello()


@check("L32", "4.4.4")
def cdn_before_icrp_finds_its_call(bench: Bench) -> None:
    """A CDN to session 0 names its call by the Assigned Session ID; one for a call that never was does no harm."""
    lac = _open(bench)
    call = lac.icrq()
    lac.cdn(call)
    lac.wait_acknowledged(lac.settings.answer)
    lac.listen(lac.settings.quiet / 2)
    lac.inbox.clear()  # an ICRP may have crossed it
    lac.cdn(call)
    lac.hello()
    lac.expect_call_works(lac.call())


@check("L32", "7.4.2")
def cdn_before_iccn_ends_the_call(bench: Bench) -> None:
    """CDN in state wait-connect; an ICCN that comes after it does no harm."""
    lac = _open(bench)
    call = lac.expect_icrp(lac.icrq())
    lac.cdn(call)
    lac.iccn(call)
    lac.wait_acknowledged(lac.settings.answer)
    if lac.lcp_answers(call, lac.settings.quiet):
        raise Failure("a session that is gone", "LCP answers in it")
    lac.hello()


# -- L33: dialling again

_REDIALS = 10


@check("L33", "5.7")
def redial_with_the_same_id_while_the_old_tunnel_lingers(bench: Bench) -> None:
    """Ten times StopCCN and at once a new SCCRQ from the same port with the same tunnel id: each is served."""
    lac = bench.lac()
    for _ in range(_REDIALS):
        lac.open()
        lac.hello()
        lac.stop_ccn()
        lac.wait_acknowledged()
        lac.begin_again(lac.tunnel)


@check("L33", "5.7")
def redial_with_new_ids_while_the_old_tunnels_linger(bench: Bench) -> None:
    """Ten times StopCCN and at once a new SCCRQ from the same port with a new tunnel id."""
    lac = bench.lac()
    for _ in range(_REDIALS):
        lac.open()
        lac.hello()
        lac.stop_ccn()
        lac.wait_acknowledged()
        lac.begin_again()


@check("L33", "5.7")
def redial_with_new_ids_after_crashes(bench: Bench) -> None:
    """Ten times a call, no goodbye, and at once a new SCCRQ from the same port with a new tunnel id."""
    lac = bench.lac()
    for _ in range(_REDIALS):
        lac.begin_again()
        lac.open()
        lac.expect_call_works(lac.call())
    lac.hello()


@check("L33", "5.7")
def redial_with_the_same_id_after_crashes(bench: Bench) -> None:
    """Ten times a call, no goodbye, and at once a new SCCRQ with the same id; another Vendor Name tells it from a copy."""
    lac = bench.lac()
    for attempt in range(_REDIALS):
        lac.begin_again(lac.tunnel)
        lac.open(extra=avp(Attribute.VENDOR_NAME, b"life %d" % attempt))
        lac.expect_call_works(lac.call())
    lac.hello()


@check("L33", "5.7")
def redial_of_half_open_tunnels(bench: Bench) -> None:
    """Ten SCCRQs with ids of their own, each after the SCCRP of the last, and the last tunnel works."""
    lac = bench.lac()
    for _ in range(_REDIALS):
        lac.begin_again()
        lac.start()
        lac.expect_sccrp()
    lac.connect()
    lac.expect_call_works(lac.call())


@check("L33", "5.7")
def redial_with_the_very_same_sccrq(bench: Bench) -> None:
    """A client that crashed, and sends the same octets again until it is answered, is served within a minute.

    Within a retransmission cycle its SCCRQ cannot be told from a late copy, which must do no harm.
    """
    lac = bench.lac()
    lac.open()
    lac.call()
    lac.begin_again(lac.tunnel)
    deadline = time.monotonic() + 60
    request = lac.start()
    # The old tunnel has the same id and may speak as well, of what the client has forgotten: unread.
    while not any(answer[18:20] == u16(MessageType.SCCRP) for answer in lac.raw_answers(3.0)):
        if time.monotonic() > deadline:
            raise Failure("SCCRP within a minute", "none")
        lac.post(request)
    lac.expect_sccrp(8 + lac.settings.answer)  # a copy, under the eyes of the LAC
    lac.connect()
    lac.expect_call_works(lac.call())


@check("L33", "5.8")
def late_messages_of_a_stopped_tunnel_do_not_touch_its_heir(bench: Bench) -> None:
    """Copies from the old tunnel that come after the redial have no effect on the new one."""
    lac = _open(bench)
    old = lac.state
    hello = lac.send(message_type(MessageType.HELLO))
    lac.wait_acknowledged()
    stop = lac.stop_ccn()
    lac.wait_acknowledged()
    lac.begin_again()
    lac.open()
    for copy in (hello, stop, control(b"", tunnel=old.theirs, ns=old.ns, nr=old.nr)):
        lac.post(copy)
    lac.listen(lac.settings.quiet / 2)
    lac.hello()
    lac.expect_call_works(lac.call())


# -- L34: shutdown


@check("L34", "4.4.2", needs="shutdown")
def shutdown_is_told_to_all(bench: Bench) -> None:
    """The server's end is a StopCCN 6 to every tunnel, half-open ones too."""
    lacs = [_open(bench) for _ in range(3)]
    lacs[0].call()
    half_open = bench.lac()
    half_open.start()
    half_open.expect_sccrp()
    half_open.acknowledge()
    print("ready for the shutdown", flush=True)
    for lac in [*lacs, half_open]:
        lac.expect_stop_ccn(6, timeout=60)
