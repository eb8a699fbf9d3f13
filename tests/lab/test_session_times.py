# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions that are idle, or last for too long, are ended; one that is alive is not."""

from lab import topology
from lab.peers.sallyportd import Sallyportd
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until


def users(gateway: Sallyportd) -> set[str]:
    return {session["user"] for session in gateway.sessions()}


def test_idle_session_ends_and_every_session_after_its_time(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(
        ALICE, BOB, ppp={"idle_timeout": 10, "session_timeout": 60, "echo_interval": 2}
    )
    # Both are alive, as their LCP echoes show. Bob sends data too.
    alice = lab.client(lab.net.client3, ALICE, psk=None, echo_interval=1)
    bob = lab.client(lab.net.client4, BOB, psk=None, echo_interval=1)
    bob.connect()
    busy = bob.host.start("busy", "ping", "-i", "1", topology.INSIDE)
    alice.connect()
    times = gateway.session(BOB.user)["times"]
    assert times["idle_timeout_seconds"] == 10 and times["session_timeout_seconds"] == 60
    assert 0 <= times["remaining_seconds"] <= 60 and times["idle_seconds"] >= 0

    # Alice is told goodbye.
    wait_until("only bob", lambda: users(gateway) == {BOB.user})
    alice.lac.wait_ppp_log(r"rcvd \[LCP TermReq .*idle for too long")
    alice.lac.wait_ppp_log(r"rcvd \[LCP EchoRep")
    assert "idle for too long" in gateway.log and "as long as it may" not in gateway.log

    # Bob, busy or not, once his time is over.
    wait_until("nobody", lambda: not users(gateway))
    bob.lac.wait_ppp_log(r"rcvd \[LCP TermReq .*as long as it may")
    busy.kill()
    alice.lac.wait_down()
    bob.lac.wait_down()
