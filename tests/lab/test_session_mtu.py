# SPDX-License-Identifier: GPL-2.0-or-later
"""The largest packet that a session carries, worked out for its cipher and its NAT, crosses the outside in one piece."""

from pathlib import Path

import pytest

from lab import topology
from lab.capture import Capture, tcp_segment_sizes
from lab.peers.client import VpnClient
from lab.peers.sallyportd import Sallyportd
from lab.peers.strongswan import Proposals
from lab.scenario import ALICE, BOB, Scenario

BULK = str(Path(__file__).parent / "programs" / "tcp_bulk.py")
BULK_PORT = 5001
BULK_OCTETS = 200_000
PING_HEADERS = 28
FRAGMENTS = "(ip[6:2] & 0x3fff) != 0"
IKE = "aes256-sha256-modp2048"

# Of each cipher: the ESP proposal; then, behind the NAT and without one, the MTU inside and the size of the packet outside
# (test session_mtu_test has the sums).
CIPHERS = {
    "aes-cbc-sha2": ("aes256-sha256", (1404, 1492), (1420, 1500)),
    "aes-gcm": ("aes256gcm16", (1420, 1500), (1428, 1500)),
}
# A client that wants Ethernet's 1500 octets both ways, and tells nobody of a packet that is too big.
NO_ICMP_ERRORS = """
table inet silence {
  chain input {
    type filter hook input priority filter; policy accept;
    icmp type destination-unreachable drop
  }
}
"""


def check_largest_packet(
    lab: Scenario, gateway: Sallyportd, client: VpnClient, mtu: int, outside: int
) -> None:
    link = client.lac.wait_up()
    session = gateway.session(client.account.user)
    assert session["ppp"]["mtu"] == mtu, session
    wire = Capture(lab.net.internet, "nat" if client.host.name == "client1" else client.host.name)
    wire.wait_ready()
    inside = lab.net.inside

    # A client that does not know its MTU, and paths on which ICMP errors are lost: TCP gets through all the same.
    inside.run("nft", "-f", "-", stdin=NO_ICMP_ERRORS)
    client.host.run(
        *("ip", "route", "replace", topology.INSIDE_NET, "dev", link.interface, "advmss", "1460")
    )
    at_client = Capture(client.host, link.interface)
    at_client.wait_ready()
    bulk = ("python3", BULK, "fetch", topology.INSIDE, str(BULK_PORT), str(BULK_OCTETS))
    assert "done" in client.host.run(*bulk, timeout=120).stdout
    at_client.stop()
    assert tcp_segment_sizes(at_client.path, "tcp.srcport == 5001") == {mtu - 40}
    inside.run("nft", "delete", "table", "inet", "silence")

    # What fits exactly crosses whole; an octet more is refused inside.
    full = ("ping", "-M", "do", "-c", "3", "-i", "0.2", "-W", "5", "-s")
    assert " 3 received" in inside.run(*full, str(mtu - PING_HEADERS), link.address).stdout
    refused = inside.run(*full, str(mtu + 1 - PING_HEADERS), link.address, check=False).stdout
    assert " 0 received" in refused and f"mtu = {mtu}" in refused, refused
    # The client may have a Length field in its L2TP header, so it is asked for two octets less.
    theirs = str(mtu - 2 - PING_HEADERS)
    assert " 3 received" in client.host.run(*full, theirs, topology.INSIDE).stdout

    wire.stop()
    assert wire.count(FRAGMENTS) == 0, wire.text(FRAGMENTS)
    assert wire.count(f"ip[2:2] == {outside}") >= 3 and wire.count(f"ip[2:2] > {outside}") == 0


@pytest.mark.parametrize("cipher", list(CIPHERS))
def test_largest_packet_crosses_whole(lab: Scenario, cipher: str) -> None:
    esp, behind_nat, public = CIPHERS[cipher]
    gateway = lab.gateway(ALICE, BOB, ppp={"mtu": 1500})
    server = lab.net.inside.start(
        "bulk", "python3", BULK, "serve", "4", str(BULK_PORT), str(BULK_OCTETS)
    )
    server.wait_for("listening")
    for host, account, (mtu, outside) in (
        (lab.net.client1, ALICE, behind_nat),
        (lab.net.client3, BOB, public),
    ):
        client = lab.client(host, account, proposals=Proposals(ike=IKE, esp=esp))
        options = client.lac.options
        options.write_text(options.read_text().replace("1400", "1500"))
        client.connect()
        host.run("nft", "-f", "-", stdin=NO_ICMP_ERRORS)
        check_largest_packet(lab, gateway, client, mtu, outside)
