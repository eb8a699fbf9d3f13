# SPDX-License-Identifier: GPL-2.0-or-later
"""pppd as the odd client: it wants what it cannot have, and does without or goes."""

import ipaddress

import pytest

from lab import topology
from lab.peers.xl2tpd import Lac
from lab.scenario import ALICE, Scenario
from lab.waiting import wait_until

# Several links, IPv6, and an address of its own.
_GREEDY = ("ipcp-accept-local", "+ipv6", "multilink", "mrru 1600", "192.168.77.7:")
_PLAIN = ("noipdefault", "ipcp-accept-local", "noipv6")


def test_pppd_that_wants_more_than_there_is(lab: Scenario) -> None:
    lab.clear_text_gateway()
    greedy = lab.client(lab.net.client3, psk=None, habits=_GREEDY)
    link = greedy.connect()
    assert ipaddress.ip_address(link.address) in ipaddress.ip_network(topology.POOL_NET)
    for refused in (
        r"rcvd \[LCP ConfRej .*<mrru 1600>",
        r"rcvd \[IPCP ConfNak .*<addr " + link.address,
        r"rcvd \[LCP ProtRej id=\S+ 80 57 ",  # IPV6CP
    ):
        greedy.lac.wait_ppp_log(refused)
    lab.check_both_ways(greedy, link.address)


def test_pppd_that_must_have_mppe(lab: Scenario) -> None:
    # CCP is refused, since ESP encrypts. Who insists on MPPE goes; that is for the client to say.
    gateway = lab.clear_text_gateway()
    stubborn = lab.client(lab.net.client3, psk=None, habits=(*_PLAIN, "novj", "require-mppe-128"))
    stubborn.launch()
    stubborn.lac.dial()
    stubborn.lac.wait_ppp_log(r"sent \[CCP ConfReq .*<mppe ")
    stubborn.lac.wait_ppp_log(r"rcvd \[LCP ProtRej id=\S+ 80 fd ")
    stubborn.lac.wait_ppp_log("MPPE required")
    wait_until("its end", lambda: gateway.status()["sessions"]["total"] == 0)
    stubborn.lac.wait_down()


def check_serial_habits(lab: Scenario, refused: str) -> None:
    """Over what it takes for a serial line pppd wants everything that saves an octet there."""
    laptop = Lac(
        lab.net.client3,
        topology.GATEWAY_OUTER,
        ALICE.user,
        ALICE.password,
        "mschapv2",
        habits=_PLAIN,
        userspace=True,
    ).start()
    laptop.dial()
    link = laptop.wait_up()
    for pattern in (
        rf"rcvd \[LCP ConfRej id=\S+ {refused}\]",
        r"rcvd \[IPCP ConfRej id=\S+ <compress VJ 0f 01>",
        r"rcvd \[LCP ProtRej id=\S+ 80 fd ",  # Deflate and BSD
    ):
        laptop.wait_ppp_log(pattern)
    answers = lab.net.client3.ping(topology.INSIDE)
    assert answers.received == answers.sent
    answers = lab.net.inside.ping(link.address)
    assert answers.received == answers.sent
    laptop.hang_up()


@pytest.mark.parametrize("allowed", [False, True])
def test_pppd_that_compresses_headers(lab: Scenario, allowed: bool) -> None:
    gateway = lab.clear_text_gateway(ppp={"protocol_field_compression": allowed})
    check_serial_habits(lab, "<accomp>" if allowed else "<pcomp> <accomp>")
    gateway.wait_no_sessions()
    lab.wire.stop()
    # IPv4's number behind an L2TP header with a Length, and behind FF 03.
    data = (
        f"src host {topology.OUTER_ADDRESS['client3']} and udp[8:2] = 0x4002 and udp[16:2] = 0xff03"
    )
    short = lab.wire.count(f"{data} and udp[18] = 0x21")
    long = lab.wire.count(f"{data} and udp[18:2] = 0x0021")
    assert (short > 0, long > 0) == (allowed, not allowed)
