#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripted_lac.py LNS PPPD_OPTIONS     an L2TP access concentrator that dials once, over IPv4 or IPv6

xl2tpd speaks IPv4 only (its issue 183). Here the control connection is this script's own, independent of the project's
code; tunnel, session and data path are the kernel's l2tp_ppp, and PPP is the stock pppd with its pppol2tp plugin.
SIGTERM hangs up: pppd first, then CDN and StopCCN. It ends with 0 after a call, with 1 when the LNS did not answer or
refused.
"""

import ctypes
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
ASSIGNED_SESSION, SERIAL_NUMBER, FRAMING_TYPE, CONNECT_SPEED = 14, 15, 19, 24
TUNNEL, SESSION = 0x1234, 0x5678  # ours

AF_PPPOX, PX_PROTO_OL2TP = 24, 1  # linux/socket.h, linux/if_pppox.h


def u16(value: int) -> bytes:
    return struct.pack("!H", value)


def u32(value: int) -> bytes:
    return struct.pack("!I", value)


def avp(kind: int, value: bytes) -> bytes:
    """A mandatory attribute-value pair (RFC 2661 §4.1)."""
    return struct.pack("!HHH", 0x8000 | (6 + len(value)), 0, kind) + value


def attributes(body: bytes) -> dict[int, bytes]:
    """The AVPs of a message by type; none is hidden from us, for we share no secret."""
    found = {}
    while len(body) >= 6:
        length, _vendor, kind = struct.unpack("!HHH", body[:6])
        length &= 0x3FF
        found[kind] = body[6:length]
        body = body[length:]
    return found


class Ended(Exception):
    """The LNS closed the call or the tunnel, or did not answer."""


class Lac:
    """One tunnel with one call."""

    def __init__(self, lns: str) -> None:
        family = socket.AF_INET6 if ":" in lns else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.udp.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", PORT))
        self.udp.connect((lns, PORT))
        self.udp.settimeout(1)
        self.ns = self.nr = self.acknowledged = 0
        self.peer_tunnel = self.peer_session = 0
        self.hang_up = self.call_over = False
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
        flags, length, _tunnel, _session, ns, nr = struct.unpack("!HHHHHH", datagram[:12])
        if not flags & 0x8000:
            return None
        self.acknowledged = nr
        if length == 12:
            return None  # a bare acknowledgement (ZLB, RFC 2661 §5.8)
        found = attributes(datagram[12:length])
        fresh = ns == self.nr
        if fresh:
            self.nr = (self.nr + 1) & 0xFFFF
        self._transmit(0, self.ns, b"")
        if not fresh:
            return None
        kind = struct.unpack("!H", found[0])[0]
        print(f"received message type {kind}", flush=True)
        if kind == CDN and self.peer_session:
            self.call_over = True
        elif kind in (STOPCCN, CDN):
            raise Ended(f"message type {kind}, result {found.get(RESULT_CODE, b'').hex()}")
        return kind, found

    def send(
        self, kind: int, session: int, *avps: bytes, until: int | None = None
    ) -> dict[int, bytes]:
        """Sends a message, again each second until it is acknowledged and, if `until` is given, answered by that type."""
        ns, body = self.ns, avp(0, u16(kind)) + b"".join(avps)
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
        """SCCRQ to ICRP."""
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
        reply = self.send(
            ICRQ, 0, avp(ASSIGNED_SESSION, u16(SESSION)), avp(SERIAL_NUMBER, u32(1)), until=ICRP
        )
        (self.peer_session,) = struct.unpack("!H", reply[ASSIGNED_SESSION])
        print(f"tunnel {self.peer_tunnel} session {self.peer_session}", flush=True)

    def answer(self) -> None:
        """ICCN: the call is up."""
        self.send(
            ICCN, self.peer_session, avp(CONNECT_SPEED, u32(10_000_000)), avp(FRAMING_TYPE, u32(1))
        )

    def goodbye(self) -> None:
        """CDN and StopCCN, both "for administrative reasons" (RFC 2661 §4.4.2)."""
        self.hang_up = False
        if not self.call_over:
            self.send(
                CDN,
                self.peer_session,
                avp(RESULT_CODE, u16(3)),
                avp(ASSIGNED_SESSION, u16(SESSION)),
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


def run(lac: Lac, options: str) -> None:
    lac.dial()
    tunnel = pppox_socket(lac.udp, (TUNNEL, 0, lac.peer_tunnel, 0))
    session = pppox_socket(lac.udp, (TUNNEL, SESSION, lac.peer_tunnel, lac.peer_session))
    lac.answer()
    words = ["pppd", "plugin", "pppol2tp.so", "pppol2tp", str(session), "nodetach", "file", options]
    pppd = subprocess.Popen(words, pass_fds=[session])
    try:
        while not (lac.hang_up or lac.call_over or pppd.poll() is not None):
            lac.receive()
        pppd.terminate()
        pppd.wait(timeout=60)
        lac.goodbye()
    finally:
        pppd.terminate()
        pppd.wait(timeout=60)
        os.close(session)
        os.close(tunnel)


def main(lns: str, options: str) -> int:
    lac = Lac(lns)
    try:
        run(lac, options)
    except Ended as end:
        print(f"ended: {end}", flush=True)
        return 0 if lac.peer_session else 1
    print("ended: hung up", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
