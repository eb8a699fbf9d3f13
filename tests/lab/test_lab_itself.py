# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab proves itself with stock programs on both ends: a failure here is the lab's, not ours."""

from lab import topology
from lab.capture import l2tp_messages, malformed
from lab.kernel import kernel_state, wait_nothing_left
from lab.peers.strongswan import stock_gateway_conf
from lab.peers.xl2tpd import Lns
from lab.scenario import ALICE, Scenario


def test_hosts_see_each_other_only_as_they_should(lab: Scenario) -> None:
    net = lab.net
    for client in (net.client1, net.client2, net.client3, net.client4):
        assert client.ping(topology.GATEWAY_OUTER).received == 3, client.name
        inner = client.ping(topology.INSIDE, count=1)
        assert inner.received == 0, f"{client.name} reaches the inner net without a tunnel"
    assert net.gateway.ping(topology.INSIDE).received == 3


def test_stock_client_logs_in_at_stock_concentrator(lab: Scenario) -> None:
    before = kernel_state(lab.net.gateway)

    # strongSwan and xl2tpd on the gateway
    lab.charon.start()
    lab.charon.load(stock_gateway_conf(topology.GATEWAY_OUTER))
    lns = Lns(lab.net.gateway, ALICE.user, ALICE.password).start()

    # client1, behind the NAT: IKE, L2TP, PPP
    client = lab.client(lab.net.client1)
    link = client.connect()
    assert link.peer == topology.POOL_GATEWAY
    # pppd asks for two; this server has one and gives it twice.
    assert link.dns == [topology.INSIDE, topology.INSIDE]
    lab.check_both_ways(client, link.address)
    lab.check_only_esp_on_the_wire()

    # goodbye, and nothing left
    client.hang_up()
    lns.stop()
    lab.charon.stop()
    wait_nothing_left(lab.net.gateway, before)


def test_capture_tells_clear_text_from_esp(lab: Scenario) -> None:
    lns = Lns(lab.net.gateway, ALICE.user, ALICE.password).start()
    client = lab.client(lab.net.client3, psk=None)
    link = client.connect()
    lab.check_both_ways(client, link.address)
    client.hang_up()
    lns.stop()

    lab.wire.stop()
    assert lab.wire.count("udp port 1701") > 10
    assert malformed(lab.wire.path) == []
    peer, gateway = topology.OUTER_ADDRESS["client3"], topology.GATEWAY_OUTER
    # SCCRQ, SCCRP, SCCCN, ICRQ, ICRP, ICCN
    assert l2tp_messages(lab.wire.path)[:6] == [
        f"{peer} 1",
        f"{gateway} 2",
        f"{peer} 3",
        f"{peer} 10",
        f"{gateway} 11",
        f"{peer} 12",
    ]
