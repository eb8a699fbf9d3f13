# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has a key of the gateway and an SA of his own gets at nobody else's tunnel (RFC 3193 §3)."""

import pytest

from lab import topology
from lab.host import Host
from lab.peers.sallyportd import Json
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

# To the tunnel and session of $1, $2: StopCCN, CDN, HELLO and data (an LCP Terminate-Request) with every Ns that may fit.
ATTACK = f"""
import socket, struct, sys, time
tunnel, session = int(sys.argv[1]), int(sys.argv[2])
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.bind(("", 1701))

def avp(kind, value):
    return struct.pack("!HHH", 0x8000 | 6 + len(value), 0, kind) + value

def control(to_session, ns, *avps):
    body = b"".join(avps)
    return struct.pack("!HHHHHH", 0xC802, 12 + len(body), tunnel, to_session, ns, 3) + body

def u16(number):
    return struct.pack("!H", number)

here.connect(("{topology.GATEWAY_OUTER}", 1701))
for ns in range(8):
    here.send(control(0, ns, avp(0, u16(4)), avp(9, u16(1)), avp(1, u16(1))))
    here.send(control(session, ns, avp(0, u16(14)), avp(1, u16(3)), avp(14, u16(1))))
    here.send(control(0, ns, avp(0, u16(6))))
    here.send(struct.pack("!HHH", 0x0002, tunnel, session) + bytes.fromhex("ff03c021050100040000"))
    time.sleep(0.02)
print("sent")
"""


def _attack(host: Host, victim: Json) -> None:
    ids = (str(victim["l2tp"]["tunnel"]), str(victim["l2tp"]["session"]))
    assert host.output("/usr/bin/python3", "-c", ATTACK, *ids).strip() == "sent"


@pytest.mark.parametrize("where", ["behind the same NAT", "elsewhere"])
def test_an_insider_gets_at_nobody_elses_tunnel(lab: Scenario, where: str) -> None:
    gateway = lab.gateway(ALICE, BOB)
    laptop = lab.client(lab.net.client1, ALICE)
    link = laptop.connect()
    victim = gateway.session(ALICE.user)
    host = lab.net.client2 if where == "behind the same NAT" else lab.net.client3
    # An SA of his own, and nothing of L2TP that would own the port.
    insider = lab.client(host, BOB)
    insider.charon.start()
    insider.load()
    insider.initiate()
    wait_until("both SAs", lambda: bool(gateway.status()["ipsec"]["sas"] == 2))

    traffic = laptop.host.pings(topology.INSIDE)
    before = sum(gateway.status()["drops"]["l2tp"].values())
    _attack(host, victim)
    # All of them came through ESP, and every control message is refused.
    wait_until(
        "the refusals", lambda: sum(gateway.status()["drops"]["l2tp"].values()) >= before + 24
    )
    echoes = traffic.stop()
    assert echoes.received == echoes.sent, echoes
    now = gateway.session(ALICE.user)
    assert now["id"] == victim["id"] and now["state"] == "up"
    assert now["ppp"]["phase"] == "network"
    lab.check_both_ways(laptop, link.address)

    # What is his own he gets.
    insider.lac.start()
    own = insider.dial()
    lab.check_both_ways(insider, own.address)
    lab.check_only_esp_on_the_wire()
