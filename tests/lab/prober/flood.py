# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m prober.flood --server ADDRESS --count N: SCCRQs that nobody means, and garbage, as fast as this machine can or as told.

Four of five datagrams are good SCCRQs with an id of their own: each asks for a tunnel that will stay half-open. The
others are SCCRQs with an octet or two changed, cut short, or no L2TP at all. What is sent depends on --seed alone. Nothing
that comes back is read.
"""

import argparse
import random
import resource
import socket
import time

from prober.tables import Attribute, MessageType
from prober.wire import avp, control, message_type, u16, u32

_SOCKETS = 400  # for each source address: a port of its own each
_BURST = 20  # datagrams between two looks at the clock
_VARIETY = 8001  # datagrams of each kind; no multiple of five, so that in time each has its turn


def _sccrq(chaos: random.Random) -> bytes:
    return control(
        message_type(MessageType.SCCRQ)
        + avp(Attribute.PROTOCOL_VERSION, b"\1\0")
        + avp(Attribute.FRAMING_CAPABILITIES, u32(3))
        + avp(Attribute.HOST_NAME, b"mallory%d" % chaos.randrange(10**6))
        + avp(Attribute.ASSIGNED_TUNNEL_ID, u16(chaos.randrange(1, 0x10000))),
        tunnel=0,
    )


def _garbage(chaos: random.Random) -> bytes:
    choice = chaos.randrange(4)
    if choice == 0:
        return chaos.randbytes(chaos.randrange(1, 1400))
    if choice == 1:  # to a tunnel that may even exist
        kind = chaos.choice(list(MessageType))
        return control(message_type(kind), tunnel=chaos.randrange(0x10000), ns=chaos.randrange(9))
    request = _sccrq(chaos)
    if choice == 2:
        return request[: chaos.randrange(len(request))]
    mutated = bytearray(request)
    for _ in range(chaos.randrange(1, 4)):
        mutated[chaos.randrange(len(mutated))] = chaos.randrange(256)
    return bytes(mutated)


def _sockets(sources: list[str]) -> list[socket.socket]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    made = []
    for source in sources:
        for _ in range(_SOCKETS):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.bind((source, 0))
            made.append(one)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="prober.flood", description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--port", type=int, default=1701)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--sources", required=True, help="addresses of this host, with commas")
    parser.add_argument("--rate", type=float, default=0.0, help="a second at most; 0: no limit")
    parser.add_argument("--seed", type=int, default=1701)
    arguments = parser.parse_args()

    chaos = random.Random(arguments.seed)
    # Made before, so that sending is all there is to do.
    requests = [_sccrq(chaos) for _ in range(_VARIETY)]
    garbage = [_garbage(chaos) for _ in range(_VARIETY)]
    sockets = _sockets(arguments.sources.split(","))
    server = (arguments.server, arguments.port)
    refused, began = 0, time.monotonic()
    for number in range(arguments.count):
        if arguments.rate and number % _BURST == 0:
            time.sleep(max(0.0, began + number / arguments.rate - time.monotonic()))
        datagram = (requests if number % 5 else garbage)[number % _VARIETY]
        try:
            chaos.choice(sockets).sendto(datagram, server)
        except OSError:
            refused += 1  # an ICMP error that came back for an earlier one
    seconds = time.monotonic() - began
    print(f"{arguments.count - refused} datagrams in {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
