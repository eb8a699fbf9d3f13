# SPDX-License-Identifier: GPL-2.0-or-later
"""Garbage on every open door. The daemon goes on serving, and under its sanitizers."""

import random
import socket
import struct

from lab import topology
from lab.peers.sallyportd import STATUS_SOCKET, Json, Sallyportd
from lab.scenario import Scenario

_FLAGS_CONTROL = 0xC802  # T, L and S bits, version 2


def avp(kind: int, value: bytes, flags: int = 0x8000, vendor: int = 0) -> bytes:
    """An attribute-value pair (RFC 2661 §4.1)."""
    return struct.pack("!HHH", flags | (6 + len(value)), vendor, kind) + value


def control(
    *avps: bytes,
    flags: int = _FLAGS_CONTROL,
    tunnel: int = 0,
    session: int = 0,
    ns: int = 0,
    nr: int = 0,
) -> bytes:
    """A control message (RFC 2661 §3.1)."""
    body = b"".join(avps)
    return struct.pack("!HHHHHH", flags, 12 + len(body), tunnel, session, ns, nr) + body


def sccrq() -> bytes:
    return control(
        avp(0, struct.pack("!H", 1)),
        avp(2, b"\x01\x00"),
        avp(3, struct.pack("!I", 3)),
        avp(7, b"mallory"),
        avp(9, struct.pack("!H", 7)),
    )


def garbage() -> list[bytes]:
    """Datagrams of which not one may leave a tunnel behind."""
    good = sccrq()
    chaos = random.Random(1701)
    datagrams = [good[:length] for length in range(len(good))]
    datagrams += [chaos.randbytes(chaos.randrange(1, 1400)) for _ in range(200)]
    # Each message type, to a tunnel that does not exist.
    datagrams += [
        control(avp(0, struct.pack("!H", kind)), tunnel=4711, session=12) for kind in range(20)
    ]
    # Data messages with all combinations of the L, S, O and P bits, cut short.
    datagrams += [
        struct.pack("!HHHHHH", bits << 8 | 2, 12, 4711, 12, 0xFFFF, 0xFFFF)
        for bits in range(0x00, 0x80)
    ]
    # AVPs that end before they begin, run past the end, or claim to be hidden.
    for length in (0, 1, 5, 6, 7, 1023):
        datagrams.append(
            control(avp(0, struct.pack("!H", 1)), struct.pack("!HHH", 0x8000 | length, 0, 7))
        )
    datagrams.append(
        control(
            avp(0, struct.pack("!H", 1)), avp(7, b"hidden without a random vector", flags=0xC000)
        )
    )
    # Versions 1 (L2F) and 3, a Length beyond the datagram, one shorter than the header.
    datagrams += [struct.pack("!H", 0xC800 | version) + good[2:] for version in (0, 1, 3, 15)]
    datagrams += [
        good[:2] + struct.pack("!H", length) + good[4:] for length in (0, 11, 12, 13, 0xFFFF)
    ]
    return datagrams


def test_garbage_on_the_l2tp_port(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(l2tp={"retransmit_initial_ms": 500, "retransmit_max": 2})

    script = "import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n" + (
        f"for line in sys.stdin: s.sendto(bytes.fromhex(line), ('{topology.GATEWAY_OUTER}', 1701))\n"
    )
    lines = "".join(datagram.hex() + "\n" for datagram in garbage())
    lab.net.client4.run("/usr/bin/python3", "-c", script, stdin=lines)

    # An honest client comes through, and in the end nothing is left of the others.
    laptop = lab.client(lab.net.client3, psk=None)
    link = laptop.connect()
    lab.check_both_ways(laptop, link.address)
    assert sum(gateway.status()["drops"]["l2tp"].values()) > 0
    laptop.hang_up()
    gateway.wait_no_sessions()


def raw_exchange(gateway: Sallyportd, request: bytes) -> bytes:
    """Sends bytes to the status socket, closes that direction, and gives all that comes back."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(20)
        connection.connect(str(gateway.host.path(STATUS_SOCKET)))
        answer = b""
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                answer += chunk
        except (BrokenPipeError, ConnectionResetError):
            pass  # Cut off: as good an answer as any to such a request.
        return answer


def test_garbage_on_the_status_socket(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway()
    chaos = random.Random(80)

    for request in (
        b"",
        b"\r\n\r\n",
        b"\x00" * 4096,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /v1/status HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"POST /v1/sessions:disconnect HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n{",
        b"POST /v1/sessions:disconnect HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}",
        *(chaos.randbytes(1000) for _ in range(20)),
    ):
        answer = raw_exchange(gateway, request)
        assert not answer.startswith(b"HTTP/1.1 2"), (request[:60], answer[:200])

    # Requests that HTTP allows and we do not.
    assert gateway.request("GET", "/v1/nothing")[0] == 404
    assert gateway.request("GET", "/v1/sessions/nobody")[0] == 404
    assert gateway.request("DELETE", "/v1/status")[0] == 405
    bodies: list[Json] = [
        {},
        {"filter": {}},
        {"all": "yes"},
        {"filter": 7},
        {"filter": {"name": "x"}},
    ]
    for body in bodies:
        code, _ = gateway.request("POST", "/v1/sessions:disconnect", body)
        assert code == 400, body

    # Connections that say nothing do not shut others out.
    idle = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(20)]
    for connection in idle:
        connection.connect(str(gateway.host.path(STATUS_SOCKET)))
    assert gateway.status()["state"] == "running"
    for connection in idle:
        connection.close()
