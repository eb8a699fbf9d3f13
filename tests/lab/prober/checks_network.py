# SPDX-License-Identifier: GPL-2.0-or-later
"""IPCP and what else is negotiated after the login: P21 to P25 of the project's list, and whole clients, P28."""

import random

from prober import ppp
from prober.peer import Failure
from prober.ppp import Code, Protocol, option
from prober.ppp_peer import PppClient
from prober.registry import Bench, check
from prober.scenarios import NAME_SERVER, PASSWORD, USER
from prober.wire import u16, u32

LCP, IPCP = Protocol.LCP, Protocol.IPCP
_ANY = bytes(4)  # 0.0.0.0, which asks to be told
_DNS = bytes(int(octet) for octet in NAME_SERVER.split("."))
_MAX_FAILURE = 5  # RFC 1661 §4.6
_CYCLES = 10


def _logged_in(bench: Bench) -> PppClient:
    """A client whose login has just succeeded. By PAP, which costs the least time."""
    client = bench.ppp()
    client.open_lcp(method="pap")
    client.log_in(USER, PASSWORD, "pap")
    return client


def _up(bench: Bench) -> tuple[PppClient, bytes]:
    client = _logged_in(bench)
    return client, client.open_ipcp()


def _told(client: PppClient) -> bytes:
    """The address that a Nak names to one that has none."""
    answer = client.ask(IPCP, option(ppp.ADDRESS, _ANY))
    address = ppp.value_of(answer.data, ppp.ADDRESS)
    if answer.code != Code.CONFIGURE_NAK or address is None:
        raise Failure("Configure-Nak with an address", str(answer))
    return address


# -- P21: the address


@check("P21", "RFC 1332 §3.3", needs="ppp")
def server_asks_for_its_address_only(bench: Bench) -> None:
    """Its request has its own address and nothing else; when the client rejects it, the link comes up without."""
    client = _logged_in(bench)
    request = client.request(IPCP)
    if [kind for kind, _ in ppp.options_of(request.data)] != [ppp.ADDRESS]:
        raise Failure("IP-Address", str(request))
    client.answer(request, Code.CONFIGURE_REJECT)
    again = client.request(IPCP)
    if again.data:
        raise Failure("a request without options", str(again))
    client.answer(again, Code.CONFIGURE_ACK)
    client.get(IPCP, option(ppp.ADDRESS, _told(client)))
    client.expect_lives()


@check("P21", "RFC 1332 §3.3", needs="ppp")
def foreign_address_is_never_granted(bench: Bench) -> None:
    """Another's address, the server's own, or none at all that is good: Nak with ours, at last Reject, never Ack."""
    client = _logged_in(bench)
    server = ppp.value_of(client.request(IPCP).data, ppp.ADDRESS) or _ANY
    answers = []
    for wish in (b"\xc0\xa8\x01\x01", server, b"\x7f\0\0\1", b"\xff\xff\xff\xff", b"\xe0\0\0\1"):
        answers.append(client.ask(IPCP, option(ppp.ADDRESS, wish)))
    answers += [client.ask(IPCP, option(ppp.ADDRESS, b"\x08\x08\x08\x08")) for _ in range(3)]
    codes = [one.code for one in answers]
    if Code.CONFIGURE_ACK in codes or codes[-1] != Code.CONFIGURE_REJECT:
        raise Failure("Naks, then Rejects", str(codes))
    named = {one.data for one in answers[:_MAX_FAILURE]}
    if len(named) != 1:
        raise Failure("one address in every Nak", str(named))


@check("P21", "RFC 1332 §3.3", needs="ppp")
def address_left_out_is_appended(bench: Bench) -> None:
    """A request without IP-Address gets a Nak that has it; asked for, it is granted."""
    client = _logged_in(bench)
    answer = client.ask(IPCP, b"")
    address = ppp.value_of(answer.data, ppp.ADDRESS)
    if answer.code != Code.CONFIGURE_NAK or address is None:
        raise Failure("Configure-Nak with an address", str(answer))
    client.get(IPCP, option(ppp.ADDRESS, address))
    client.answer(client.request(IPCP), Code.CONFIGURE_ACK)
    client.expect_pong(address)


@check("P21", "RFC 1332 §3", needs="ppp")
def other_options_are_rejected_as_they_came(bench: Bench) -> None:
    """IP-Addresses, Van Jacobson and strangers: exact copies, in their order. The session comes up without."""
    client = _logged_in(bench)
    address = _told(client)
    bad = [
        option(ppp.COMPRESSION, b"\x00\x2d\x0f\x01"),
        option(ppp.ADDRESSES, bytes(8)),
        option(4, _ANY),
        option(0xFE, b"x" * 60),
    ]
    mixed = bad[0] + option(ppp.ADDRESS, address) + b"".join(bad[1:])
    client.expect_answer(IPCP, mixed, Code.CONFIGURE_REJECT, b"".join(bad))
    client.get(IPCP, option(ppp.ADDRESS, address))
    client.answer(client.request(IPCP), Code.CONFIGURE_ACK)
    client.expect_pong(address)


@check("P21", "RFC 1661 §6", needs="ppp")
def broken_options_are_refused(bench: Bench) -> None:
    """An address of 3 octets, and one twice: Nak or Reject. A length that lies: no Ack."""
    client = _logged_in(bench)
    address = _told(client)
    good = option(ppp.ADDRESS, address)
    for options in (option(ppp.ADDRESS, address[:3]), good + good):
        if client.ask(IPCP, options).code == Code.CONFIGURE_ACK:
            raise Failure(f"no Ack to {options.hex()}", "Configure-Ack")
    for options in (b"\x03\x00", b"\x03\x07" + address, good + b"\x81"):
        number = client.fresh_identifier()
        client.post(ppp.frame(IPCP, ppp.packet(Code.CONFIGURE_REQUEST, number, options)))
    client.get(IPCP, good)


# -- P22: name servers


@check("P22", "RFC 1877 §1", needs="ppp")
def name_servers_are_told_or_rejected(bench: Bench) -> None:
    """The one name server that there is: Nak with it. A second, and WINS: Reject. Never an Ack of 0.0.0.0."""
    client = _logged_in(bench)
    address = _told(client)
    servers = (ppp.DNS, ppp.WINS, ppp.SECOND_DNS, ppp.SECOND_WINS)
    everything = option(ppp.ADDRESS, address) + b"".join(option(kind, _ANY) for kind in servers)
    lacking = b"".join(option(kind, _ANY) for kind in servers[1:])
    client.expect_answer(IPCP, everything, Code.CONFIGURE_REJECT, lacking)
    rest = option(ppp.ADDRESS, address) + option(ppp.DNS, _ANY)
    client.expect_answer(IPCP, rest, Code.CONFIGURE_NAK, option(ppp.DNS, _DNS))
    for wrong in (b"\x08\x08\x08\x08", _ANY):
        if client.ask(IPCP, option(ppp.DNS, wrong)).code == Code.CONFIGURE_ACK:
            raise Failure("no Ack of another name server", "Configure-Ack")
    client.get(IPCP, option(ppp.ADDRESS, address) + option(ppp.DNS, _DNS))


# -- P23: again and again


@check("P23", "RFC 1661 §4.3", needs="ppp")
def renegotiated_ipcp_gives_the_same_address(bench: Bench) -> None:
    """Configure-Request in open IPCP: negotiated anew, the address is the same, and packets pass again."""
    client, address = _up(bench)
    for _ in range(3):
        again = _told(client)
        if again != address:
            raise Failure(ppp.ip(address), ppp.ip(again))
        client.get(IPCP, option(ppp.ADDRESS, address))
        client.answer(client.request(IPCP), Code.CONFIGURE_ACK)
        client.expect_pong(address)


@check("P23", "RFC 1661 §5.5", needs="ppp")
def closed_ipcp_is_acknowledged(bench: Bench) -> None:
    """Terminate-Request of IPCP is acknowledged, and LCP stays open for it to be negotiated anew."""
    client, _ = _up(bench)
    number = client.send(IPCP, Code.TERMINATE_REQUEST)
    client.expect(IPCP, Code.TERMINATE_ACK, identifier=number)
    client.expect_lives()


@check("P23", "RFC 1661 §5.6", needs="ppp")
def unknown_code_of_ipcp_is_rejected(bench: Bench) -> None:
    """Codes that only LCP has are unknown to IPCP: Code-Reject; the session lives."""
    client, address = _up(bench)
    for code in (0, Code.ECHO_REQUEST, Code.IDENTIFICATION, 77):
        client.send(IPCP, code, u32(0))
        client.expect(IPCP, Code.CODE_REJECT)
    client.expect_pong(address)


@check("P23", "RFC 1332 §3.3", needs="ppp")
def everybody_gets_another_address(bench: Bench) -> None:
    """Four sessions of one user side by side: four addresses, and each carries packets."""
    lac = bench.lac()
    lac.open()
    clients = [bench.ppp(lac) for _ in range(4)]
    addresses = [client.connect(USER, PASSWORD) for client in clients]
    if len(set(addresses)) != len(clients):
        raise Failure("four addresses", str([ppp.ip(one) for one in addresses]))
    for client, address in zip(clients, addresses, strict=True):
        client.expect_pong(address)


@check("P23", "RFC 1661 §3.7", needs="ppp")
def sessions_come_and_go(bench: Bench) -> None:
    """Ten times up and down in one tunnel, each with packets that pass."""
    lac = bench.lac()
    lac.open()
    for _ in range(_CYCLES):
        client = bench.ppp(lac)
        client.expect_pong(client.connect(USER, PASSWORD))
        client.hang_up()


# -- P24, P25: what is switched off


@check("P24", "RFC 1661 §5.7", needs="ppp")
def ipv6_that_is_off_is_rejected(bench: Bench) -> None:
    """IPV6CP: Protocol-Reject, while IPCP is being negotiated and after; IPv4 lives."""
    client = _logged_in(bench)
    request = option(1, b"\x02\0\0\xff\xfe\0\0\1")
    client.send(Protocol.IPV6CP, Code.CONFIGURE_REQUEST, request)
    client.expect(LCP, Code.PROTOCOL_REJECT)
    address = client.open_ipcp()
    client.send(Protocol.IPV6CP, Code.CONFIGURE_REQUEST, request)
    client.expect(LCP, Code.PROTOCOL_REJECT)
    client.expect_pong(address)


@check("P25", "RFC 1962 §2", needs="ppp")
def compression_and_encryption_are_rejected(bench: Bench) -> None:
    """CCP, with MPPE or without, is rejected, and so are its Reset-Request and compressed packets ignored; IPv4 lives."""
    client = _logged_in(bench)
    client.send(Protocol.CCP, Code.CONFIGURE_REQUEST, b"\x12\x06\x01\x00\x00\x60")
    client.expect(LCP, Code.PROTOCOL_REJECT)
    address = client.open_ipcp()
    client.send(
        Protocol.CCP, Code.CONFIGURE_REQUEST, b"\x1a\x04\x78\x00\x18\x04\x78\x00\x15\x03\x2f"
    )
    client.expect(LCP, Code.PROTOCOL_REJECT)
    client.send(Protocol.CCP, 14, b"")  # Reset-Request (RFC 1962 §3)
    for _ in range(3):
        client.post(ppp.frame(Protocol.COMPRESSED, b"\x90\0" + bytes(60)))
    client.listen()
    client.expect_pong(address)


# -- P28: whole clients

_CLIENTS = {
    # LCP's options, of which some will be rejected; the protocols that come with IPCP; IPCP's options besides the address
    "windows": (
        option(ppp.MRU, u16(1400)),
        option(ppp.PFC) + option(ppp.ACFC) + option(ppp.CALLBACK, b"\x06"),
        (Protocol.IPV6CP, Protocol.CCP),
        (ppp.DNS, ppp.WINS, ppp.SECOND_DNS, ppp.SECOND_WINS),
    ),
    "macos": (
        option(ppp.ACCM, u32(0)),
        option(ppp.PFC) + option(ppp.ACFC),
        (Protocol.IPV6CP, Protocol.ACSCP),
        (ppp.DNS, ppp.SECOND_DNS),
    ),
    "mikrotik": (
        option(ppp.MRU, u16(1450)),
        option(ppp.MRRU, u16(1600)),
        (Protocol.CCP, Protocol.MPLSCP),
        (ppp.DNS, ppp.SECOND_DNS),
    ),
}


@check("P28", "RFC 1661 §5.7", needs="ppp")
def whole_clients_come_up(bench: Bench) -> None:
    """Windows, macOS and MikroTik with all they ask for, by MS-CHAPv2: everything foreign is rejected, packets pass."""
    for good, bad, protocols, servers in _CLIENTS.values():
        client = bench.ppp()
        magic = option(ppp.MAGIC, u32(client.magic))
        client.expect_answer(LCP, good + magic + bad, Code.CONFIGURE_REJECT, bad)
        client.open_lcp(good + magic, "mschapv2")
        for text in (b"MSRASV5.20", b"MSRAS-0-PC", bytes(16)):
            client.send(LCP, Code.IDENTIFICATION, u32(client.magic) + text)
        client.log_in(USER, PASSWORD, "mschapv2")
        for protocol in protocols:
            client.send(protocol, Code.CONFIGURE_REQUEST, b"\x01\x06" + bytes(4))
        wishes = b"".join(option(kind, _ANY) for kind in servers)
        rejected = client.ask(IPCP, option(ppp.ADDRESS, _ANY) + wishes)
        if rejected.code != Code.CONFIGURE_REJECT:
            raise Failure("Configure-Reject of what there is not", str(rejected))
        told = client.ask(IPCP, option(ppp.ADDRESS, _ANY) + option(ppp.DNS, _ANY))
        client.get(IPCP, told.data)
        for _ in protocols:
            client.expect(LCP, Code.PROTOCOL_REJECT)
        client.answer(client.request(IPCP), Code.CONFIGURE_ACK)
        client.expect_pong(ppp.value_of(told.data, ppp.ADDRESS) or _ANY)


@check("P28", "RFC 1661 §5", needs="ppp")
def garbage_does_no_harm(bench: Bench) -> None:
    """Mutated packets of every protocol, in every phase: an honest client is served afterwards."""
    chaos = random.Random(1661)
    lac = bench.lac()
    lac.open()
    for phase in range(3):
        client = bench.ppp(lac)
        if phase > 0:
            client.open_lcp(method="pap")
        if phase > 1:
            client.log_in(USER, PASSWORD, "pap")
        for _ in range(150):
            protocol = chaos.choice([*Protocol, chaos.randrange(0x10000)])
            octets = bytearray(
                ppp.packet(
                    chaos.randrange(16), chaos.randrange(256), chaos.randbytes(chaos.randrange(40))
                )
            )
            for _ in range(chaos.randrange(3)):
                octets[chaos.randrange(len(octets))] = chaos.randrange(256)
            client.post_payload(ppp.ADDRESS_AND_CONTROL + ppp.frame(protocol, bytes(octets)))
        # What comes back is not judged: it answers packets that no client would send.
        lac.listen(0.5)
        lac.frames.clear()
        lac.inbox.clear()
    honest, address = _up(bench)
    honest.expect_pong(address)
