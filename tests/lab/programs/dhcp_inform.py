#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends one DHCP message as the native clients do, and prints the answer as JSON, or {} if none comes.

dhcp_inform.py INTERFACE ADDRESS DESTINATION CLIENT [TYPE [CIADDR]]

CLIENT is "windows", "macos" or "modern" (one that asks for option 121); TYPE is option 53, 8 (DHCPINFORM) by default. Nothing
here is shared with dhcp/ of the daemon.
"""

import json
import socket
import struct
import sys

XID = 0x5A11C0DE
COOKIE = 0x63825363
# The options behind the message type. Windows names its link "RAS " and lists what both it and macOS ask for.
OPTIONS = {
    "windows": bytes([61, 7, 8])
    + b"RAS \x01\x02"
    + bytes([12, 4])
    + b"BOXX"
    + bytes([60, 8])
    + b"MSFT 5.0"
    + bytes([55, 6, 6, 44, 43, 1, 249, 15]),
    "macos": bytes([55, 6, 6, 44, 43, 1, 249, 15]),
    "modern": bytes([55, 5, 1, 6, 15, 119, 121]),
}


def message(client: str, kind: int, ciaddr: str) -> bytes:
    fixed = struct.pack(
        ">BBBBIHH4s12x16s192xI",
        *(1, 8, 6, 0, XID, 0, 0),
        socket.inet_aton(ciaddr),
        b"RAS \x01\x02",
        COOKIE,
    )
    return fixed + bytes([53, 1, kind]) + OPTIONS[client] + b"\xff"


def parse_routes(octets: bytes) -> list[list[str]]:
    """RFC 3442."""
    routes = []
    while octets:
        width = octets[0]
        significant = (width + 7) // 8
        network = octets[1 : 1 + significant] + bytes(4 - significant)
        router = octets[1 + significant : 5 + significant]
        routes.append([f"{socket.inet_ntoa(network)}/{width}", socket.inet_ntoa(router)])
        octets = octets[5 + significant :]
    return routes


def parse(octets: bytes, peer: tuple[str, int]) -> dict[str, object]:
    op, _, _, _, xid, _, _, ciaddr, yiaddr = struct.unpack(">BBBBIHH4s4s", octets[:20])
    (cookie,) = struct.unpack(">I", octets[236:240])
    assert (op, xid, cookie) == (2, XID, COOKIE), octets[:240].hex()
    options: dict[int, bytes] = {}
    order: list[int] = []
    rest = octets[240:]
    while rest[0] != 255:
        code, size = rest[0], rest[1]
        assert code != 0 and code not in options and len(rest) > 2 + size, rest.hex()
        options[code] = rest[2 : 2 + size]
        order.append(code)
        rest = rest[2 + size :]
    addresses = options.get(6, b"")
    return {
        "server": list(peer),
        "ciaddr": socket.inet_ntoa(ciaddr),
        "yiaddr": socket.inet_ntoa(yiaddr),
        "order": order,
        "type": options[53][0],
        "identifier": socket.inet_ntoa(options[54]),
        "mask": socket.inet_ntoa(options[1]) if 1 in options else None,
        "dns": [socket.inet_ntoa(addresses[i : i + 4]) for i in range(0, len(addresses), 4)],
        "domain": options.get(15, b"").decode(),
        "search": options.get(119, b"").hex(),
        "routes": parse_routes(options.get(249, b"")),
        "routes121": parse_routes(options.get(121, b"")),
    }


def main(interface: str, address: str, destination: str, client: str, *more: str) -> None:
    kind = int(more[0]) if more else 8
    ciaddr = more[1] if len(more) > 1 else address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        link.bind((address, 68))
        # As macOS: four times, three seconds apart. What must not be answered is sent once.
        answerable = kind == 8 and ciaddr == address
        for _ in range(4 if answerable else 1):
            link.sendto(message(client, kind, ciaddr), (destination, 67))
            link.settimeout(3)
            try:
                octets, peer = link.recvfrom(2048)
            except TimeoutError:
                continue
            print(json.dumps(parse(octets, peer)))
            return
    print("{}")


if __name__ == "__main__":
    main(*sys.argv[1:])
