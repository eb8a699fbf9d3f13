# SPDX-License-Identifier: GPL-2.0-or-later
"""Setting up a tunnel: L1 to L12 of the project's list."""

import os
import random

from prober.peer import Changes, Failure, Lac
from prober.registry import Bench, check
from prober.tables import Attribute, MessageType
from prober.wire import CONTROL_FLAGS, VERSION_MASK, avp, control, message_type, u16

# As many as the list asks for.
_HALF_OPEN = 200


@check("L1", "6.1, 6.2")
def sccrp_answers_sccrq(bench: Bench) -> None:
    """SCCRQ is answered by SCCRP with its AVPs, in a message of ours with Ns 0 and Nr 1, session 0."""
    lac = bench.lac()
    lac.start()
    reply = lac.expect_sccrp()
    if not reply.value(Attribute.HOST_NAME) or not lac.state.theirs:
        raise Failure("a Host Name and a tunnel id", str(reply.avps))
    lac.connect()


@check("L2", "4.4.3")
def messages_of_a_whole_life_are_well_formed(bench: Bench) -> None:
    """M bits, reserved bits, lengths and values of all that is sent in a tunnel's life with a call."""
    lac = bench.lac()
    lac.open()
    call = lac.call()
    lac.expect_call_works(call)
    lac.cdn(call)
    lac.wait_acknowledged(lac.settings.answer)
    lac.hello()
    lac.stop_ccn()
    lac.wait_acknowledged()


@check("L3", "8.1")
def source_port_1701_is_served(bench: Bench) -> None:
    """A client may use port 1701 itself, and is answered there from the address and port it asked."""
    lac = bench.lac(source_port=1701)
    lac.open()
    lac.hello()


@check("L4", "5.8")
def repeated_sccrq_is_one_tunnel(bench: Bench) -> None:
    """An SCCRQ that is sent five times makes one tunnel with one id."""
    lac = bench.lac()
    request = lac.start()
    for _ in range(4):
        lac.post(request)
    # A second tunnel's SCCRP would differ from the first, which the LAC notices.
    lac.expect_sccrp()
    lac.expect_silence("the tunnel exists")
    lac.connect()
    lac.hello()


@check("L4", "5.8")
def late_copy_of_sccrq_does_no_harm(bench: Bench) -> None:
    """A copy of the SCCRQ that comes after SCCCN leaves the tunnel and its call alone."""
    lac = bench.lac()
    request = lac.start()
    lac.expect_sccrp()
    lac.connect()
    call = lac.call()
    lac.post(request)
    lac.expect_silence("a copy of an old SCCRQ")
    lac.hello()
    lac.expect_call_works(call)


@check("L5", "4.4.2")
def version_2_0_is_refused(bench: Bench) -> None:
    """Protocol Version 2.0 is refused with StopCCN 5."""
    _expect_version_refused(bench, b"\x02\x00")


@check("L5", "4.4.2")
def version_0_1_is_refused(bench: Bench) -> None:
    """Protocol Version 0.1 is refused with StopCCN 5."""
    _expect_version_refused(bench, b"\x00\x01")


def _expect_version_refused(bench: Bench, version: bytes) -> None:
    lac = bench.lac()
    lac.start({Attribute.PROTOCOL_VERSION: avp(Attribute.PROTOCOL_VERSION, version)})
    # "Error Code indicates highest version supported": 1, in whichever octet.
    lac.expect_stop_ccn(5, None, 0x0100, 1)


@check("L5", "3.1")
def other_header_versions_are_dropped(bench: Bench) -> None:
    """Packets of version 1 (L2F), 3 and others are dropped without an answer."""
    lac = bench.lac()
    good = lac.message(lac.sccrq())
    for version in (0, 1, 3, 15):
        lac.post(u16(CONTROL_FLAGS & ~VERSION_MASK | version) + good[2:])
    lac.expect_nothing_at_all("no version 2")
    bench.expect_next_client_served()


@check("L6", "6.1, 7.1")
def sccrq_without_host_name_is_refused(bench: Bench) -> None:
    """An SCCRQ without Host Name is refused with StopCCN 2."""
    lac = bench.lac()
    lac.start({Attribute.HOST_NAME: None})
    lac.expect_stop_ccn(2)


@check("L6", "6.1, 7.1")
def sccrq_without_protocol_version_is_refused(bench: Bench) -> None:
    """An SCCRQ without Protocol Version is refused with StopCCN 2."""
    lac = bench.lac()
    lac.start({Attribute.PROTOCOL_VERSION: None})
    lac.expect_stop_ccn(2)


@check("L6", "6.1")
def sccrq_without_tunnel_id_makes_no_tunnel(bench: Bench) -> None:
    """An SCCRQ without Assigned Tunnel ID gets no SCCRP."""
    _expect_no_sccrp(bench, None)


@check("L6", "4.4.3")
def sccrq_with_tunnel_id_zero_makes_no_tunnel(bench: Bench) -> None:
    """An SCCRQ that assigns tunnel id 0 gets no SCCRP."""
    _expect_no_sccrp(bench, avp(Attribute.ASSIGNED_TUNNEL_ID, u16(0)))


def _expect_no_sccrp(bench: Bench, tunnel_id: bytes | None) -> None:
    lac = bench.lac()
    lac.begin_again(0)  # an answer could only go to tunnel 0
    lac.start({Attribute.ASSIGNED_TUNNEL_ID: tunnel_id})
    lac.expect_no(MessageType.SCCRP, "nobody to send it to")
    lac.state.stopped = True
    bench.expect_next_client_served()


@check("L6", "6.1")
def sccrq_without_framing_capabilities_is_answered(bench: Bench) -> None:
    """An SCCRQ without Framing Capabilities is refused or tolerated, not passed over in silence."""
    lac = bench.lac()
    lac.start({Attribute.FRAMING_CAPABILITIES: None})
    answer = lac.expect(MessageType.STOP_CCN, MessageType.SCCRP)
    lac.state.theirs = answer.number(Attribute.ASSIGNED_TUNNEL_ID)


@check("L7", "6.1")
def shortest_sccrq_is_enough(bench: Bench) -> None:
    """Only the AVPs that must be there: no window, as from some Android clients and kl2tpd."""
    lac = bench.lac(window=4)  # "if not present, the peer must assume a value of 4" (§4.4.3)
    lac.open({Attribute.RECEIVE_WINDOW_SIZE: None})
    lac.hello()


@check("L7", "6.1")
def longest_sccrq_is_fine(bench: Bench) -> None:
    """Every AVP of the RFC that may be there and asks for nothing."""
    lac = bench.lac()
    lac.open(
        extra=avp(Attribute.BEARER_CAPABILITIES, b"\0\0\0\3")
        + avp(Attribute.FIRMWARE_REVISION, b"\x0a\x00")
        + avp(Attribute.VENDOR_NAME, b"Microsoft")
    )
    lac.hello()


@check("L7", "5.8")
def window_of_zero_is_answered(bench: Bench) -> None:
    """Receive Window Size 0, which is invalid, is refused or taken for a working window."""
    lac = bench.lac()
    lac.start({Attribute.RECEIVE_WINDOW_SIZE: avp(Attribute.RECEIVE_WINDOW_SIZE, u16(0))})
    answer = lac.expect(MessageType.STOP_CCN, MessageType.SCCRP)
    lac.state.theirs = answer.number(Attribute.ASSIGNED_TUNNEL_ID)
    if answer.kind == MessageType.SCCRP:
        lac.connect()
        lac.hello()


@check("L8", "4.4.3")
def tie_breaker_without_a_tie_is_ignored(bench: Bench) -> None:
    """A Tie Breaker in an SCCRQ means nothing to a peer that sent no SCCRQ itself."""
    for value in (b"\0" * 8, os.urandom(8), b"\xff" * 8):
        lac = bench.lac()
        lac.open(extra=avp(Attribute.TIE_BREAKER, value))
        lac.hello()


@check("L8", "4.4.3")
def two_tie_breakers_from_one_host_are_two_tunnels(bench: Bench) -> None:
    """Two clients of one address and Host Name with Tie Breakers of their own do not put each other out."""
    first, second = bench.lac(), bench.lac()
    first.open(extra=avp(Attribute.TIE_BREAKER, b"\0" * 7 + b"\1"))
    second.open(extra=avp(Attribute.TIE_BREAKER, b"\0" * 7 + b"\2"))
    first.hello()
    second.hello()


@check("L9", "5.8")
def scccn_is_acknowledged_at_once(bench: Bench) -> None:
    """SCCCN is acknowledged by itself: Android sends ICRQ only after that."""
    lac = bench.lac(window=1)
    lac.start()
    lac.expect_sccrp()
    lac.connect()


@check("L9", "7.4.2")
def call_before_scccn_is_not_answered(bench: Bench) -> None:
    """ICRQ in a tunnel that is not yet established gets no ICRP."""
    lac = bench.lac()
    lac.start()
    lac.expect_sccrp()
    lac.icrq()
    lac.expect_no(MessageType.ICRP, "the tunnel is not established")


def _expect_state_machine_error(bench: Bench, kind: MessageType, avps: Changes) -> None:
    lac = bench.lac()
    lac.open()
    body = lac.sccrq(avps | {Attribute.MESSAGE_TYPE: message_type(kind)})
    lac.send(body)
    lac.expect_stop_ccn(7)


@check("L9", "7.2.1")
def sccrq_in_an_established_tunnel_ends_it(bench: Bench) -> None:
    """An SCCRQ with the tunnel's id in its header, in state established: StopCCN 7."""
    _expect_state_machine_error(bench, MessageType.SCCRQ, {})


@check("L9", "7.2.1")
def sccrp_in_an_established_tunnel_ends_it(bench: Bench) -> None:
    """An SCCRP in state established: StopCCN 7."""
    _expect_state_machine_error(bench, MessageType.SCCRP, {})


@check("L9", "7.2.1")
def second_scccn_ends_the_tunnel(bench: Bench) -> None:
    """A new SCCCN in state established: StopCCN 7."""
    lac = bench.lac()
    lac.open()
    lac.send(message_type(MessageType.SCCCN))
    lac.expect_stop_ccn(7)


@check("L9", "7.2.1")
def sccrp_while_waiting_for_scccn_ends_the_tunnel(bench: Bench) -> None:
    """An SCCRP in state wait-ctl-conn: StopCCN."""
    lac = bench.lac()
    lac.start()
    lac.expect_sccrp()
    lac.send(lac.sccrq({Attribute.MESSAGE_TYPE: message_type(MessageType.SCCRP)}))
    lac.expect_stop_ccn(7)


@check("L10", "7.4")
def call_without_iccn_is_cleared(bench: Bench) -> None:
    """A call whose ICCN does not come is cleared within a minute; the tunnel lives on."""
    lac = bench.lac()
    lac.open()
    call = lac.expect_icrp(lac.icrq())
    lac.acknowledge()
    lac.wait("a CDN", lambda: bool(lac.inbox), 60 + lac.settings.answer)
    lac.expect_cdn(call, 10)  # "Call was not established within time allotted by LAC"
    lac.hello()


@check("L10", "7.2.1")
def tunnel_without_scccn_is_cleared(bench: Bench) -> None:
    """A tunnel whose SCCCN does not come is cleared within a minute, with a message."""
    lac = bench.lac()
    lac.start()
    lac.expect_sccrp()
    lac.acknowledge()
    lac.expect(MessageType.STOP_CCN, timeout=60 + lac.settings.answer)


@check("L11", "7.2.1", alone=True)
def half_open_tunnels_from_many_ports(bench: Bench) -> None:
    """200 SCCRQs from 200 ports do not keep the next client from being served."""
    requests = [(stranger, stranger.start()) for stranger in _strangers(bench)]
    bench.expect_next_client_served()
    for stranger, request in requests:
        if not stranger.inbox and not stranger.pump(0):
            stranger.post(request)  # it was one too many for a socket's buffer
        answer = stranger.expect(MessageType.SCCRP, MessageType.STOP_CCN)
        # Kept, or refused for want of room.
        if answer.kind == MessageType.SCCRP:
            stranger.state.theirs = answer.number(Attribute.ASSIGNED_TUNNEL_ID)


def _strangers(bench: Bench) -> list[Lac]:
    return [bench.lac() for _ in range(_HALF_OPEN)]


@check("L11", "7.2.1", alone=True)
def half_open_tunnels_from_one_port(bench: Bench) -> None:
    """200 SCCRQs with ids of their own from one port, and then the last of them is served."""
    lac = bench.lac()
    lac.acknowledges = False
    request = b""
    for tunnel in random.sample(range(1, 0x10000), _HALF_OPEN):
        lac.begin_again(tunnel)
        request = lac.start()
    lac.listen(lac.settings.quiet)
    if not lac.inbox:
        lac.post(request)  # it was one too many for a socket's buffer
    lac.expect_sccrp()
    lac.acknowledges = True
    lac.connect()
    lac.hello()
    bench.expect_next_client_served()


@check("L11", "3.1, 5.8")
def junk_to_tunnel_zero_leaves_nothing(bench: Bench) -> None:
    """ZLBs, HELLOs and what else is no SCCRQ, sent to tunnel 0, has no answer and no effect."""
    lac = bench.lac()
    for ns in (0, 1, 7):
        lac.post(control(b"", tunnel=0, ns=ns))
        for kind in set(MessageType) - {MessageType.SCCRQ, MessageType.STOP_CCN}:
            lac.post(control(message_type(kind), tunnel=0, ns=ns))
    lac.expect_nothing_at_all("junk for tunnel 0")
    lac.open()  # from the very same port
    lac.hello()


@check("L12", "9.1")
def ids_are_no_sequence(bench: Bench) -> None:
    """Tunnel and session ids are distinct and cannot be foretold from the last."""
    tunnels, sessions = [], []
    for _ in range(6):
        lac = bench.lac()
        lac.open()
        tunnels.append(lac.state.theirs)
        sessions.append(lac.call().theirs)
    _expect_random(tunnels, "tunnel ids")
    _expect_random(sessions, "session ids")


@check("L12", "9.1")
def session_ids_of_a_tunnel_are_no_sequence(bench: Bench) -> None:
    """The session ids of one tunnel are distinct and cannot be foretold from the last."""
    lac: Lac = bench.lac()
    lac.open()
    _expect_random([lac.call().theirs for _ in range(6)], "session ids")


def _expect_random(ids: list[int], what: str) -> None:
    steps = {(b - a) & 0xFFFF for a, b in zip(ids, ids[1:], strict=False)}
    # Of five steps of random ids two are equal once in 6,000 times; three distinct ones are enough.
    if len(set(ids)) < len(ids) or len(steps) < 3 or max(min(s, 0x10000 - s) for s in steps) < 16:
        raise Failure(f"random, distinct {what}", str(ids))
