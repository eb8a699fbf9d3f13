#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A name server for one name: dns_server.py ADDRESS NAME AAAA. Every other question gets NXDOMAIN."""

import socket
import struct
import sys

AAAA = 28  # RFC 3596 §2.1
NXDOMAIN = 3  # RFC 1035 §4.1.1


def question(message: bytes) -> tuple[str, int, int]:
    """The name and type that are asked for, and where the question ends (RFC 1035 §4.1.2)."""
    labels, offset = [], 12
    while message[offset]:
        labels.append(message[offset + 1 : offset + 1 + message[offset]].decode())
        offset += 1 + message[offset]
    (kind,) = struct.unpack_from("!H", message, offset + 1)
    return ".".join(labels), kind, offset + 5


def answer(message: bytes, known: str, address: str) -> bytes:
    name, kind, end = question(message)
    here = name.lower() == known
    found = here and kind == AAAA
    flags = 0x8580 | (0 if here else NXDOMAIN)
    reply = message[:2] + struct.pack("!HHHHH", flags, 1, int(found), 0, 0) + message[12:end]
    if found:
        data = socket.inet_pton(socket.AF_INET6, address)
        reply += struct.pack("!HHHIH", 0xC00C, AAAA, 1, 60, len(data)) + data
    return reply


def main() -> None:
    listen, known, address = sys.argv[1:]
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind((listen, 53))
    print("ready", flush=True)
    while True:
        message, peer = server.recvfrom(512)
        server.sendto(answer(message, known, address), peer)


if __name__ == "__main__":
    main()
