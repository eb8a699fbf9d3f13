# SPDX-License-Identifier: GPL-2.0-or-later
"""The IKE daemon comes later, goes away, crashes. Ours copes, and says what is the matter."""

from lab.peers.client import VpnClient
from lab.peers.sallyportd import Sallyportd
from lab.scenario import ALICE, Scenario
from lab.waiting import wait_until

# A tunnel whose SA is gone must not linger: short keepalives make its end come soon whatever noticed first.
SHORT_L2TP = {"hello_interval": 5, "retransmit_initial_ms": 500, "retransmit_max": 3}


def test_charon_is_absent_at_the_start(lab: Scenario) -> None:
    gateway = lab.gateway(start=False, charon=False)
    gateway.launch()

    vici = gateway.wait_ready(ipsec=False)["ipsec"]["vici"]
    assert vici["connected"] is False
    assert (
        vici["error"] and vici["hint"]
    ), "an operator needs to know what is missing and what to do"

    # charon appears; the daemon finds it by itself.
    lab.charon.start()
    vici = gateway.wait_ready()["ipsec"]["vici"]
    gateway.mark_unused()
    assert vici["error"] is None and vici["version"]
    laptop = lab.client(lab.net.client1)
    link = laptop.connect()
    lab.check_both_ways(laptop, link.address)


def test_charon_is_stopped_and_started(lab: Scenario) -> None:
    gateway = lab.gateway(l2tp=SHORT_L2TP)
    laptop = lab.client(lab.net.client1)
    laptop.connect()
    gateway.session(ALICE.user)

    # charon says goodbye to its peers: their SAs go, and with them the sessions.
    lab.charon.stop()
    wait_until("the loss of charon in the status", lambda: not vici_connected(gateway))
    gateway.wait_no_sessions()

    # charon is back with nothing in it: connection and secret have to be loaded anew.
    lab.charon.start()
    gateway.wait_ready()
    redial(laptop)
    lab.check_both_ways(laptop, laptop.lac.wait_up().address)


def test_charon_is_killed_and_started(lab: Scenario) -> None:
    gateway = lab.gateway(l2tp=SHORT_L2TP)
    # Not behind NAT: the socket that takes ESP out of UDP is charon's and goes with it.
    laptop = lab.client(lab.net.client3)
    link = laptop.connect()
    session = gateway.session(ALICE.user)["id"]

    # The kernel still has the SAs: the session lives on without charon, and with a new one.
    lab.charon.kill()
    wait_until("the loss of charon in the status", lambda: not vici_connected(gateway))
    lab.check_both_ways(laptop, link.address)
    lab.charon.start()
    gateway.wait_ready()
    lab.check_both_ways(laptop, link.address)
    assert gateway.session(ALICE.user)["id"] == session

    # The client dials again; the new charon begins to count at 1 again and gives out the same reqid.
    redial(laptop)
    lab.check_both_ways(laptop, laptop.lac.wait_up().address)
    assert gateway.session(ALICE.user)["id"] != session


def vici_connected(gateway: Sallyportd) -> bool:
    return bool(gateway.status()["ipsec"]["vici"]["connected"])


def redial(laptop: VpnClient) -> None:
    """As after a reboot of the client's daemons: they have no notion of a former connection."""
    laptop.lac.stop()
    laptop.lac.wait_down()
    laptop.charon.swanctl("--terminate", "--ike", "l2tp", "--force", "--timeout", "1", check=False)
    laptop.lac.start()
    laptop.initiate()
    laptop.lac.dial()
