# SPDX-License-Identifier: GPL-2.0-or-later
"""What of L2TP an operator may choose, and what then is on the wire."""

from lab import topology
from lab.capture import NUMBERED_DATA, UNNUMBERED_DATA
from lab.scenario import ALICE, Scenario
from lab.waiting import wait_until

CLIENT = topology.OUTER_ADDRESS["client3"]
# RFC 2661 §3.1, §4.1: T, and Message Type 6 in the first AVP, behind a header of 12 octets.
HELLO = "udp port 1701 and udp[8] & 0x80 != 0 and udp[26:2] = 6"


def test_data_alone_puts_hello_off(lab: Scenario) -> None:
    # No LCP echoes of either end: they go through user space, and would prove life by another way than the counters.
    gateway = lab.clear_text_gateway(l2tp={"hello_interval": 12}, ppp={"echo_interval": 0})
    laptop = lab.client(lab.net.client3, psk=None, echo_interval=0)
    laptop.connect()
    gateway.session(ALICE.user)

    hellos = f"{HELLO} and src host {topology.GATEWAY_OUTER}"
    # alice sends, and gets no answer: what counts is what comes from her. At first for longer than an interval, since who
    # was silent before may be asked.
    assert laptop.ping("10.0.0.99", count=80).received == 0
    before = lab.wire.count(hellos)
    assert laptop.ping("10.0.0.99", count=200).received == 0
    assert lab.wire.count(hellos) == before, lab.wire.text(hellos)

    # then she is silent
    wait_until("a HELLO", lambda: lab.wire.count(hellos) > before)


def test_sequencing_that_the_lns_requires(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway(l2tp={"sequencing": "require"})
    laptop = lab.client(lab.net.client3, psk=None)
    link = laptop.connect()
    lab.check_both_ways(laptop, link.address)

    # Ours from the first frame on; the LAC follows (RFC 2661 §5.4).
    lab.wire.stop()
    assert lab.wire.count(f"{NUMBERED_DATA} and src host {topology.GATEWAY_OUTER}") > 6
    unnumbered = f"{UNNUMBERED_DATA} and src host {topology.GATEWAY_OUTER}"
    assert lab.wire.count(unnumbered) == 0, lab.wire.text(unnumbered)
    assert lab.wire.count(f"{NUMBERED_DATA} and src host {CLIENT}") > 6
    assert gateway.session(ALICE.user)["state"] == "up"
