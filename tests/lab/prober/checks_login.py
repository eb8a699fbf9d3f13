# SPDX-License-Identifier: GPL-2.0-or-later
"""The login: P13 to P20 of the project's list."""

import re

from prober import ppp
from prober.peer import Failure
from prober.ppp import ChapCode, Code, Packet, PapCode, Protocol, option
from prober.ppp_peer import METHODS, PppClient
from prober.registry import Bench, check
from prober.scenarios import AUTHENTICATION, PASSWORD, USER, USER_WITHOUT_ADDRESS
from prober.wire import u32

LCP, IPCP, PAP, CHAP = Protocol.LCP, Protocol.IPCP, Protocol.PAP, Protocol.CHAP
_RESTART = 3.0  # seconds (RFC 1661 §4.6)
_UNKNOWN = "nobody"
_SET_UP_LIMIT = 60.0  # seconds in which a client must have got through


def _at_login(bench: Bench, method: str) -> PppClient:
    client = bench.ppp()
    client.open_lcp(method=method)
    return client


def _expect_refused(client: PppClient) -> None:
    """Terminate-Request and CDN."""
    request = client.expect(LCP, Code.TERMINATE_REQUEST)
    client.send(LCP, Code.TERMINATE_ACK, identifier=request.identifier)
    client.expect_cdn()


# -- P13, P14: which method, and nothing before it


@check("P13", "RFC 1661 §6.2", needs="ppp")
def methods_are_offered_in_order(bench: Bench) -> None:
    """The first that is configured; after a Nak with an allowed one, that; with one not allowed, the next; then the end."""
    client = bench.ppp()
    offers = []
    for _ in AUTHENTICATION:
        request = client.request()
        offers.append(ppp.value_of(request.data, ppp.AUTHENTICATION))
        nak = option(ppp.AUTHENTICATION, METHODS["eap"])
        client.answer(request, Code.CONFIGURE_NAK, nak)
    if offers != [METHODS[name] for name in AUTHENTICATION]:
        raise Failure(str(AUTHENTICATION), str(offers))
    _expect_refused(client)


@check("P13", "RFC 1661 §6.2", needs="ppp")
def every_method_logs_in(bench: Bench) -> None:
    """Each configured method, asked for by a Nak, leads to a session that carries packets."""
    for method in AUTHENTICATION:
        client = bench.ppp()
        client.expect_pong(client.connect(USER, PASSWORD, method))


@check("P14", "RFC 1661 §3.5", needs="ppp")
def nothing_passes_before_the_login(bench: Bench) -> None:
    """IPCP and IP before the login get no answer, and so it is after a login that failed."""
    client = _at_login(bench, "pap")
    client.send(IPCP, Code.CONFIGURE_REQUEST, option(ppp.ADDRESS, bytes(4)))
    client.post(ppp.frame(Protocol.IPV4, b"\x45" + bytes(40)))
    client.expect_none("nobody has logged in")
    client.send_pap(_UNKNOWN.encode(), b"wrong")
    client.expect(PAP, PapCode.NAK)
    client.send(IPCP, Code.CONFIGURE_REQUEST, option(ppp.ADDRESS, bytes(4)))
    client.listen()


@check("P14", "RFC 1994 §4", needs="ppp")
def forged_success_has_no_effect(bench: Bench) -> None:
    """What only an authenticator sends proves nothing when a client sends it."""
    client = _at_login(bench, "chap")
    challenge = client.expect(CHAP, ChapCode.CHALLENGE)
    for protocol, code in ((CHAP, ChapCode.SUCCESS), (PAP, PapCode.ACK), (Protocol.EAP, 3)):
        client.send(protocol, code, b"", challenge.identifier)
    client.send(IPCP, Code.CONFIGURE_REQUEST, option(ppp.ADDRESS, bytes(4)))
    client.listen()
    client.respond(challenge, USER.encode(), PASSWORD, "chap")
    client.expect(CHAP, ChapCode.SUCCESS)
    client.open_ipcp()


# -- P15: PAP


@check("P15", "RFC 1334 §2", needs="ppp")
def pap_is_acknowledged_as_often_as_asked(bench: Bench) -> None:
    """Ack with our Identifier; a request repeated after it gets Ack again."""
    client = _at_login(bench, "pap")
    client.log_in(USER, PASSWORD, "pap")
    client.log_in(USER, PASSWORD, "pap")
    number = client.send_pap(b"", b"")
    client.expect(PAP, PapCode.ACK, identifier=number)
    client.open_ipcp()


@check("P15", "RFC 1334 §2.2.2", needs="ppp")
def wrong_pap_password_is_naked(bench: Bench) -> None:
    """Nak with our Identifier, then Terminate-Request and CDN."""
    client = _at_login(bench, "pap")
    number = client.send_pap(USER.encode(), b"wonderland")
    client.expect(PAP, PapCode.NAK, identifier=number)
    _expect_refused(client)


@check("L34", "4.4.2", needs="ppp")
def lack_of_an_address_is_lack_of_facilities(bench: Bench) -> None:
    """The right password, and no address to be had: Nak, Terminate-Request, and CDN 4 (facilities), error 4 (resources)."""
    client = _at_login(bench, "pap")
    number = client.send_pap(USER_WITHOUT_ADDRESS.encode(), PASSWORD.encode())
    client.expect(PAP, PapCode.NAK, identifier=number)
    request = client.expect(LCP, Code.TERMINATE_REQUEST)
    client.send(LCP, Code.TERMINATE_ACK, identifier=request.identifier)
    client.expect_cdn(4, error=4)


@check("P15", "RFC 1334 §2.2.1", needs="ppp")
def malformed_pap_is_ignored(bench: Bench) -> None:
    """Lengths that lie: no answer. The right request after them succeeds."""
    client = _at_login(bench, "pap")
    for content in (
        b"",
        b"\x05",
        b"\x05alice",
        b"\x05alice\x0d",
        b"\xff" + b"a" * 30,
        b"\x05alice\x0dlooking",
    ):
        client.send(PAP, PapCode.REQUEST, content)
    client.expect_none("not one can be read", (PAP, PapCode.ACK), (PAP, PapCode.NAK))
    client.log_in(USER, PASSWORD, "pap")


# -- P16: CHAP


@check("P16", "RFC 1994 §4.1", needs="ppp")
def challenges_are_fresh(bench: Bench) -> None:
    """16 octets, and never the same; a repetition is the same packet while nobody has answered."""
    values = set()
    for method in ("chap", "mschapv2"):
        for _ in range(3):
            challenge = _at_login(bench, method).expect(CHAP, ChapCode.CHALLENGE)
            values.add(challenge.data[1:17])
    if len(values) != 6:
        raise Failure("6 values", str(values))


@check("P16", "RFC 1994 §4.2", needs="ppp")
def response_is_answered_as_often_as_sent(bench: Bench) -> None:
    """The same Response again: the same answer again, byte for byte."""
    for method in ("chap", "mschapv2"):
        client = _at_login(bench, method)
        challenge = client.expect(CHAP, ChapCode.CHALLENGE)
        response = client.respond(challenge, USER.encode(), PASSWORD, method)
        first = client.expect(CHAP, ChapCode.SUCCESS)
        client.post(response)
        second = client.expect(CHAP, ChapCode.SUCCESS)
        if first.raw != second.raw:
            raise Failure(str(first), str(second))


@check("P16", "RFC 1994 §4.1", needs="ppp")
def response_with_another_identifier_is_ignored(bench: Bench) -> None:
    """Response to no Challenge: no answer. The right one after it succeeds."""
    client = _at_login(bench, "chap")
    challenge = client.expect(CHAP, ChapCode.CHALLENGE)
    client.respond(challenge, USER.encode(), PASSWORD, "chap", challenge.identifier ^ 0x55)
    client.expect_none("it answers nothing", (CHAP, ChapCode.SUCCESS), (CHAP, ChapCode.FAILURE))
    client.respond(challenge, USER.encode(), PASSWORD, "chap")
    client.expect(CHAP, ChapCode.SUCCESS)


@check("P16", "RFC 1994 §4.1", needs="ppp")
def values_of_other_sizes_do_not_log_in(bench: Bench) -> None:
    """Values of 0, 15, 17, 48 and 255 octets, and sizes that lie: ignored or refused, never Success."""
    for method in ("chap", "mschapv2"):
        client = _at_login(bench, method)
        challenge = client.expect(CHAP, ChapCode.CHALLENGE)
        for content in [bytes([n]) + b"v" * n + b"alice" for n in (0, 15, 17, 48, 50, 255)] + [
            b"",
            b"\xff123",
        ]:
            client.send(CHAP, ChapCode.RESPONSE, content, challenge.identifier)
        client.expect_none("no such digest", (CHAP, ChapCode.SUCCESS))


@check("P16", "RFC 1994 §4.2", needs="ppp")
def wrong_chap_password_fails(bench: Bench) -> None:
    """Failure with our Identifier, then Terminate-Request and CDN."""
    client = _at_login(bench, "chap")
    challenge = client.expect(CHAP, ChapCode.CHALLENGE)
    client.respond(challenge, USER.encode(), "wonderland", "chap")
    client.expect(CHAP, ChapCode.FAILURE, identifier=challenge.identifier)
    _expect_refused(client)


# -- P17, P18: MS-CHAPv2

_FAILURE = re.compile(rb"E=(\d+) R=([01]) C=([0-9A-F]{32}) V=3 M=(.*)", re.DOTALL)


def _parse_failure(failure: Packet) -> tuple[int, bool, bytes]:
    """Error, whether to try again, and the next challenge (RFC 2759 §6)."""
    found = _FAILURE.fullmatch(failure.data)
    if not found:
        raise Failure("E=... R=... C=... V=3 M=...", repr(failure.data))
    return int(found[1]), found[2] == b"1", bytes.fromhex(found[3].decode())


@check("P17", "RFC 2759 §5", needs="ppp")
def server_proves_that_it_knows_the_password(bench: Bench) -> None:
    """Success: "S=", the authenticator response in capitals, a space, "M=" and a text."""
    client = _at_login(bench, "mschapv2")
    success = client.log_in(USER, PASSWORD, "mschapv2")
    if not success.data.startswith(f"{client.proof} M=".encode()):
        raise Failure(client.proof, repr(success.data))


@check("P17", "RFC 2759 §6", needs="ppp")
def wrong_password_may_be_given_again(bench: Bench) -> None:
    """Failure 691 with R=1 and a new challenge: the right password with the next Identifier succeeds on it."""
    client = _at_login(bench, "mschapv2")
    challenge = client.expect(CHAP, ChapCode.CHALLENGE)
    client.respond(challenge, USER.encode(), "wonderland", "mschapv2")
    failure = client.expect(CHAP, ChapCode.FAILURE, identifier=challenge.identifier)
    error, again, value = _parse_failure(failure)
    if (error, again) != (691, True) or value == challenge.data[1:17]:
        raise Failure("E=691 R=1 and a new challenge", repr(failure.data))
    following = Packet(
        CHAP, ChapCode.CHALLENGE, challenge.identifier + 1 & 0xFF, b"\x10" + value, b""
    )
    client.respond(following, USER.encode(), PASSWORD, "mschapv2")
    client.expect(CHAP, ChapCode.SUCCESS, identifier=following.identifier)
    client.open_ipcp()


@check("P17", "RFC 2759 §6", needs="ppp")
def guesses_are_counted(bench: Bench) -> None:
    """After a few wrong passwords R=0, Terminate-Request and CDN. LCP begun anew in between buys none."""
    client = _at_login(bench, "mschapv2")
    challenge = client.expect(CHAP, ChapCode.CHALLENGE)
    for attempt in range(10):
        client.respond(challenge, _UNKNOWN.encode(), "wonderland", "mschapv2")
        failure = client.expect(CHAP, ChapCode.FAILURE, identifier=challenge.identifier)
        _, again, value = _parse_failure(failure)
        if not again:
            return _expect_refused(client)
        if attempt == 0:
            client.get(LCP, b"")
            client.grant("mschapv2")
            challenge = client.expect(CHAP, ChapCode.CHALLENGE)
        else:
            number = challenge.identifier + 1 & 0xFF
            challenge = Packet(CHAP, ChapCode.CHALLENGE, number, b"\x10" + value, b"")
    raise Failure("R=0", "ten guesses")


@check("P18", "RFC 2759 §4", needs="ppp")
def domain_is_not_in_the_hash(bench: Bench) -> None:
    """A user with a domain before the name: the hash is over the name alone, and the login succeeds."""
    client = _at_login(bench, "mschapv2")
    success = client.log_in(f"WONDERLAND\\{USER}", PASSWORD, "mschapv2")
    if not success.data.startswith(client.proof.encode()):
        raise Failure(client.proof, repr(success.data))


# -- P20: silence, and names


@check("P20", "RFC 1994 §4.1", needs="ppp")
def silent_client_is_challenged_again_and_dropped(bench: Bench) -> None:
    """The same Challenge again and again, and an end within a minute."""
    client = _at_login(bench, "chap")
    first = client.expect(CHAP, ChapCode.CHALLENGE)
    for _ in range(2):
        again = client.expect(CHAP, ChapCode.CHALLENGE, timeout=_RESTART + bench.settings.answer)
        if again.raw != first.raw:
            raise Failure(str(first), str(again))
    client.expect_cdn(timeout=_SET_UP_LIMIT + bench.settings.answer)


@check("P20", "RFC 1334 §2", needs="ppp")
def silent_pap_client_is_dropped(bench: Bench) -> None:
    """No login at all: an end within a minute."""
    _at_login(bench, "pap").expect_cdn(timeout=_SET_UP_LIMIT + bench.settings.answer)


_HOSTILE = (
    b"",
    b"\0",
    b"*",
    b"%n%s",
    b"../../etc/passwd",
    b"'; DROP TABLE users; --",
    b"$(reboot)",
    b"\x1b[2J\r\nsession up",
    b"alice\0",
    "Zo\u00eb".encode(),
    "Zo\u00eb".encode("latin-1"),
    b"\\",
    b"@",
    b"a" * 250,
    b"\xff" * 255,
)


@check("P20", "RFC 1994 §4.1", needs="ppp")
def hostile_names_are_refused(bench: Bench) -> None:
    """Empty, long, and names that are something else to a shell, a log or a database: Failure, and no harm."""
    lac = bench.lac()
    lac.open()
    for name in _HOSTILE:
        client = bench.ppp(lac)
        client.open_lcp(method="pap")
        number = client.send_pap(name, b"wrong" * 50)
        client.expect(PAP, PapCode.NAK, identifier=number)
        _expect_refused(client)
    client = bench.ppp(lac)
    client.open_lcp(method="chap")
    client.respond(client.expect(CHAP, ChapCode.CHALLENGE), b"b" * 300, "wrong", "chap")
    client.expect_none("no name is so long", (CHAP, ChapCode.SUCCESS))
    client.send(LCP, Code.ECHO_REQUEST, u32(client.magic))
    client.expect(LCP, Code.ECHO_REPLY)
