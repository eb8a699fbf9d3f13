# SPDX-License-Identifier: GPL-2.0-or-later
"""A client logs in: every method of authentication, behind a NAT and not, alone and in company."""

import datetime
import ipaddress

import pytest

from lab import topology
from lab.capture import check_decodes, l2tp_messages, malformed
from lab.peers.client import Account
from lab.peers.sallyportd import Json, Sallyportd
from lab.peers.strongswan import WINDOWS
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

POOL = ipaddress.ip_network(topology.POOL_NET)

# What the server's LCP Configure-Request has to say, in pppd's words.
OFFER = {
    "mschapv2": r"rcvd \[LCP ConfReq .*<auth chap MS-v2>",
    "chap": r"rcvd \[LCP ConfReq .*<auth chap MD5>",
    "pap": r"rcvd \[LCP ConfReq .*<auth pap>",
}

# Message Types of RFC 2661 §3.2
SCCRQ, SCCRP, SCCCN, STOPCCN, ICRQ, ICRP, ICCN, CDN = "1", "2", "3", "4", "10", "11", "12", "14"


def check_record(session: Json, account: Account, address: str) -> None:
    """The part of a session's record that is the same whatever is below PPP."""
    assert session["state"] == "up"
    assert session["user"] == account.user
    assert session["pool"] == "default"
    assert session["address"] == address
    assert session["dns"] == [topology.INSIDE]
    assert session["interface"]
    assert session["uptime_seconds"] >= 0
    assert datetime.datetime.fromisoformat(session["since"].replace("Z", "+00:00")).tzinfo
    assert session["peer"]["vendor"] == "xelerance.com"
    assert session["ppp"]["auth"] == account.method and session["ppp"]["mtu"] == 1400
    for key in ("tunnel", "peer_tunnel", "session", "peer_session", "local_port"):
        assert 0 < session["l2tp"][key] < 65536, key


def wait_counted(gateway: Sallyportd, account: Account, packets: int) -> None:
    """Until the session's counters, which the daemon reads now and then, have `packets` each way."""

    def counted() -> bool:
        counters = gateway.session(account.user)["counters"]
        assert counters["rx_bytes"] >= counters["rx_packets"]
        assert counters["tx_bytes"] >= counters["tx_packets"]
        return bool(min(counters["rx_packets"], counters["tx_packets"]) >= packets)

    wait_until(f"{packets} packets each way in the record", counted)


def check_sa(lab: Scenario, session: Json, encapsulation: str, remote_id: str) -> None:
    """The SA of the record is the one that the kernel has."""
    sa = session["ipsec"]
    assert sa["ike"] == "IKEv1"
    assert sa["encapsulation"] == encapsulation
    assert sa["remote_id"] == remote_id
    assert sa["ike_proposal"] and sa["esp_proposal"]
    states = lab.net.gateway.output("ip", "xfrm", "state")
    for key in ("spi_in", "spi_out"):
        assert f"spi 0x{int(sa[key], 16):08x} reqid {sa['reqid']}" in states, key


@pytest.mark.parametrize("method", ["mschapv2", "chap", "pap"])
def test_login_through_ipsec(lab: Scenario, method: str) -> None:
    account = Account("alice", "looking-glass", method)
    gateway = lab.gateway(account, ppp={"auth": [method]})

    # client1 <-> charon: main mode, quick mode, through the NAT
    laptop = lab.client(lab.net.client1, account).launch()
    laptop.initiate()

    # client1 <-> sallyportd: SCCRQ .. ICCN, LCP, authentication, IPCP
    link = laptop.dial()
    assert ipaddress.ip_address(link.address) in POOL
    assert link.peer == topology.POOL_GATEWAY
    assert link.dns == [topology.INSIDE]
    laptop.lac.wait_ppp_log(OFFER[method])
    lab.check_both_ways(laptop, link.address)

    # what the operator sees
    session = gateway.session(account.user)
    check_record(session, account, link.address)
    wait_counted(gateway, account, 6)
    check_sa(lab, session, "udp", remote_id=topology.PRIVATE_ADDRESS["client1"])
    peer = session["peer"]
    assert (peer["address"], peer["port"], peer["nat"]) == (topology.NAT_OUTER, 1701, True)
    assert gateway.request("GET", f"/v1/sessions/{session['id']}")[0] == 200
    status = gateway.status()
    assert status["sessions"] == {"total": 1, "up": 1}
    assert status["l2tp"]["tunnels"] == 1 and status["ipsec"]["sas"] == 1
    assert status["pools"][0]["used"] == 1 and status["auth"] == {"accepted": 1, "rejected": 0}

    # goodbye
    lab.check_only_esp_on_the_wire()
    laptop.hang_up()
    gateway.wait_no_sessions()


def test_client_may_choose_among_several_methods(lab: Scenario) -> None:
    account = Account("alice", "looking-glass", "chap")
    gateway = lab.gateway(account, ppp={"auth": ["mschapv2", "chap", "pap"]})

    # The gateway offers MS-CHAPv2, the client Naks with CHAP.
    laptop = lab.client(lab.net.client3, account)
    laptop.connect()
    laptop.lac.wait_ppp_log(OFFER["mschapv2"])
    laptop.lac.wait_ppp_log(r"sent \[LCP ConfNak .*<auth chap MD5>")
    assert gateway.session(account.user)["ppp"]["auth"] == "chap"


def test_proposals_of_windows(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client1, proposals=WINDOWS)
    link = laptop.connect()
    lab.check_both_ways(laptop, link.address)
    assert gateway.session(ALICE.user)["ipsec"]["ike_proposal"]


def test_two_public_clients_at_once(lab: Scenario) -> None:
    gateway = lab.gateway(ALICE, BOB)

    # No NAT: ESP is IP protocol 50.
    first = lab.client(lab.net.client3, ALICE)
    second = lab.client(lab.net.client4, BOB)
    first_link = first.connect()
    second_link = second.connect()
    assert first_link.address != second_link.address
    lab.check_both_ways(first, first_link.address)
    lab.check_both_ways(second, second_link.address)

    for client, account in ((first, ALICE), (second, BOB)):
        session = gateway.session(account.user)
        outer = topology.OUTER_ADDRESS[client.host.name]
        check_sa(lab, session, "none", remote_id=outer)
        assert session["peer"]["address"] == outer and session["peer"]["nat"] is False
    assert gateway.status()["pools"][0]["used"] == 2

    lab.check_only_esp_on_the_wire()

    # One goes, the other stays.
    first.hang_up()
    lab.check_both_ways(second, second_link.address)


def test_two_clients_behind_one_nat_both_from_port_1701(lab: Scenario) -> None:
    gateway = lab.gateway(ALICE, BOB)

    first = lab.client(lab.net.client1, ALICE)
    second = lab.client(lab.net.client2, BOB)
    first_link = first.connect()
    second_link = second.connect()

    # Seen from the gateway they are the same: address, port, port.
    peers = [gateway.session(account.user)["peer"] for account in (ALICE, BOB)]
    assert {(peer["address"], peer["port"]) for peer in peers} == {(topology.NAT_OUTER, 1701)}
    reqids = {gateway.session(account.user)["ipsec"]["reqid"] for account in (ALICE, BOB)}
    assert len(reqids) == 2

    # Each gets what is meant for it, both ways, whoever spoke last.
    for _ in range(2):
        lab.check_both_ways(first, first_link.address)
        lab.check_both_ways(second, second_link.address)

    lab.check_only_esp_on_the_wire()

    # The end of one is not the end of the other.
    first.hang_up()
    lab.check_both_ways(second, second_link.address)


def test_login_in_clear_text_where_that_is_allowed(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway()

    laptop = lab.client(lab.net.client3, psk=None).launch()
    link = laptop.dial()
    lab.check_both_ways(laptop, link.address)
    session = gateway.session(ALICE.user)
    check_record(session, ALICE, link.address)
    wait_counted(gateway, ALICE, 6)
    assert session["ipsec"] is None
    laptop.hang_up()
    gateway.wait_no_sessions()

    # The tunnel's and the session's life as RFC 2661 draws it, and not one malformed packet.
    lab.wire.stop()
    assert malformed(lab.wire.path) == []
    check_decodes(lab.wire.path, topology.GATEWAY_OUTER)
    client, server = topology.OUTER_ADDRESS["client3"], topology.GATEWAY_OUTER
    messages = [
        (client, SCCRQ),
        (server, SCCRP),
        (client, SCCCN),
        (client, ICRQ),
        (server, ICRP),
        (client, ICCN),
    ]
    seen = l2tp_messages(lab.wire.path)
    assert list(dict.fromkeys(seen))[:6] == [
        f"{address} {message}" for address, message in messages
    ]
    assert f"{client} {STOPCCN}" in seen or f"{server} {STOPCCN}" in seen


def test_two_clients_in_clear_text_behind_one_nat(lab: Scenario) -> None:
    lab.clear_text_gateway(ALICE, BOB)
    # The NAT gives the second another port: nothing but the address is the same.
    first = lab.client(lab.net.client1, ALICE, psk=None)
    second = lab.client(lab.net.client2, BOB, psk=None)
    first_link = first.connect()
    second_link = second.connect()
    lab.check_both_ways(first, first_link.address)
    lab.check_both_ways(second, second_link.address)


def test_large_packets_get_through(lab: Scenario) -> None:
    lab.gateway()
    laptop = lab.client(lab.net.client1)
    link = laptop.connect()
    # The whole MTU of the link, and more than it (fragments inside the tunnel), both ways.
    for size in (1400 - 28, 4000):
        assert laptop.ping(size=size).received == 3, size
        assert lab.net.inside.ping(link.address, size=size).received == 3, size
