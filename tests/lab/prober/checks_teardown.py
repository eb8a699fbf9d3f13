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


def _expect_sccrp_for_the_same_octets(lac: Lac, first: bytes) -> None:
    """The SCCRQ of a client that has lost all state, as Windows sends it: each octet as in its life before."""
    request = lac.start()
    if request != first:
        raise Failure("the same octets from the prober", request.hex())
    deadline = time.monotonic() + lac.settings.answer
    while True:
        try:
            lac.expect_sccrp(1.0)
            return
        except Failure:
            if time.monotonic() > deadline:
                raise
            lac.post(request)


@check("L33", "5.7")
def redial_with_the_very_same_sccrq_after_crashes(bench: Bench) -> None:
    """Ten times a call, no goodbye, and at once the very same SCCRQ, each second again: each is served."""
    lac = bench.lac()
    first = lac.start()
    lac.expect_sccrp()
    for attempt in range(_REDIALS):
        if attempt > 0:
            lac.begin_again(lac.tunnel)
            _expect_sccrp_for_the_same_octets(lac, first)
        lac.connect()
        lac.expect_call_works(lac.call())
    lac.hello()


@check("L33", "5.8")
def redial_with_one_and_the_very_same_sccrq(bench: Bench) -> None:
    """The same, but the SCCRQ comes once: what the server says in the old tunnel acknowledges it."""
    lac = bench.lac()
    lac.start()
    lac.expect_sccrp()
    for attempt in range(_REDIALS):
        if attempt > 0:
            lac.begin_again(lac.tunnel)
            lac.start()
            lac.expect_sccrp()
        lac.connect()
        lac.expect_call_works(lac.call())
    lac.hello()


@check("L33", "5.7")
def redial_of_half_open_tunnels_with_the_very_same_sccrq(bench: Bench) -> None:
    """Ten times an SCCRP that is acknowledged, no SCCCN, and the very same SCCRQ; the last tunnel works."""
    lac = bench.lac()
    lac.start()
    lac.expect_sccrp()
    for _ in range(_REDIALS - 1):
        lac.acknowledge()
        lac.begin_again(lac.tunnel)
        lac.start()
        lac.expect_sccrp()
    lac.connect()
    lac.expect_call_works(lac.call())


@check("L33", "5.7")
def copies_of_the_sccrq_do_not_redial_for_a_client_that_lives(bench: Bench) -> None:
    """Five copies of the SCCRQ, some in a burst, do not touch tunnel and call of a client that answers."""
    lac = bench.lac()
    request = lac.start()
    lac.expect_sccrp()
    lac.connect()
    call = lac.call()
    for pause in (0.0, 0.0, 1.2, 1.2, 4.0):
        lac.post(request)
        lac.listen(pause)
    lac.hello()
    lac.expect_call_works(call)


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
