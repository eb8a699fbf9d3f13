# SPDX-License-Identifier: GPL-2.0-or-later
"""A client that does not get in: the operator is told how far it got, why, and what to do."""

import pytest

from lab.capture import CLEAR_TEXT_L2TP
from lab.peers.client import Account
from lab.peers.strongswan import MODERN, Proposals, client_conf
from lab.scenario import Scenario
from lab.topology import GATEWAY_OUTER, NAT_OUTER, OUTER_ADDRESS
from lab.waiting import wait_until


@pytest.mark.limit(900)
def test_why_ike_failed(lab: Scenario) -> None:
    gateway = lab.gateway()
    assert gateway.cli("why", check=False).returncode == 5, "nobody has failed yet"

    # Behind NAT, and UDP 4500 does not get through: charon gives up half a minute later.
    blocked = lab.client(lab.net.client1)
    rules = "add table ip block; add chain ip block f { type filter hook forward priority 0; };"
    lab.net.nat.run("nft", rules + "add rule ip block f udp dport 4500 drop")
    blocked.launch()
    assert "initiate failed" in blocked.initiate(check=False)

    stranger = lab.client(lab.net.client3, psk="wrong").launch()
    stranger.initiate(check=False)
    address = OUTER_ADDRESS["client3"]
    gateway.wait_why(address, "It ended in IKE authentication", "pre-shared key is not ours")

    # Another client with another mistake: nothing that it offers is accepted.
    old = Proposals(ike="aes128-sha1-modp1024", esp=MODERN.esp)
    stranger.charon.load(client_conf(GATEWAY_OUTER, proposals=old))
    stranger.initiate(check=False)
    story = gateway.wait_why(address, "no common IKE proposal", "MODP_1024; we accept IKE:AES")
    assert story.index("no common IKE proposal") < story.index("is not ours"), "the newest first"

    story = gateway.wait_why(NAT_OUTER, "nothing came on UDP 4500", "it is behind NAT")
    assert "Open UDP 4500" in story

    # The same as JSON and in the journal.
    answer = gateway.checked("GET", f"/v1/attempts?address={address}")
    reasons = {attempt["reason"]: attempt for attempt in answer["attempts"]}
    assert reasons["wrong_psk"]["stage"] == "ike_authentication"
    assert reasons["no_ike_proposal"]["stage"] == "ike"
    assert gateway.process is not None
    gateway.process.wait_for(r'attempt_failed: .*reason="udp_4500_blocked"')


def test_why_the_login_failed(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client3, Account("alice", "wonderland")).launch()
    laptop.initiate()
    laptop.lac.dial()
    laptop.lac.wait_down()
    address = OUTER_ADDRESS["client3"]
    story = gateway.wait_why("alice", "It ended in PPP authentication: wrong password")
    assert story.startswith(f"{address}, identity {address}, user alice"), story
    assert "it logged in as alice by mschapv2" in story

    # It has an SA, but does not use it. A second SA beside the first would be a rekey.
    laptop.charon.swanctl("--terminate", "--ike", "l2tp")
    laptop.initiate()
    gateway.wait_why(address, "no ESP packet came through them", "protocol 50 (ESP)")

    # It gives up on IPsec.
    naked = lab.client(lab.net.client4, psk=None).launch()
    naked.lac.dial()
    wait_until("an SCCRQ in the clear", lambda: lab.wire.count(CLEAR_TEXT_L2TP) >= 1)
    gateway.wait_why(OUTER_ADDRESS["client4"], "L2TP without IPsec came from this address")
