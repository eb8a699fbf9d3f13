# SPDX-License-Identifier: GPL-2.0-or-later
"""The IKE daemon comes later, goes away, crashes. Ours copes, and says what is the matter."""

import pytest

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
    assert vici["error"] is None and vici["version"]
    laptop = lab.client(lab.net.client1)
    link = laptop.connect()
    lab.check_both_ways(laptop, link.address)


@pytest.mark.parametrize("ending", ["stopped", "killed"])
def test_charon_is_restarted(lab: Scenario, ending: str) -> None:
    gateway = lab.gateway(l2tp=SHORT_L2TP)
    laptop = lab.client(lab.net.client1)
    laptop.connect()
    gateway.session(ALICE.user)

    if ending == "stopped":
        lab.charon.stop()
    else:
        lab.charon.kill()
    wait_until(
        "the loss of charon in the status",
        lambda: not gateway.status()["ipsec"]["vici"]["connected"],
    )

    # charon is back with nothing in it: connection and secret have to be loaded anew.
    lab.charon.start()
    gateway.wait_ready()
    laptop.hang_up()
    gateway.wait_no_sessions()
    gateway.wait_no_sas()
    laptop.initiate()
    link = laptop.dial()
    lab.check_both_ways(laptop, link.address)
