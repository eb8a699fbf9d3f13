# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnel authentication and hidden AVPs with a shared secret: L21 and L22 against a server that has secrets."""

import os

from prober.peer import Changes, Failure, Lac
from prober.registry import Bench, check
from prober.scenarios import BY_ADDRESS, CHALLENGED, HIDING, Peer
from prober.tables import Attribute, MessageType
from prober.wire import Control, avp, challenge_response, hide, message_type, u16, u32


def _lac(bench: Bench, peer: Peer, **options: object) -> Lac:
    name = peer.host_name.encode() or b"anybody"
    return bench.lac(host_name=name, secret=peer.secret.encode(), **options)


def _challenge_of(reply: Control) -> bytes:
    challenge = reply.value(Attribute.CHALLENGE)
    if challenge is None:
        raise Failure("a Challenge in SCCRP", "none")
    return challenge


def _expect_response(reply: Control, secret: bytes, challenge: bytes) -> None:
    wanted = challenge_response(MessageType.SCCRP, secret, challenge)
    response = reply.value(Attribute.CHALLENGE_RESPONSE)
    if response != wanted:
        raise Failure(f"Challenge Response {wanted.hex()}", response.hex() if response else "none")


def _answer(lac: Lac, reply: Control, secret: str) -> None:
    """The rest of the set-up, with the right answer to the server's challenge."""
    response = challenge_response(MessageType.SCCCN, secret.encode(), _challenge_of(reply))
    lac.connect(avp(Attribute.CHALLENGE_RESPONSE, response))
    lac.hello()


# -- L22: tunnel authentication


@check("L22", "5.1.1", needs="secrets")
def challenge_is_answered(bench: Bench) -> None:
    """A Challenge in SCCRQ, of 1 to 1017 octets, is answered in SCCRP: MD5 over 2, the secret, the challenge."""
    for size in (1, 16, 100, 1017):
        lac, challenge = bench.lac(), os.urandom(size)
        lac.start(extra=avp(Attribute.CHALLENGE, challenge))
        _expect_response(lac.expect_sccrp(), bench.settings.secret, challenge)
        lac.connect()
        lac.hello()


@check("L22", "5.1.1", needs="secrets")
def peer_is_challenged_and_proves_itself(bench: Bench) -> None:
    """A peer configured so is challenged in SCCRP, and its right answer in SCCCN opens the tunnel."""
    lac = _lac(bench, CHALLENGED)
    lac.start()
    _answer(lac, lac.expect_sccrp(), CHALLENGED.secret)
    lac.expect_call_works(lac.call())


@check("L22", "5.1.1", needs="secrets")
def both_sides_prove_themselves(bench: Bench) -> None:
    """Challenge and response in both directions, with the secret of that peer and not the default."""
    lac, challenge = _lac(bench, CHALLENGED), os.urandom(16)
    lac.start(extra=avp(Attribute.CHALLENGE, challenge))
    reply = lac.expect_sccrp()
    _expect_response(reply, CHALLENGED.secret.encode(), challenge)
    _answer(lac, reply, CHALLENGED.secret)


@check("L22", "5.1.1", needs="secrets")
def wrong_response_is_refused(bench: Bench) -> None:
    """A wrong, missing or misshapen Challenge Response, or one that is made for SCCRP: StopCCN 4, or 2/2 for its size."""
    right = challenge_response
    for make in (
        lambda challenge: avp(Attribute.CHALLENGE_RESPONSE, os.urandom(16)),
        lambda challenge: b"",
        lambda challenge: avp(
            Attribute.CHALLENGE_RESPONSE,
            right(MessageType.SCCRP, CHALLENGED.secret.encode(), challenge),
        ),
        lambda challenge: avp(
            Attribute.CHALLENGE_RESPONSE,
            right(MessageType.SCCCN, bench.settings.secret, challenge),
        ),
        lambda challenge: avp(Attribute.CHALLENGE_RESPONSE, b"\0" * 15),
    ):
        lac = _lac(bench, CHALLENGED)
        lac.start()
        response = make(_challenge_of(lac.expect_sccrp()))  # type: ignore[no-untyped-call]
        lac.send(message_type(MessageType.SCCCN) + response)
        stop = lac.expect(MessageType.STOP_CCN)
        if stop.result[0] not in ((4,) if len(response) != 21 else (2, 4)):
            raise Failure("StopCCN 4", str(stop))


@check("L22", "4.4.3", needs="secrets")
def challenges_are_fresh(bench: Bench) -> None:
    """Every Challenge is another one, of at least 16 octets."""
    seen = set()
    for _ in range(5):
        lac = _lac(bench, CHALLENGED)
        lac.start()
        seen.add(_challenge_of(lac.expect_sccrp()))
    if len(seen) < 5 or min(map(len, seen)) < 16:
        raise Failure("five challenges of 16 octets or more", str(sorted(seen)))


@check("L22", "5.1.1", needs="secrets")
def own_challenge_is_not_a_mirror(bench: Bench) -> None:
    """A peer that sends the server's challenge back gets nothing from it that proves the peer: other CHAP ids."""
    first = _lac(bench, CHALLENGED)
    first.start()
    challenge = _challenge_of(first.expect_sccrp())
    second = _lac(bench, CHALLENGED)
    second.start(extra=avp(Attribute.CHALLENGE, challenge))
    response = second.expect_sccrp().value(Attribute.CHALLENGE_RESPONSE) or b""
    first.send(message_type(MessageType.SCCCN) + avp(Attribute.CHALLENGE_RESPONSE, response))
    first.expect_stop_ccn(4)


@check("L22", "5.1.1", needs="secrets")
def peer_is_known_by_its_address(bench: Bench) -> None:
    """A peer named by its address is challenged whatever its Host Name, with the secret of the address."""
    lac = _lac(bench, BY_ADDRESS, source=bench.settings.second_source)
    challenge = os.urandom(16)
    lac.start(extra=avp(Attribute.CHALLENGE, challenge))
    reply = lac.expect_sccrp()
    _expect_response(reply, BY_ADDRESS.secret.encode(), challenge)
    _answer(lac, reply, BY_ADDRESS.secret)


@check("L22", "5.1.1", needs="secrets")
def others_are_not_challenged(bench: Bench) -> None:
    """A default secret answers challenges, and asks nobody for proof."""
    lac = bench.lac()
    if lac.open().value(Attribute.CHALLENGE) is not None:
        raise Failure("an SCCRP without Challenge", "one with it")
    lac.hello()


# -- L21: hidden AVPs from the peer


def _random_vector(vector: bytes) -> bytes:
    return avp(Attribute.RANDOM_VECTOR, vector)


def _hidden(lac: Lac, kind: Attribute, value: bytes, vector: bytes, padding: int = 0) -> bytes:
    """An AVP hidden with the default secret."""
    return hide(kind, value, lac.settings.secret, vector, padding=os.urandom(padding))


def _hidden_tunnel_id(lac: Lac, vector: bytes, padding: int = 0) -> Changes:
    tunnel = _hidden(lac, Attribute.ASSIGNED_TUNNEL_ID, u16(lac.tunnel), vector, padding)
    return {Attribute.ASSIGNED_TUNNEL_ID: _random_vector(vector) + tunnel}


@check("L21", "4.3", needs="secrets")
def hidden_tunnel_id_is_read(bench: Bench) -> None:
    """A hidden Assigned Tunnel ID is where the SCCRP goes; with padding over one, two and three blocks."""
    for padding in (0, 11, 12, 13, 28, 40, 500):
        for size in (1, 16, 100):
            lac = bench.lac()
            lac.open(_hidden_tunnel_id(lac, os.urandom(size), padding))
            lac.hello()


@check("L21", "4.3", needs="secrets")
def hidden_challenge_of_many_blocks_is_read(bench: Bench) -> None:
    """A hidden value of several blocks comes through whole: the Response to it is right."""
    for size in (13, 14, 15, 30, 200):
        lac, challenge, vector = bench.lac(), os.urandom(size), os.urandom(16)
        hidden = _hidden(lac, Attribute.CHALLENGE, challenge, vector, 5)
        lac.start(extra=_random_vector(vector) + hidden)
        _expect_response(lac.expect_sccrp(), bench.settings.secret, challenge)
        lac.connect()


@check("L21", "4.3", needs="secrets")
def newest_random_vector_counts(bench: Bench) -> None:
    """The vector is that of "the last Random Vector AVP encountered ... prior to the AVP to be unhidden"."""
    lac = bench.lac()
    first, second, third = os.urandom(16), os.urandom(16), os.urandom(16)
    bearer = _hidden(lac, Attribute.BEARER_CAPABILITIES, u32(3), first)
    lac.open(
        {
            Attribute.BEARER_CAPABILITIES: _random_vector(first) + bearer + _random_vector(second),
            Attribute.ASSIGNED_TUNNEL_ID: None,
        },
        _hidden(lac, Attribute.ASSIGNED_TUNNEL_ID, u16(lac.tunnel), second) + _random_vector(third),
    )
    lac.hello()


@check("L21", "4.3", needs="secrets")
def hidden_call_is_read(bench: Bench) -> None:
    """A call with all of its AVPs hidden."""
    lac = bench.lac()
    lac.open()
    vector, ours = os.urandom(16), 0x1234
    call = lac.icrq(
        {
            Attribute.ASSIGNED_SESSION_ID: _random_vector(vector)
            + _hidden(lac, Attribute.ASSIGNED_SESSION_ID, u16(ours), vector, 8),
            Attribute.CALL_SERIAL_NUMBER: _hidden(
                lac, Attribute.CALL_SERIAL_NUMBER, u32(1), vector, 30
            ),
            Attribute.CALLING_NUMBER: _hidden(
                lac, Attribute.CALLING_NUMBER, b"5550100" * 9, vector
            ),
        },
        ours=ours,
    )
    call = lac.expect_icrp(call)
    vector = os.urandom(40)
    lac.connect_call(
        call,
        {
            Attribute.TX_CONNECT_SPEED: _random_vector(vector)
            + _hidden(lac, Attribute.TX_CONNECT_SPEED, u32(9600), vector),
        },
    )
    lac.expect_call_works(call)


@check("L21", "4.3", needs="secrets")
def hidden_without_a_random_vector_is_refused(bench: Bench) -> None:
    """A hidden AVP that no Random Vector precedes: the call is refused, the tunnel lives."""
    lac = bench.lac()
    lac.open()
    vector = os.urandom(16)
    number = _hidden(lac, Attribute.CALLING_NUMBER, b"123", vector)
    lac.expect_cdn(lac.icrq(extra=number + _random_vector(vector)), 2)
    lac.call()


@check("L21", "4.3", needs="secrets")
def hidden_lengths_that_lie_are_refused(bench: Bench) -> None:
    """An original length that is more than there is, and values too short for a length: refused, the tunnel lives."""
    lac = bench.lac()
    lac.open()
    vector = os.urandom(16)
    secret = lac.settings.secret
    for claimed in (4, 5, 1000, 0xFFFF):
        number = hide(Attribute.CALLING_NUMBER, b"123", secret, vector, claimed=claimed)
        lac.expect_cdn(lac.icrq(extra=_random_vector(vector) + number), 2)
    for size in (0, 1):
        number = avp(Attribute.CALLING_NUMBER, b"x" * size, flags=0x4000)
        lac.expect_cdn(lac.icrq(extra=_random_vector(vector) + number), 2)
    lac.call()


@check("L21", "4.3", needs="secrets")
def wrong_secret_does_no_harm(bench: Bench) -> None:
    """AVPs hidden with another secret are noise: the call is refused or has an odd number, the tunnel lives."""
    lac = bench.lac()
    lac.open()
    for _ in range(20):
        vector = os.urandom(16)
        number = hide(Attribute.CALLING_NUMBER, b"5550100", b"wrong", vector)
        call = lac.icrq(extra=_random_vector(vector) + number)
        lac.expect(MessageType.ICRP, MessageType.CDN)
        lac.acknowledge()
        lac.cdn(call)
    lac.hello()


@check("L21", "4.4", needs="secrets")
def avps_that_must_not_be_hidden_do_no_harm(bench: Bench) -> None:
    """Host Name and Protocol Version "MUST NOT be hidden": refused or read, not passed over in silence."""
    for kind, value in ((Attribute.HOST_NAME, b"prober"), (Attribute.PROTOCOL_VERSION, b"\1\0")):
        lac, vector = bench.lac(), os.urandom(16)
        lac.start({kind: _random_vector(vector) + _hidden(lac, kind, value, vector)})
        answer = lac.expect(MessageType.SCCRP, MessageType.STOP_CCN)
        lac.state.theirs = answer.number(Attribute.ASSIGNED_TUNNEL_ID)


# -- L21: hidden AVPs to the peer


@check("L21", "4.3", needs="secrets")
def avps_are_hidden_from_the_wire(bench: Bench) -> None:
    """To a peer configured so the ids go hidden, with vectors of their own, and can be read with the secret."""
    lac = _lac(bench, HIDING)
    reply = lac.open()
    call = lac.icrq()
    icrp = lac.expect(MessageType.ICRP)
    hidden = [one for one in (*reply.avps, *icrp.avps) if one.hidden]
    if not hidden:
        raise Failure("hidden AVPs in SCCRP or ICRP", "none")
    lac.state.calls[call.ours] = call = type(call)(
        call.ours, icrp.number(Attribute.ASSIGNED_SESSION_ID)
    )
    lac.connect_call(call)
    lac.expect_call_works(call)
    vectors = [m.value(Attribute.RANDOM_VECTOR) for m in (reply, icrp)]
    if vectors[0] is not None and vectors[0] == vectors[1]:
        raise Failure("fresh Random Vectors", "the same twice")


@check("L21", "4.3", needs="secrets")
def nothing_is_hidden_from_others(bench: Bench) -> None:
    """To other peers nothing is hidden, though there is a default secret: macOS cannot unhide."""
    lac = bench.lac()  # knows no secret: a hidden AVP would be a violation
    lac.open()
    lac.call()
    lac.hello()
