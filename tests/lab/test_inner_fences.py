# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel does with the packets inside of sessions: foreign sources dropped, TCP segments cut to fit."""

from pathlib import Path

import pytest

from lab import topology
from lab.capture import Capture, tcp_segment_sizes
from lab.host import Host
from lab.peers.xl2tpd import DUAL_STACK_HABITS
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

BULK = str(Path(__file__).parent / "programs" / "tcp_bulk.py")
BULK_PORT = 5001
BULK_OCTETS = 300_000
MTU = 1400
# RFC 9293 §3.7.1: without IP and TCP headers.
MSS, MSS6 = MTU - 40, MTU - 60
ETHERNET_MSS, ETHERNET_MSS6 = 1460, 1440


def spoof(host: Host, source: str) -> None:
    """Two pings of the inner net from a source that is not the session's own."""
    host.run("ip", "address", "replace", f"{source}/32", "dev", "lo")
    text = host.run(
        "ping", "-c", "2", "-i", "0.2", "-W", "2", "-I", source, topology.INSIDE, check=False
    ).stdout
    assert "2 packets transmitted" in text, text
    host.run("ip", "address", "del", f"{source}/32", "dev", "lo")


@pytest.mark.parametrize("checked", [True, False])
def test_spoofed_source_is_dropped_in_the_kernel(lab: Scenario, checked: bool) -> None:
    gateway = lab.clear_text_gateway(ALICE, BOB, ppp={"anti_spoofing": checked})
    alice = lab.client(lab.net.client3, ALICE, psk=None)
    bob = lab.client(lab.net.client4, BOB, psk=None)
    link = alice.connect()
    bobs = bob.connect()
    lab.check_both_ways(alice, link.address)
    inside = Capture(lab.net.inside, "eth0")
    inside.wait_ready()

    def dropped() -> int:
        return int(gateway.status()["drops"]["data"].get("spoofed_source", 0))

    before = dropped()
    # A stranger's, another client's, the gateway's own, and one of the net behind the gateway.
    spoofed = ["192.0.2.77", bobs.address, topology.POOL_GATEWAY, "10.0.0.99"]
    for source in spoofed if checked else spoofed[:2]:
        spoof(alice.host, source)

    # The clients' own packets pass as before.
    lab.check_both_ways(alice, link.address)
    lab.check_both_ways(bob, bobs.address)
    inside.stop()
    seen = [source for source in spoofed if inside.count(f"icmp and src host {source}")]
    if checked:
        # Bob's pings of a moment ago were his own.
        assert inside.count(f"icmp[0] == 8 and src host {bobs.address}") == 3
        assert set(seen) <= {bobs.address}
        wait_until("8 packets more counted", lambda: dropped() - before == 8)
    else:
        assert spoofed[0] in seen and dropped() == 0
    # For people: nft can print the rules.
    table = lab.net.gateway.output("nft", "list", "table", "inet", "sallyport")
    assert ("fib saddr . iif oif" in table) == checked
    assert "tcp option maxseg size set rt mtu" in table


@pytest.mark.parametrize("clamped", [True, False])
def test_tcp_segments_fit_into_the_session(lab: Scenario, clamped: bool) -> None:
    lab.net.add_inner_ipv6()
    lab.clear_text_gateway(ppp={"mss_clamp": clamped}, pool=[topology.DUAL_STACK_POOL])
    laptop = lab.client(lab.net.client3, psk=None, habits=DUAL_STACK_HABITS)
    link = laptop.connect()
    wait_until("an IPv6 address", lambda: laptop.host.global_ipv6(link.interface))
    laptop.host.ip_batch(
        # A client that knows nothing of its MTU.
        f"route add {topology.INSIDE6}/128 dev {link.interface} advmss {ETHERNET_MSS6}",
        f"route replace {topology.INSIDE_NET} dev {link.interface} advmss {ETHERNET_MSS}",
    )
    # Nobody on the way tells of a packet that is too big.
    for host in (lab.net.inside, laptop.host):
        host.run("nft", "-f", "-", stdin=_NO_ICMP_ERRORS)
    at_server = Capture(lab.net.inside, "eth0")
    at_client = Capture(laptop.host, link.interface)
    at_server.wait_ready()
    at_client.wait_ready()
    # Unclamped, the handshake alone: it shows what both ends are told.
    octets = str(BULK_OCTETS if clamped else 0)
    server = lab.net.inside.start("bulk", "python3", BULK, "serve", "6", str(BULK_PORT), octets)
    server.wait_for("listening")
    for address in (topology.INSIDE, topology.INSIDE6):
        words = ("python3", BULK, "fetch", address, str(BULK_PORT), octets)
        assert "done" in laptop.host.run(*words, timeout=120).stdout
    server.kill()
    at_server.stop()
    at_client.stop()
    expected = {MSS, MSS6} if clamped else {ETHERNET_MSS, ETHERNET_MSS6}
    assert tcp_segment_sizes(at_server.path, f"tcp.dstport == {BULK_PORT}") == expected
    assert tcp_segment_sizes(at_client.path, f"tcp.srcport == {BULK_PORT}") == expected


_NO_ICMP_ERRORS = """
table inet silence {
  chain input {
    type filter hook input priority filter; policy accept;
    icmp type destination-unreachable drop
    icmpv6 type packet-too-big drop
  }
}
"""
