# SPDX-License-Identifier: GPL-2.0-or-later
"""What must not get in: wrong passwords, wrong keys, clear text."""

import pytest

from lab import topology
from lab.capture import CLEAR_TEXT_L2TP
from lab.peers.client import Account
from lab.scenario import ALICE, Scenario
from lab.waiting import wait_until


@pytest.mark.parametrize("method", ["mschapv2", "chap", "pap"])
def test_wrong_password(lab: Scenario, method: str) -> None:
    gateway = lab.gateway(Account("alice", "looking-glass", method), ppp={"auth": [method]})

    laptop = lab.client(lab.net.client3, Account("alice", "wonderland", method)).launch()
    laptop.initiate()
    laptop.lac.dial()

    # The client is told, by the protocol's own message and not by silence.
    laptop.lac.wait_ppp_log(r"rcvd \[PAP AuthNak" if method == "pap" else r"rcvd \[CHAP Failure")
    laptop.lac.wait_ppp_log(r"authentication failed")
    laptop.lac.wait_down()

    # Nothing is left, and the operator can see why.
    gateway.wait_no_sessions()
    wanted = {"accepted": 0, "rejected": 1}
    wait_until("the rejection in the status", lambda: bool(gateway.status()["auth"] == wanted))
    assert gateway.process is not None
    gateway.process.wait_for(r"user=\"?alice\"?")


def test_guessing_is_slowed_down(lab: Scenario) -> None:
    account = Account("alice", "looking-glass", "pap")
    gateway = lab.clear_text_gateway(account, ppp={"auth": ["pap"], "login_delay": 8})
    stranger = lab.client(lab.net.client4, Account("alice", "guess", "pap"), psk=None).launch()
    stranger.lac.dial()
    wait_until("a refusal", lambda: gateway.status()["auth"]["rejected"] == 1)

    # The user herself has to wait now. Her pppd asks again meanwhile, which is one login all the same.
    laptop = lab.client(lab.net.client3, account, psk=None)
    link = laptop.connect()
    assert laptop.lac.ppp_log.count("sent [PAP AuthReq") > 1
    assert gateway.status()["auth"] == {"accepted": 1, "rejected": 1}
    lab.check_both_ways(laptop, link.address)


def test_unknown_user(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client3, Account("mallory", "looking-glass")).launch()
    laptop.initiate()
    laptop.lac.dial()
    laptop.lac.wait_ppp_log(r"rcvd \[CHAP Failure")
    laptop.lac.wait_down()
    gateway.wait_no_sessions()
    assert gateway.status()["auth"] == {"accepted": 0, "rejected": 1}


def test_wrong_psk(lab: Scenario) -> None:
    gateway = lab.gateway()

    stranger = lab.client(lab.net.client3, psk="wrong").launch()
    assert "initiate failed" in stranger.initiate(check=False)
    assert not stranger.charon.swanctl("--list-sas").strip()
    status = gateway.status()
    assert status["ipsec"]["sas"] == 0 and status["l2tp"]["tunnels"] == 0

    # The right key still opens.
    friend = lab.client(lab.net.client4, ALICE)
    link = friend.connect()
    lab.check_both_ways(friend, link.address)


def test_clear_text_where_ipsec_is_required(lab: Scenario) -> None:
    gateway = lab.gateway()

    # The client sends SCCRQ, again and again.
    laptop = lab.client(lab.net.client3, psk=None).launch()
    laptop.lac.dial()
    wait_until("three SCCRQ on the wire", lambda: lab.wire.count(CLEAR_TEXT_L2TP) >= 3)

    # No reply of any kind, no state, and a counter that tells.
    wait_until("refused packets in the status", lambda: gateway.drops("clear_text") >= 3)
    status = gateway.status()
    assert status["l2tp"]["tunnels"] == 0 and status["sessions"]["total"] == 0
    lab.wire.stop()
    answers = (
        f"src host {topology.GATEWAY_OUTER} and dst host {topology.OUTER_ADDRESS['client3']} and ip"
    )
    assert lab.wire.count(answers) == 0, lab.wire.text(answers)


def test_clear_text_beside_a_protected_session(lab: Scenario) -> None:
    gateway = lab.gateway()
    laptop = lab.client(lab.net.client1)
    link = laptop.connect()
    session = gateway.session(ALICE.user)

    # Somebody who knows all numbers of the session sends its StopCCN (RFC 2661 §6.4) from the very address and port.
    before = gateway.drops("clear_text")
    send_forged_stopccn(lab, session["l2tp"]["tunnel"], session["l2tp"]["peer_tunnel"])
    wait_until("the forgery in the status", lambda: gateway.drops("clear_text") > before)
    lab.check_both_ways(laptop, link.address)
    assert gateway.session(ALICE.user)["id"] == session["id"]


def send_forged_stopccn(lab: Scenario, tunnel: int, assigned: int) -> None:
    """Sends a StopCCN in the clear from the NAT's own address, port 1701, to the gateway's."""
    script = f"""
import socket, struct
def avp(kind, value):
    return struct.pack("!HHH", 0x8000 | (6 + len(value)), 0, kind) + value
body = avp(0, struct.pack("!H", 4)) + avp(9, struct.pack("!H", {assigned})) + avp(1, struct.pack("!H", 1))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("{topology.NAT_OUTER}", 1701))
# Every sequence number that could be the next.
for ns in range(16):
    s.sendto(struct.pack("!HHHHHH", 0xC802, 12 + len(body), {tunnel}, 0, ns, 2) + body, ("{topology.GATEWAY_OUTER}", 1701))
"""
    lab.net.nat.run("/usr/bin/python3", "-c", script)
