# SPDX-License-Identifier: GPL-2.0-or-later
"""How a session ends: from the client's side, the operator's, the daemon's, and without a word."""

import json

from lab import topology
from lab.kernel import kernel_state, wait_nothing_left
from lab.peers.client import VpnClient
from lab.peers.sallyportd import Json, Sallyportd
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

# Keepalives that notice a dead peer within seconds: LCP echo (RFC 1661 §5.8), HELLO and its retransmissions (RFC 2661 §5.5, §5.8).
SHORT_PPP = {"echo_interval": 2, "echo_failure": 2}
SHORT_L2TP = {"hello_interval": 5, "retransmit_initial_ms": 500, "retransmit_max": 3}


def test_client_disconnects(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client1)
    laptop.connect()

    # client -> CDN, StopCCN. Its charon keeps quiet: it is for the gateway to delete the SA (RFC 3193 §3.1).
    laptop.lac.hang_up()
    laptop.lac.wait_down()
    gateway.wait_no_sessions()
    gateway.wait_no_sas()
    wait_until(
        "the client's SA to be deleted", lambda: not laptop.charon.swanctl("--list-sas").strip()
    )

    # The same client, at once again.
    laptop.initiate()
    link = laptop.dial()
    lab.check_both_ways(laptop, link.address)


def test_client_vanishes(lab: Scenario) -> None:
    gateway = lab.gateway(ppp=SHORT_PPP, l2tp=SHORT_L2TP)
    before = kernel_state(lab.net.gateway)
    laptop = lab.client(lab.net.client3)
    laptop.connect()
    gateway.session(ALICE.user)

    # The cable is cut; echo requests, then HELLO, go unanswered.
    laptop.vanish()
    gateway.wait_no_sessions(180)
    gateway.wait_no_sas()
    wait_nothing_left(lab.net.gateway, before)

    # Rebooted, from the same address and port.
    laptop.reappear()
    again = lab.client(lab.net.client3)
    link = again.connect()
    lab.check_both_ways(again, link.address)


def test_operator_disconnects_with_the_command(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client1)
    laptop.connect()
    session = gateway.session(ALICE.user)

    listed = json.loads(gateway.cli("sessions", "--json").stdout)
    assert [entry["id"] for entry in listed["sessions"]] == [session["id"]]
    table = gateway.cli("sessions").stdout
    assert ALICE.user in table and session["address"] in table
    assert "running" in gateway.cli("status").stdout

    # LCP Terminate-Request, CDN, StopCCN, IKE delete: the client is told at every layer.
    gateway.cli("disconnect", session["id"])
    laptop.lac.wait_ppp_log(r"rcvd \[LCP TermReq")
    laptop.lac.wait_down()
    gateway.wait_no_sessions()
    wait_until(
        "the client's SA to be deleted", lambda: not laptop.charon.swanctl("--list-sas").strip()
    )
    assert (
        gateway.cli("disconnect", session["id"], check=False).returncode != 0
    ), "nobody of that id is left"


def disconnect(gateway: Sallyportd, body: Json) -> set[str]:
    """POST /v1/sessions:disconnect; the ids of the sessions that it ends."""
    code, answer = gateway.request("POST", "/v1/sessions:disconnect", body)
    assert code == 200, answer
    assert answer["matched"] == len(answer["sessions"])
    return set(answer["sessions"])


def test_operator_disconnects_by_every_filter(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(ALICE, BOB)
    alice = lab.client(lab.net.client3, ALICE, psk=None).launch()
    bob = lab.client(lab.net.client4, BOB, psk=None).launch()
    bob.dial()
    bobs_id = gateway.session(BOB.user)["id"]

    def bob_is_alone() -> bool:
        return [entry["id"] for entry in gateway.sessions()] == [bobs_id]

    for key in ("id", "user", "address"):
        alice.dial()
        session = gateway.session(ALICE.user)
        assert disconnect(gateway, {"filter": {key: session[key]}}) == {session["id"]}, key
        alice.lac.wait_down()
        wait_until("bob alone", bob_is_alone)

    alice.dial()
    ids = {gateway.session(account.user)["id"] for account in (ALICE, BOB)}
    assert disconnect(gateway, {"all": True}) == ids
    alice.lac.wait_down()
    bob.lac.wait_down()
    gateway.wait_no_sessions()
    assert disconnect(gateway, {"filter": {"user": "nobody"}}) == set()


def test_daemon_stops_and_starts_again(lab: Scenario) -> None:
    before = kernel_state(lab.net.gateway)
    gateway = lab.gateway(ALICE, BOB)
    alice = lab.client(lab.net.client1, ALICE)
    bob = lab.client(lab.net.client3, BOB)
    alice.connect()
    bob.connect()

    # SIGTERM: everybody is told, nothing is left.
    gateway.stop()
    for client in (alice, bob):
        client.lac.wait_ppp_log(r"rcvd \[LCP TermReq|Hangup|Terminating on signal")
        client.lac.wait_down()
        assert client.lac.process is not None
        client.lac.process.wait_for(r"Connection closed to|StopCCN")
    wait_nothing_left(lab.net.gateway, before)
    wait_until("no SA left with charon", lambda: not lab.charon.swanctl("--list-sas").strip())
    assert not lab.charon.swanctl("--list-conns").strip(), "the daemon's connection stays in charon"

    # A new daemon serves the same clients.
    gateway.start()
    gateway.mark_unused()
    alice.initiate()
    link = alice.dial()
    lab.check_both_ways(alice, link.address)


def _dial_again_and_again(laptop: VpnClient, times: int) -> None:
    """Without a pause, from the same address and port."""
    for _ in range(times):
        link = laptop.dial()
        assert laptop.ping(topology.POOL_GATEWAY, count=1).received == 1, link
        laptop.lac.hang_up()
        laptop.lac.wait_down()


def test_one_client_ten_times_through_one_sa(lab: Scenario) -> None:
    # As Windows does it: hang up, dial again, through the SA that is still there.
    gateway = lab.gateway(ipsec={"linger": 15})
    laptop = lab.client(lab.net.client1).launch()
    laptop.initiate()
    _dial_again_and_again(laptop, 10)
    gateway.wait_no_live_sessions()
    status = gateway.status()
    assert status["auth"]["accepted"] == 10 and status["ipsec"]["sas"] == 1, status


def test_one_client_many_times(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway()
    laptop = lab.client(lab.net.client3, psk=None).launch()
    # Same address, same port, and no pause: lingering state of the last tunnel must not hold up the next (RFC 2661 §5.7).
    _dial_again_and_again(laptop, 5)
    gateway.wait_no_sessions()
    assert gateway.status()["auth"]["accepted"] == 5
