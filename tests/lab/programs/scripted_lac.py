#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripted_lac.py LNS PPPD_OPTIONS [SESSIONS [SECRET]]     an L2TP access concentrator that dials once, over IPv4 or IPv6

xl2tpd speaks IPv4 only (its issue 183). Here the control connection is this script's own, independent of the project's
code; tunnel, sessions and data path are the kernel's l2tp_ppp, and PPP is the stock pppd with its pppol2tp plugin, one for
each of the SESSIONS. With a SECRET all that RFC 2661 §4.4 lets it hide is hidden, and what comes hidden is read.
SIGTERM hangs up: pppd first, then CDN and StopCCN. It ends with 0 after a call, with 1 when the LNS did not answer or
refused.
"""

import ctypes
import hashlib
import os
import signal
import socket
import struct
import subprocess
import sys
import time

PORT = 1701  # RFC 2661 §8.1
ATTEMPTS = 30  # each a second apart; the lab's machines are slow
# Message Types, RFC 2661 §3.2; AVPs, §4.4
SCCRQ, SCCRP, SCCCN, STOPCCN, HELLO, ICRQ, ICRP, ICCN, CDN = 1, 2, 3, 4, 6, 10, 11, 12, 14
RESULT_CODE, PROTOCOL_VERSION, FRAMING, HOST_NAME, ASSIGNED_TUNNEL, WINDOW = 1, 2, 3, 7, 9, 10
ASSIGNED_SESSION, SERIAL_NUMBER, FRAMING_TYPE, CONNECT_SPEED, RANDOM_VECTOR = 14, 15, 19, 24, 36
MAY_BE_HIDDEN = (
    FRAMING,
    ASSIGNED_TUNNEL,
    ASSIGNED_SESSION,
    SERIAL_NUMBER,
    FRAMING_TYPE,
    CONNECT_SPEED,
)
HIDDEN = 0x4000  # the H bit, §4.1
TUNNEL, SESSION = 0x1234, 0x5678  # ours; the sessions count up from there

AF_PPPOX, PX_PROTO_OL2TP = 24, 1  # linux/socket.h, linux/if_pppox.h


def u16(value: int) -> bytes:
    return struct.pack("!H", value)


def u32(value: int) -> bytes:
    return struct.pack("!I", value)


def avp(kind: int, value: bytes) -> bytes:
    """A mandatory attribute-value pair (RFC 2661 §4.1)."""
    return struct.pack("!HHH", 0x8000 | (6 + len(value)), 0, kind) + value


def mix(kind: int, octets: bytes, secret: bytes, vector: bytes, *, hiding: bool) -> bytes:
    """Hides the value of an AVP, or reads a hidden one: a chain of MD5 over blocks of 16 octets (RFC 2661 §4.3)."""
    mask, mixed = hashlib.md5(u16(kind) + secret + vector).digest(), b""
    for start in range(0, len(octets), 16):
        block = octets[start : start + 16]
        out = bytes(a ^ b for a, b in zip(block, mask, strict=False))
        mask = hashlib.md5(secret + (out if hiding else block)).digest()
        mixed += out
    return mixed


def hide(avps: bytes, secret: bytes) -> bytes:
    """The AVPs of a message after its Message Type, with those hidden that may be."""
    vector = os.urandom(16)
    hidden = avp(RANDOM_VECTOR, vector)
    while avps:
        length, _vendor, kind = struct.unpack("!HHH", avps[:6])
        value = avps[6 : length & 0x3FF]
        if kind in MAY_BE_HIDDEN:
            value = mix(kind, u16(len(value)) + value, secret, vector, hiding=True)
            hidden += struct.pack("!HHH", 0x8000 | HIDDEN | (6 + len(value)), 0, kind) + value
        else:
            hidden += avps[: length & 0x3FF]
        avps = avps[length & 0x3FF :]
    return hidden


def attributes(body: bytes, secret: bytes) -> dict[int, bytes]:
    """The AVPs of a message by type."""
    found: dict[int, bytes] = {}
    while len(body) >= 6:
        bits, _vendor, kind = struct.unpack("!HHH", body[:6])
        value = body[6 : bits & 0x3FF]
        if bits & HIDDEN:
            plain = mix(kind, value, secret, found[RANDOM_VECTOR], hiding=False)
            value = plain[2 : 2 + struct.unpack("!H", plain[:2])[0]]
        found[kind] = value
        body = body[bits & 0x3FF :]
    return found


class Ended(Exception):
    """The LNS closed the call or the tunnel, or did not answer."""


class Lac:
    """One tunnel with its calls."""

    def __init__(self, lns: str, secret: bytes) -> None:
        self.secret = secret
        family = socket.AF_INET6 if ":" in lns else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.udp.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", PORT))
        self.udp.connect((lns, PORT))
        self.udp.settimeout(1)
        self.ns = self.nr = self.acknowledged = 0
        self.peer_tunnel = 0
        self.peer_sessions: dict[int, int] = {}  # by ours
        self.hang_up = self.called = False
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _signal: int, _frame: object) -> None:
        self.hang_up = True

    def _transmit(self, session: int, ns: int, body: bytes) -> None:
        header = struct.pack(
            "!HHHHHH", 0xC802, 12 + len(body), self.peer_tunnel, session, ns, self.nr
        )
        try:
            self.udp.send(header + body)
        except OSError as error:  # an ICMP error of an earlier datagram, or no SA yet
            print(f"send: {error}", flush=True)

    def receive(self) -> tuple[int, dict[int, bytes]] | None:
        """The next new message, acknowledged; nothing after a second without one."""
        try:
            datagram = self.udp.recv(4096)
        except OSError:
            return None
        flags, length, _tunnel, session, ns, nr = struct.unpack("!HHHHHH", datagram[:12])
        if not flags & 0x8000:
            return None
        self.acknowledged = nr
        if length == 12:
            return None  # a bare acknowledgement (ZLB, RFC 2661 §5.8)
        found = attributes(datagram[12:length], self.secret)
        fresh = ns == self.nr
        if fresh:
            self.nr = (self.nr + 1) & 0xFFFF
        self._transmit(0, self.ns, b"")
        if not fresh:
            return None
        kind = struct.unpack("!H", found[0])[0]
        print(f"received message type {kind}", flush=True)
        if kind == CDN and session in self.peer_sessions:
            del self.peer_sessions[session]
        elif kind in (STOPCCN, CDN):
            raise Ended(f"message type {kind}, result {found.get(RESULT_CODE, b'').hex()}")
        return kind, found

    def send(
        self, kind: int, session: int, *avps: bytes, until: int | None = None
    ) -> dict[int, bytes]:
        """Sends a message, again each second until it is acknowledged and, if `until` is given, answered by that type."""
        rest = b"".join(avps)
        ns, body = self.ns, avp(0, u16(kind)) + (hide(rest, self.secret) if self.secret else rest)
        self.ns = (self.ns + 1) & 0xFFFF
        self.acknowledged = ns
        for _ in range(ATTEMPTS):
            self._transmit(session, ns, body)
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline:
                message = self.receive()
                if message and message[0] == until:
                    return message[1]
                if until is None and self.acknowledged == self.ns:
                    return {}
            if self.hang_up:
                raise Ended("hung up")
        raise Ended(f"no answer to message type {kind}")

    def dial(self) -> None:
        """SCCRQ to SCCCN."""
        reply = self.send(
            SCCRQ,
            0,
            avp(PROTOCOL_VERSION, b"\x01\x00"),
            avp(FRAMING, u32(3)),
            avp(HOST_NAME, b"scripted"),
            avp(ASSIGNED_TUNNEL, u16(TUNNEL)),
            avp(WINDOW, u16(4)),
            until=SCCRP,
        )
        (self.peer_tunnel,) = struct.unpack("!H", reply[ASSIGNED_TUNNEL])
        self.send(SCCCN, 0)

    def call(self, session: int) -> None:
        """ICRQ and ICRP."""
        serial = avp(SERIAL_NUMBER, u32(session))
        reply = self.send(ICRQ, 0, avp(ASSIGNED_SESSION, u16(session)), serial, until=ICRP)
        (self.peer_sessions[session],) = struct.unpack("!H", reply[ASSIGNED_SESSION])
        self.called = True
        print(f"tunnel {self.peer_tunnel} session {self.peer_sessions[session]}", flush=True)

    def answer(self, session: int) -> None:
        """ICCN: the call is up."""
        speed = avp(CONNECT_SPEED, u32(10_000_000))
        self.send(ICCN, self.peer_sessions[session], speed, avp(FRAMING_TYPE, u32(1)))

    def goodbye(self) -> None:
        """CDN and StopCCN, both "for administrative reasons" (RFC 2661 §4.4.2)."""
        self.hang_up = False
        for session, peer_session in list(self.peer_sessions.items()):
            self.send(
                CDN, peer_session, avp(RESULT_CODE, u16(3)), avp(ASSIGNED_SESSION, u16(session))
            )
        self.send(STOPCCN, 0, avp(RESULT_CODE, u16(6)), avp(ASSIGNED_TUNNEL, u16(TUNNEL)))


def pppox_socket(udp: socket.socket, ids: tuple[int, int, int, int]) -> int:
    """A PPPoL2TP socket: of a tunnel that is made on `udp` (sessions 0), or of a session in it.

    sockaddr_pppol2tp and sockaddr_pppol2tpin6 of linux/if_pppol2tp.h: the kernel tells them apart by their length, takes
    the descriptor and the ids, and nothing of the peer's address, which the UDP socket knows.
    """
    fd = ctypes.CDLL(None, use_errno=True).socket(AF_PPPOX, socket.SOCK_DGRAM, PX_PROTO_OL2TP)
    head = struct.pack("=HI", AF_PPPOX, PX_PROTO_OL2TP) + struct.pack("=ii", 0, udp.fileno())
    numbers = struct.pack("=HHHH", *ids)
    if udp.family == socket.AF_INET6:
        address = head + numbers + struct.pack("=H26x", socket.AF_INET6)
    else:
        address = head + struct.pack("=H14x", socket.AF_INET) + numbers
    if fd < 0 or ctypes.CDLL(None, use_errno=True).connect(fd, address, len(address)) < 0:
        raise OSError(ctypes.get_errno(), "PPPoL2TP socket")
    return fd


def connect(lac: Lac, session: int, options: str) -> subprocess.Popen[bytes]:
    """A call from ICRQ to its pppd, which keeps the kernel's session."""
    lac.call(session)
    fd = pppox_socket(lac.udp, (TUNNEL, session, lac.peer_tunnel, lac.peer_sessions[session]))
    lac.answer(session)
    words = ["pppd", "plugin", "pppol2tp.so", "pppol2tp", str(fd), "nodetach", "file", options]
    pppd = subprocess.Popen(words, pass_fds=[fd])
    os.close(fd)
    return pppd


def run(lac: Lac, options: str, sessions: int) -> None:
    lac.dial()
    tunnel = pppox_socket(lac.udp, (TUNNEL, 0, lac.peer_tunnel, 0))
    pppds = []
    try:
        for number in range(sessions):
            pppds.append(connect(lac, SESSION + number, options))
        while lac.peer_sessions and not (lac.hang_up or any(p.poll() is not None for p in pppds)):
            lac.receive()
        for pppd in pppds:
            pppd.terminate()
        for pppd in pppds:
            pppd.wait(timeout=60)
        lac.goodbye()
    finally:
        for pppd in pppds:
            pppd.terminate()
            pppd.wait(timeout=60)
        os.close(tunnel)


def main(lns: str, options: str, sessions: str = "1", secret: str = "") -> int:
    lac = Lac(lns, secret.encode())
    try:
        run(lac, options, int(sessions))
    except Ended as end:
        print(f"ended: {end}", flush=True)
        return 0 if lac.called else 1
    print("ended: hung up", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
