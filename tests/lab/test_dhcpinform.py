# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCPINFORM through a session: how Windows, macOS and others come by the routes of a split tunnel."""

import json
from pathlib import Path
from typing import Any

from lab import topology
from lab.capture import Capture, matching
from lab.peers.client import VpnClient
from lab.peers.xl2tpd import PppUp
from lab.scenario import Scenario
from lab.waiting import wait_until

INFORM = str(Path(__file__).parent / "programs" / "dhcp_inform.py")
EVERYONE = "255.255.255.255"
ROUTES = ["10.0.0.0/8", "192.168.96.0/20", "198.51.100.7/32"]
TOLD = {"routes": ROUTES, "domain": "corp.example"}
DHCPDISCOVER = "1"


def ask(client: VpnClient, link: PppUp, destination: str, kind: str, *more: str) -> Any:
    """What the client is answered; {} when nothing comes."""
    words = ("python3", INFORM, link.interface, link.address, destination, kind, *more)
    return json.loads(client.host.output(*words))


def test_dhcpinform_brings_the_routes_of_a_split_tunnel(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(ppp=TOLD)
    laptop = lab.client(lab.net.client3, psk=None)
    link = laptop.connect()
    gateway.session("alice")
    through = [[route, topology.POOL_GATEWAY] for route in ROUTES]
    inside = Capture(laptop.host, link.interface)
    inside.wait_ready()

    for client, destination in (
        ("windows", EVERYONE),
        ("macos", EVERYONE),
        ("windows", topology.POOL_GATEWAY),
        ("modern", EVERYONE),
    ):
        answer = ask(laptop, link, destination, client)
        assert answer["server"] == [topology.POOL_GATEWAY, 67], client
        assert answer["identifier"] == topology.POOL_GATEWAY
        assert (answer["ciaddr"], answer["yiaddr"]) == (link.address, "0.0.0.0")
        assert answer["type"] == 5 and answer["mask"] == "255.255.255.255"
        assert answer["dns"] == [topology.INSIDE] and answer["domain"] == "corp.example"
        if client == "modern":
            assert answer["order"] == [53, 54, 1, 6, 15, 119, 121]
            assert answer["routes121"] == through
            assert bytes.fromhex(answer["search"]) == b"\x04corp\x07example\x00"
        else:
            # Message type first, no lease time, and only what was asked for, in that order.
            assert answer["order"] == [53, 54, 6, 1, 249, 15]
            assert answer["routes"] == through

    # Whoever is not the session's own client, or asks for an address, gets nothing.
    assert ask(laptop, link, EVERYONE, "windows", "8", "10.64.200.200") == {}
    assert ask(laptop, link, EVERYONE, "windows", DHCPDISCOVER) == {}
    drops = gateway.status()["drops"]["dhcp"]
    assert drops["foreign_address"] == 1 and drops["not_inform"] == 1

    # The routes work as the client would set them.
    laptop.host.run("ip", "route", "del", topology.INSIDE_NET, "dev", link.interface)
    for network, router in through:
        laptop.host.run("ip", "route", "add", network, "via", router, "dev", link.interface)
    lab.check_both_ways(laptop, link.address)

    inside.stop()
    assert len(matching(inside.path, "dhcp.option.dhcp == 5")) == 4
    assert matching(inside.path, "dhcp && _ws.malformed") == []


def test_another_dhcp_server_has_port_67(lab: Scenario) -> None:
    greedy = "import socket,time; s=socket.socket(type=socket.SOCK_DGRAM); s.bind(('',67)); print('has it',flush=True); time.sleep(600)"
    other = lab.net.gateway.start("dhcp-server", "python3", "-c", greedy)
    other.wait_for("has it")
    gateway = lab.clear_text_gateway(ppp=TOLD)
    wait_until("the warning", lambda: "dhcp_unavailable" in gateway.log)
    laptop = lab.client(lab.net.client3, psk=None)
    link = laptop.connect()
    lab.check_both_ways(laptop, link.address)
    other.kill()
