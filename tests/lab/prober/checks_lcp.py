# SPDX-License-Identifier: GPL-2.0-or-later
"""LCP: P1 to P12 of the project's list."""

import time

from prober import ppp
from prober.peer import Failure
from prober.ppp import Code, Protocol, option
from prober.ppp_peer import PppClient
from prober.registry import Bench, check
from prober.scenarios import ECHO_FAILURE, ECHO_INTERVAL, LONE_USER, PASSWORD, USER
from prober.tables import MessageType
from prober.wire import u16, u32

LCP, IPCP = Protocol.LCP, Protocol.IPCP
_RESTART = 3.0  # seconds (RFC 1661 §4.6)
_MAX_CONFIGURE, _MAX_FAILURE = 10, 5  # RFC 1661 §4.6
# So many packets an endless negotiator may get out of the server before that gives up, ours and answers together.
_PATIENCE_WITH_FOOLS = 100


def _with_lcp_open(bench: Bench, options: bytes = b"") -> PppClient:
    client = bench.ppp()
    client.open_lcp(options)
    return client


def _up(bench: Bench, options: bytes = b"") -> tuple[PppClient, bytes]:
    """A client with its address. By PAP, which costs the least time."""
    client = bench.ppp()
    return client, client.connect(USER, PASSWORD, options=options)


# -- P1, P2: who begins, and when


@check("P1", "RFC 1661 §6", needs="ppp")
def request_comes_unasked(bench: Bench) -> None:
    """At once after ICCN: Configure-Request with a login demanded, a Magic-Number, and an MRU with room for what is below."""
    request = bench.ppp().request(timeout=bench.settings.at_once)
    mru = ppp.value_of(request.data, ppp.MRU)
    if not mru or not 576 <= int.from_bytes(mru, "big") <= 1400:
        raise Failure("an MRU up to 1400", str(request))
    for kind in (ppp.MAGIC, ppp.AUTHENTICATION):
        if ppp.value_of(request.data, kind) is None:
            raise Failure(f"option {kind}", str(request))


@check("P1", "RFC 1661 §4.6", needs="ppp")
def request_is_repeated_to_the_silent(bench: Bench) -> None:
    """Up to ten Configure-Requests, three seconds apart and the same; then the call is ended."""
    client = bench.ppp()
    client.expect_cdn(timeout=(_MAX_CONFIGURE + 1) * _RESTART + 2 * bench.settings.answer)
    requests = {one.raw for one in client.inbox if one.code == Code.CONFIGURE_REQUEST}
    sent = sum(one.code == Code.CONFIGURE_REQUEST for one in client.inbox)
    if len(requests) != 1 or not 3 <= sent <= _MAX_CONFIGURE:
        raise Failure(f"up to {_MAX_CONFIGURE} copies", f"{sent}: {client.inbox}")


@check("P2", "RFC 1661 §4.3", needs="ppp")
def requests_of_all_times_are_answered(bench: Bench) -> None:
    """The client's Configure-Request before it answers theirs, after it, late, empty: LCP opens."""
    for first, delay, options in (
        (True, 0.0, b""),
        (False, 0.0, option(ppp.MAGIC, u32(7))),
        (False, 1.4 * _RESTART, option(ppp.MRU, u16(1400))),
    ):
        client = bench.ppp()
        if first:
            client.get(LCP, options)
            client.grant()
        else:
            client.listen(delay)
            client.open_lcp(options)
        client.expect_lives()


# -- P3 to P5: options


@check("P3", "RFC 1661 §5.4", needs="ppp")
def unknown_options_are_rejected_as_they_came(bench: Bench) -> None:
    """Configure-Reject has exact copies, in their order, and nothing of what is good."""
    client = bench.ppp()
    bad = [
        option(ppp.CALLBACK, b"\x06"),
        option(0xFF, b"unknown"),
        option(ppp.ACFC),
        option(0, b"\0\0\x0c\x01"),
        option(4, b"\xc0\x25" + u32(100)),
        option(ppp.SHORT_SEQUENCE),
        option(ppp.MRRU, u16(1614)),
    ]
    good = [option(ppp.MRU, u16(1400)), option(ppp.MAGIC, u32(client.magic))]
    mixed = bad[:2] + good[:1] + bad[2:5] + good[1:] + bad[5:]
    client.expect_answer(LCP, b"".join(mixed), Code.CONFIGURE_REJECT, b"".join(bad))
    client.get(LCP, b"".join(good))
    client.grant()
    client.expect_lives()


@check("P3", "RFC 1990 §5.1.1", needs="ppp")
def multilink_is_rejected(bench: Bench) -> None:
    """MRRU is rejected; an Endpoint-Discriminator is rejected or taken. The link comes up without multilink."""
    client = bench.ppp()
    asked = {ppp.MRRU: u16(1614), ppp.ENDPOINT: b"\x01" + bytes(range(20))}
    answer = client.ask(LCP, b"".join(option(kind, value) for kind, value in asked.items()))
    if answer.code != Code.CONFIGURE_REJECT or ppp.value_of(answer.data, ppp.MRRU) is None:
        raise Failure("Configure-Reject with the MRRU", str(answer))
    rejected = dict(ppp.options_of(answer.data))
    rest = b"".join(option(k, v) for k, v in asked.items() if k not in rejected)
    client.expect_pong(client.connect(USER, PASSWORD, options=rest))


@check("P4", "RFC 1661 §6.1", needs="ppp")
def every_mru_is_granted_and_kept(bench: Bench) -> None:
    """128 to 1500 and more are acknowledged, and no frame is longer: neither an echo nor a rejected packet."""
    for mru in (128, 576, 1400, 1500, 4000):
        client = _with_lcp_open(bench, option(ppp.MRU, u16(mru)))
        number = client.send(LCP, Code.ECHO_REQUEST, u32(client.magic) + bytes(range(200)) * 6)
        client.expect(LCP, Code.ECHO_REPLY, identifier=number)
        client.send(LCP, 99, bytes(1300))
        client.expect(LCP, Code.CODE_REJECT)


@check("P4", "RFC 1661 §6.1", needs="ppp")
def packets_are_never_longer_than_the_mru(bench: Bench) -> None:
    """A ping that is longer than the client's MRU comes back in fragments that are not."""
    client, address = _up(bench, option(ppp.MRU, u16(576)))
    client.expect_pong(address, size=1200)


@check("P4", "RFC 1661 §6.1", needs="ppp")
def absurd_mru_is_refused(bench: Bench) -> None:
    """An MRU of 0 or of 40 is Naked or rejected: no packet of LCP has room."""
    client = bench.ppp()
    for mru in (0, 40):
        if client.ask(LCP, option(ppp.MRU, u16(mru))).code == Code.CONFIGURE_ACK:
            raise Failure(f"no MRU of {mru}", "Configure-Ack")


@check("P4", "RFC 1662 §7.1", needs="ppp")
def every_accm_is_granted(bench: Bench) -> None:
    """The Async-Control-Character-Map means nothing here, and any is acknowledged."""
    client = bench.ppp()
    for accm in (0, 0xFFFFFFFF, 0x000A0000):
        client.get(LCP, option(ppp.ACCM, u32(accm)))


@check("P4", "RFC 1661 §6.5", needs="ppp")
def field_compression_is_not_used(bench: Bench) -> None:
    """Compressed fields are granted or rejected, and never used: RouterOS cannot read them."""
    client = bench.ppp()
    answer = client.ask(LCP, option(ppp.PFC) + option(ppp.ACFC))
    left = b"" if answer.code == Code.CONFIGURE_REJECT else answer.data
    client.expect_pong(client.connect(USER, PASSWORD, options=left))


@check("P5", "RFC 1661 §6.4", needs="ppp")
def their_own_magic_number_is_naked(bench: Bench) -> None:
    """Their Magic-Number from us: Nak with another. Zero: Nak or Reject."""
    client = bench.ppp()
    magic = ppp.value_of(client.request().data, ppp.MAGIC) or b""
    answer = client.ask(LCP, option(ppp.MAGIC, magic))
    if answer.code != Code.CONFIGURE_NAK or ppp.value_of(answer.data, ppp.MAGIC) == magic:
        raise Failure("Configure-Nak with another number", str(answer))
    if client.ask(LCP, option(ppp.MAGIC, u32(0))).code == Code.CONFIGURE_ACK:
        raise Failure("no Magic-Number 0", "Configure-Ack")
    client.open_lcp(option(ppp.MAGIC, u32(client.magic)))
    client.expect_lives()


@check("P5", "RFC 1661 §6.4", needs="ppp")
def looped_back_link_is_ended(bench: Bench) -> None:
    """Every frame of the server comes back to it: the call is ended, and not with a storm."""
    lac = bench.lac()
    lac.open()
    client = bench.ppp(lac)
    returned = 0
    deadline = time.monotonic() + 4 * _RESTART + bench.settings.answer
    while not lac.inbox and time.monotonic() < deadline:
        lac.pump(1)
        for message in lac.frames:
            client.post_payload(message.payload)
            returned += 1
        lac.frames.clear()
    lac.expect(MessageType.CDN)
    if returned > _PATIENCE_WITH_FOOLS:
        raise Failure("few frames", f"{returned}")


@check("P5", "RFC 1661 §6.2", needs="ppp")
def server_does_not_authenticate_itself(bench: Bench) -> None:
    """We demand that it proves itself: Reject, whatever the method. The link comes up."""
    client = bench.ppp()
    for value in (ppp.PAP_VALUE, ppp.CHAP_VALUE, ppp.MSCHAPV2_VALUE, ppp.EAP_VALUE):
        demand = option(ppp.AUTHENTICATION, value)
        client.expect_answer(LCP, demand, Code.CONFIGURE_REJECT, demand)
    client.open_lcp()
    client.expect_lives()


# -- P6 to P9: packets


@check("P6", "RFC 1661 §5.8", needs="ppp")
def echo_is_answered_once_lcp_is_open(bench: Bench) -> None:
    """Before: silence. Then Echo-Reply with the data, the Identifier, and their Magic-Number. Discard-Request: silence."""
    client = bench.ppp()
    for code in (Code.ECHO_REQUEST, Code.ECHO_REPLY, Code.DISCARD_REQUEST):
        client.send(LCP, code, u32(client.magic))
    client.request()
    client.expect_none("LCP is not open", (LCP, Code.ECHO_REPLY), (LCP, Code.CODE_REJECT))
    client.open_lcp(option(ppp.MAGIC, u32(client.magic)))
    for size in (0, 1, 1000):
        number = client.send(LCP, Code.ECHO_REQUEST, u32(client.magic) + b"e" * size)
        reply = client.expect(LCP, Code.ECHO_REPLY, identifier=number)
        if len(reply.data) != 4 + size:
            raise Failure(f"{size} octets back", str(reply))
    client.send(LCP, Code.DISCARD_REQUEST, u32(client.magic) + b"d" * 100)
    client.expect_none("discarded", (LCP, Code.CODE_REJECT), (LCP, Code.ECHO_REPLY))


@check("P6", "RFC 1661 §5.8", needs="ppp")
def silent_client_is_asked_and_dropped(bench: Bench) -> None:
    """Echo-Requests as configured; unanswered, they end the session."""
    client, _ = _up(bench)
    client.answers_echoes = False
    limit = ECHO_INTERVAL * (ECHO_FAILURE + 1) + bench.settings.answer
    for _ in range(ECHO_FAILURE):
        client.expect(LCP, Code.ECHO_REQUEST, timeout=2 * ECHO_INTERVAL + bench.settings.answer)
    client.expect_cdn(timeout=limit)


@check("P7", "RFC 1661 §5.6", needs="ppp")
def unknown_codes_are_rejected(bench: Bench) -> None:
    """Code-Reject with a copy, each with an Identifier of its own, before LCP is open and after."""
    client = bench.ppp()
    client.send(LCP, 99, b"early")
    identifiers = {client.expect(LCP, Code.CODE_REJECT).identifier}
    client.open_lcp()
    for code in (0, 14, 255):
        client.send(LCP, code, b"late")
        identifiers.add(client.expect(LCP, Code.CODE_REJECT).identifier)
    if len(identifiers) != 4:
        raise Failure("4 Identifiers", str(identifiers))
    client.expect_lives()


@check("P7", "RFC 1570 §1", needs="ppp")
def identification_is_swallowed(bench: Bench) -> None:
    """Identification, which Windows sends three times, and Time-Remaining get no answer and do no harm."""
    client = _with_lcp_open(bench)
    for text in (b"MSRASV5.20", b"MSRAS-0-ALICE-PC", bytes(range(16))):
        client.send(LCP, Code.IDENTIFICATION, u32(client.magic) + text)
    client.send(LCP, Code.TIME_REMAINING, u32(client.magic) + u32(60))
    client.expect_none("they need no answer", (LCP, Code.CODE_REJECT))
    client.expect_lives()


_FOREIGN = (
    Protocol.ACSCP,
    Protocol.MPLSCP,
    Protocol.IPX_CP,
    Protocol.ECP,
    Protocol.LQR,
)


@check("P8", "RFC 1661 §5.7", needs="ppp")
def unknown_protocols_are_rejected(bench: Bench) -> None:
    """With IPCP open: Protocol-Reject with a copy, for each; the session lives."""
    client, address = _up(bench)
    for protocol in _FOREIGN:
        client.send(protocol, 1, b"\x01\x06" + bytes(4))
        reject = client.expect(LCP, Code.PROTOCOL_REJECT)
        if reject.data[:2] != u16(protocol):
            raise Failure(f"Protocol-Reject of {protocol:04x}", str(reject))
    client.expect_pong(address)


@check("P8", "RFC 1661 §3.4", needs="ppp")
def other_protocols_are_silent_until_their_phase(bench: Bench) -> None:
    """Anything but LCP before LCP is open, and but the login before that is done: silence."""
    client = bench.ppp()
    everything = (*_FOREIGN, Protocol.IPV6CP, Protocol.CCP, IPCP)
    for protocol in (*everything, Protocol.PAP, Protocol.CHAP):
        client.send(protocol, 1, b"\x01\x06" + bytes(4))
    client.expect_none("LCP is not open", (LCP, Code.PROTOCOL_REJECT))
    client.open_lcp(method="pap")
    for protocol in everything:
        client.send(protocol, 1, b"\x01\x06" + bytes(4))
    client.expect_none("nobody has logged in", (LCP, Code.PROTOCOL_REJECT))
    client.log_in(USER, PASSWORD, "pap")
    client.expect_pong(client.open_ipcp())


@check("P8", "RFC 1661 §5.7", needs="ppp")
def protocol_reject_is_obeyed(bench: Bench) -> None:
    """Of what the server does not need: the session lives. Of IPCP, and of LCP: it ends."""
    client, address = _up(bench)
    for protocol in (Protocol.CCP, Protocol.IPV6CP, 0x8031):
        client.send(LCP, Code.PROTOCOL_REJECT, u16(protocol) + b"\x01\x01\x00\x04")
    client.expect_pong(address)
    for protocol in (IPCP, LCP):
        other, _ = _up(bench)
        other.send(LCP, Code.PROTOCOL_REJECT, u16(protocol) + b"\x01\x01\x00\x04")
        other.expect(LCP, Code.TERMINATE_REQUEST)
        other.expect_cdn(timeout=2 * _RESTART + bench.settings.answer)


@check("P9", "RFC 1661 §5", needs="ppp")
def lengths_that_lie_are_ignored(bench: Bench) -> None:
    """Length beyond the frame or under 4: no answer. Octets behind Length: padding."""
    client = bench.ppp()
    for length in (0, 3, 9, 0xFFFF):
        client.post(ppp.frame(LCP, ppp.packet(Code.CONFIGURE_REQUEST, 77, length=length)))
    client.post(ppp.frame(LCP, b"\x01\x4d\x00"))
    client.listen()
    if any(one.identifier == 77 and one.code in ppp.ANSWERS for one in client.inbox):
        raise Failure("no answer", str(client.inbox[-1]))
    client.grant()
    number = client.send(LCP, Code.CONFIGURE_REQUEST, padding=b"padding")
    client.expect(LCP, Code.CONFIGURE_ACK, identifier=number)
    client.expect_lives()


@check("P9", "RFC 1661 §6", needs="ppp")
def option_lengths_that_lie_are_refused(bench: Bench) -> None:
    """Length 0, 1, or beyond the end: dropped, Naked or rejected, and never acknowledged."""
    client = bench.ppp()
    for options in (b"\x01\x00", b"\x01\x01", b"\x01\x05\x05\x78", b"\x01\x04\x05\x78\x05"):
        number = client.fresh_identifier()
        client.post(ppp.frame(LCP, ppp.packet(Code.CONFIGURE_REQUEST, number, options)))
        client.listen(0.5)
        if any(one.identifier == number for one in client.inbox if one.code in ppp.ANSWERS):
            raise Failure("no answer to what cannot be read", str(client.inbox[-1]))
    client.open_lcp()
    client.expect_lives()


@check("P9", "RFC 1661 §5.2", needs="ppp")
def answers_with_another_identifier_are_ignored(bench: Bench) -> None:
    """Ack, Nak and Reject with a wrong Identifier, and an Ack of other options: LCP does not open by them."""
    client = bench.ppp()
    client.get(LCP, b"")
    request = client.request()
    for code in ppp.ANSWERS:
        client.send(LCP, code, request.data, request.identifier ^ 0x55)
    client.send(LCP, Code.CONFIGURE_ACK, request.data[:4], request.identifier)
    client.expect_none(
        "no answer counted",
        (Protocol.CHAP, 1),
        (LCP, Code.TERMINATE_REQUEST),
        (LCP, Code.CODE_REJECT),
    )
    client.grant()
    client.expect_lives()


# -- P10 to P12: renegotiation, the end, and what never ends


@check("P10", "RFC 1661 §4.3", needs="ppp")
def renegotiation_begins_everything_anew(bench: Bench) -> None:
    """Configure-Request in an open link: their own request again, the login again, IPCP again.

    A user with one session gets the same address."""
    client = bench.ppp()
    address = client.connect(LONE_USER, PASSWORD)
    client.get(LCP, option(ppp.MRU, u16(1300)))
    client.grant("pap")
    client.log_in(LONE_USER, PASSWORD, "pap")
    again = client.open_ipcp()
    if again != address:
        raise Failure(ppp.ip(address), ppp.ip(again))
    client.expect_pong(address)


@check("P11", "RFC 1661 §5.5", needs="ppp")
def terminate_request_ends_the_call(bench: Bench) -> None:
    """Terminate-Ack, then CDN, in whichever phase after LCP opened."""
    _with_lcp_open(bench).hang_up()
    client, _ = _up(bench)
    client.hang_up()


@check("P11", "RFC 1661 §4.1", needs="ppp")
def terminate_request_comes_first(bench: Bench) -> None:
    """A Terminate-Request before anything else is acknowledged, and the link may still be opened."""
    client = bench.ppp()
    number = client.send(LCP, Code.TERMINATE_REQUEST)
    client.expect(LCP, Code.TERMINATE_ACK, identifier=number)
    client.open_lcp()
    client.expect_lives()


@check("P11", "RFC 1661 §4.6", needs="ppp")
def servers_goodbye_is_said_twice(bench: Bench) -> None:
    """Terminate-Request that nobody answers: once more, then CDN."""
    client = bench.ppp()
    client.open_lcp(method="pap")
    client.send_pap(b"nobody", b"wrong")
    first = client.expect(LCP, Code.TERMINATE_REQUEST)
    second = client.expect(LCP, Code.TERMINATE_REQUEST, timeout=_RESTART + bench.settings.answer)
    if first.identifier == second.identifier:
        raise Failure("an Identifier of its own", str(second))
    client.expect_cdn(timeout=_RESTART + bench.settings.answer)


@check("P12", "RFC 1661 §4.6", needs="ppp")
def endless_naks_and_rejects_are_ended(bench: Bench) -> None:
    """Every request of theirs is Naked, for ever: they give up, after few packets. Rejected likewise."""
    for code, said in (
        (Code.CONFIGURE_NAK, option(ppp.MAGIC, u32(0x0BADCAFE))),
        (Code.CONFIGURE_REJECT, b""),
    ):
        client = bench.ppp()
        packets = 0
        while not client.lac.inbox and packets < _PATIENCE_WITH_FOOLS:
            client.pump(_RESTART + bench.settings.answer)
            for request in [one for one in client.inbox if one.code == Code.CONFIGURE_REQUEST]:
                rejected = said or request.data[: request.data[1]]
                client.answer(request, code, rejected)
            packets += len(client.inbox)
            client.inbox.clear()
        if packets >= _PATIENCE_WITH_FOOLS:
            raise Failure("an end", f"{packets} packets")
        client.expect_cdn()


@check("P12", "RFC 1661 §4.6", needs="ppp")
def storm_of_requests_is_ended(bench: Bench) -> None:
    """Configure-Requests without end, which never become acceptable: dropped, and with bounded output."""
    client = bench.ppp()
    sent = 0
    while not client.lac.inbox and sent < 2000:
        for _ in range(10):
            client.send(LCP, Code.CONFIGURE_REQUEST, option(ppp.CALLBACK, b"\x06"))
            sent += 1
        client.listen(0.05)
    client.expect_cdn(timeout=3 * _RESTART + bench.settings.answer)
    if len(client.inbox) > _PATIENCE_WITH_FOOLS:
        raise Failure("few answers", f"{len(client.inbox)} to {sent}")


@check("P12", "RFC 1661 §4.6", needs="ppp")
def naks_are_limited(bench: Bench) -> None:
    """The same unacceptable value again and again: Naks at first, at last Rejects, never Ack."""
    client = bench.ppp()
    answers = [client.ask(LCP, option(ppp.MRU, u16(16))).code for _ in range(_MAX_FAILURE + 2)]
    if Code.CONFIGURE_ACK in answers or answers[-1] != Code.CONFIGURE_REJECT:
        raise Failure("Nak ... Reject", str(answers))


@check("P12", "RFC 1661 §6.2", needs="ppp")
def refused_login_gives_no_network(bench: Bench) -> None:
    """The client rejects Authentication-Protocol: the server ends the link."""
    client = bench.ppp()
    request = client.request()
    demand = ppp.value_of(request.data, ppp.AUTHENTICATION) or b""
    client.answer(request, Code.CONFIGURE_REJECT, option(ppp.AUTHENTICATION, demand))
    client.expect(LCP, Code.TERMINATE_REQUEST)
    client.expect_cdn(timeout=2 * _RESTART + bench.settings.answer)


@check("P12", "RFC 1661 §4.1", needs="ppp")
def floods_get_one_answer_each(bench: Bench) -> None:
    """Echoes, unknown codes, Terminate-Acks and strangers' protocols by the hundred: never more out than in."""
    client, address = _up(bench)
    before = len(client.inbox)
    for number in range(60):
        client.send(LCP, Code.ECHO_REQUEST, u32(client.magic))
        client.send(LCP, 200 + number % 50, b"?")
        client.send(Protocol.ACSCP, 1, b"")
        client.send(LCP, Code.ECHO_REPLY, u32(client.magic))
        client.send(LCP, Code.CODE_REJECT, b"\x09\x01\x00\x04")
        client.listen(0.02)
    client.listen()
    if len(client.inbox) - before > 3 * 60:
        raise Failure("180 answers at most", f"{len(client.inbox) - before}")
    client.inbox.clear()
    client.expect_pong(address)
