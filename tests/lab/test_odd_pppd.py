# SPDX-License-Identifier: GPL-2.0-or-later
"""pppd as the odd client: it wants what it cannot have, and does without."""

import ipaddress

from lab import topology
from lab.scenario import Scenario

# Several links, IPv6, and an address of its own. What the kernel's L2TP cannot do (Van Jacobson, Deflate) its plugin for
# pppd never asks for; that is left to the prober.
_GREEDY = ("ipcp-accept-local", "+ipv6", "multilink", "mrru 1600", "192.168.77.7:")


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
