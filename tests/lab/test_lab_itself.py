# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab proves itself with stock programs on both ends: what fails here is the lab's fault, not the daemon's."""

from lab import topology
from lab.kernel import kernel_state, wait_nothing_left
from lab.peers.strongswan import stock_gateway_conf
from lab.peers.xl2tpd import Lns
from lab.scenario import ALICE, Scenario


def test_hosts_see_each_other_only_as_they_should(lab: Scenario) -> None:
    net = lab.net
    for client in (net.client1, net.client2, net.client3, net.client4):
        assert client.ping(topology.GATEWAY_OUTER).received == 3, client.name
        assert client.ping(topology.INSIDE, count=1).received == 0, f"{client.name} reaches the inner net without a tunnel"
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
    assert link.dns == [topology.INSIDE, topology.INSIDE], "pppd asks for two and the stock server repeats its only one"
    lab.check_both_ways(client, link.address)

    # goodbye, and nothing left
    client.hang_up()
    lns.stop()
    lab.charon.stop()
    wait_nothing_left(lab.net.gateway, before)
    lab.check_only_esp_on_the_wire()
