# SPDX-License-Identifier: GPL-2.0-or-later
"""The same over IPv6: listening, tunnels, data path, fence, IPsec. What is inside stays IPv4."""

from lab import topology
from lab.capture import CLEAR_TEXT_L2TP, check_decodes, malformed, matching
from lab.peers.xl2tpd import TunnelSecret
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

CLIENT = topology.OUTER_ADDRESS6["client3"]
GATEWAY = topology.GATEWAY_OUTER6
# The default: every address of both families.
EVERYWHERE = {"listen": []}


def test_login_in_clear_text_over_ipv6_beside_one_over_ipv4(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(ALICE, BOB, l2tp=EVERYWHERE)

    alice = lab.client(lab.net.client3, ALICE, psk=None, gateway=GATEWAY)
    bob = lab.client(lab.net.client4, BOB, psk=None)
    alice_link = alice.connect()
    bob_link = bob.connect()
    lab.check_both_ways(alice, alice_link.address)
    lab.check_both_ways(bob, bob_link.address)

    # The whole MTU, and more than it, as fragments inside of the tunnel.
    for size in (1400 - 28, 4000):
        assert alice.ping(size=size).received == 3, size
        assert lab.net.inside.ping(alice_link.address, size=size).received == 3, size

    peer = gateway.session(ALICE.user)["peer"]
    assert (peer["address"], peer["port"], peer["nat"]) == (CLIENT, 1701, False)
    assert CLIENT in gateway.cli("sessions").stdout
    peer = gateway.session(BOB.user)["peer"]
    assert peer["address"] == topology.OUTER_ADDRESS["client4"]

    alice.hang_up()
    lab.check_both_ways(bob, bob_link.address)
    bob.hang_up()
    gateway.wait_no_sessions()

    # Control and data, all of it from the port that was asked, well formed and with a checksum, which over IPv6 may not be
    # left out (RFC 8200 §8.1).
    lab.wire.stop()
    assert len(matching(lab.wire.path, f"ipv6.src == {GATEWAY} && udp.srcport == 1701")) > 20
    assert not matching(lab.wire.path, f"ipv6.src == {GATEWAY} && udp && udp.srcport != 1701")
    assert not matching(lab.wire.path, "ipv6 && udp.checksum == 0")
    assert malformed(lab.wire.path) == []
    check_decodes(lab.wire.path, GATEWAY, topology.GATEWAY_OUTER)


def test_redial_over_ipv6(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(l2tp={"listen": [GATEWAY]})
    laptop = lab.client(lab.net.client3, psk=None, gateway=GATEWAY).launch()
    # The same address, port and tunnel id, and no pause.
    for _ in range(3):
        laptop.dial()
        assert laptop.ping(topology.POOL_GATEWAY, count=1).received == 1
        laptop.hang_up()
    gateway.wait_no_sessions()
    assert gateway.status()["auth"]["accepted"] == 3


def test_several_sessions_and_hidden_avps_over_ipv6(lab: Scenario) -> None:
    secret = lab.net.gateway.scratch / "tunnel-secret"
    secret.write_text("sekret0x12\n")
    secret.chmod(0o600)
    tunnel = {"listen": [GATEWAY], "secret_file": str(secret), "hide_avps": True}
    gateway = lab.clear_text_gateway(l2tp=tunnel)
    shared = TunnelSecret("sekret0x12", hidden=True)
    laptop = lab.client(lab.net.client3, psk=None, gateway=GATEWAY, shared=shared, sessions=3)
    link = laptop.connect()
    wait_until("three sessions", lambda: bool(gateway.status()["sessions"]["up"] == 3))
    assert gateway.status()["l2tp"]["tunnels"] == 1
    addresses = {session["address"] for session in gateway.sessions()}
    assert len(addresses) == 3 and link.address in addresses
    for number in range(3):
        words = ("ping", "-c", "1", "-W", "5", "-I", f"ppp{number}", topology.POOL_GATEWAY)
        assert " 1 received" in lab.net.client3.output(*words), number
    laptop.hang_up()
    gateway.wait_no_sessions()
    lab.wire.stop()
    for sender in (GATEWAY, CLIENT):
        hidden = f"ipv6.src == {sender} && l2tp.avp.hidden == 1"
        assert matching(lab.wire.path, hidden), sender
    check_decodes(lab.wire.path, GATEWAY)


def test_clear_text_over_ipv6_where_ipsec_is_required(lab: Scenario) -> None:
    gateway = lab.gateway(l2tp=EVERYWHERE)

    laptop = lab.client(lab.net.client3, psk=None, gateway=GATEWAY).launch()
    laptop.lac.dial()
    wait_until("three SCCRQ on the wire", lambda: lab.wire.count(CLEAR_TEXT_L2TP) >= 3)

    # No reply of any kind but for the neighbour's address, no state, and a counter that tells.
    wait_until("refused packets in the status", lambda: gateway.drops("clear_text") >= 3)
    status = gateway.status()
    assert status["l2tp"]["tunnels"] == 0 and status["sessions"]["total"] == 0
    lab.wire.stop()
    neighbour = "icmp6 and (ip6[40] = 135 or ip6[40] = 136)"  # RFC 4861 §4.3, §4.4
    answers = f"src host {GATEWAY} and dst host {CLIENT} and not ({neighbour})"
    assert lab.wire.count(answers) == 0, lab.wire.text(answers)


def test_login_through_ipsec_over_ipv6(lab: Scenario) -> None:
    gateway = lab.gateway(ALICE, BOB, l2tp=EVERYWHERE)

    # client <-> charon: main mode and quick mode; client <-> sallyportd through ESP
    alice = lab.client(lab.net.client3, ALICE, gateway=GATEWAY)
    bob = lab.client(lab.net.client4, BOB, gateway=GATEWAY)
    alice_link = alice.connect()
    bob_link = bob.connect()
    assert alice_link.address != bob_link.address
    lab.check_both_ways(alice, alice_link.address)
    lab.check_both_ways(bob, bob_link.address)
    session = gateway.session(ALICE.user)
    peer, sa = session["peer"], session["ipsec"]
    assert (peer["address"], peer["port"], peer["nat"]) == (CLIENT, 1701, False)
    assert (sa["ike"], sa["encapsulation"], sa["remote_id"]) == ("IKEv1", "none", CLIENT)
    states = lab.net.gateway.output("ip", "xfrm", "state")
    assert f"src {CLIENT} dst {GATEWAY}" in states
    assert f"spi 0x{int(sa['spi_in'], 16):08x} reqid {sa['reqid']}" in states
    assert gateway.drops("clear_text") == 0

    lab.check_only_esp_on_the_wire()

    # The session's MTU is what ESP over IPv6 takes whole: 40 + 8 + 16 + (8 + 6 + 4 + 1388 + 2 = 88 * 16) + 16 <= 1500.
    # What is larger goes as fragments inside of it.
    assert session["ppp"]["mtu"] == 1388
    for size in (1388 - 28, 4000):
        assert alice.ping(size=size).received == 3, size
        assert lab.net.inside.ping(alice_link.address, size=size).received == 3, size

    # One goes, with its SA (RFC 3193 §3.1); the other stays.
    alice.lac.hang_up()
    alice.lac.wait_down()
    wait_until("one SA left", lambda: bool(gateway.status()["ipsec"]["sas"] == 1))
    lab.check_both_ways(bob, bob_link.address)


def test_two_clients_behind_one_nat_of_ipv6(lab: Scenario) -> None:
    gateway = lab.gateway(ALICE, BOB, l2tp=EVERYWHERE)
    alice = lab.client(lab.net.private_client6(1), ALICE, gateway=GATEWAY)
    bob = lab.client(lab.net.private_client6(2), BOB, gateway=GATEWAY)
    links = {alice: alice.connect(), bob: bob.connect()}
    # One address, one port inside of ESP, and two ports that the NAT has made.
    sessions = [gateway.session(account.user) for account in (ALICE, BOB)]
    for session in sessions:
        peer, sa = session["peer"], session["ipsec"]
        assert (peer["address"], peer["port"]) == (topology.NAT_OUTER6, 1701), peer
        assert peer["nat"] and sa["encapsulation"] == "udp", session
    # 40 + 8 + 8 + 16 + (8 + 6 + 4 + 1388 + 2 = 88 * 16) + 16 = 1496 <= 1500.
    assert {session["ppp"]["mtu"] for session in sessions} == {1388}
    for client, link in links.items():
        lab.check_both_ways(client, link.address)
        assert client.ping(size=1388 - 28).received == 3
        assert lab.net.inside.ping(link.address, size=1388 - 28).received == 3
    lab.check_only_esp_on_the_wire()

    # One goes; the other stays.
    alice.lac.hang_up()
    alice.lac.wait_down()
    wait_until("one SA left", lambda: bool(gateway.status()["ipsec"]["sas"] == 1))
    lab.check_both_ways(bob, links[bob].address)
