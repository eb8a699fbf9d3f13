# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 inside of the sessions: IPv6CP, router advertisements, DHCPv6, prefix delegation; and clients that have none."""

import ipaddress
from pathlib import Path


from lab import topology
from lab.host import Host
from lab.peers.dhcpcd import Dhcpcd
from lab.peers.xl2tpd import DUAL_STACK_HABITS
from lab.scenario import ALICE, BOB, Scenario
from lab.waiting import wait_until

PREFIXES = ipaddress.ip_network(topology.PREFIXES)
DELEGATED = ipaddress.ip_network(topology.DELEGATED)
DUAL_STACK = {
    "ppp": {
        "dns": [topology.INSIDE, topology.INSIDE6],
        "dns_search": ["inside.example"],
        "ipv6": "allow",
    },
    "pool": [topology.DUAL_STACK_POOL],
}
DNS_SERVER = Path(__file__).parent / "programs" / "dns_server.py"
NAME = "www.inside.example"


def ping6(host: Host, address: str, source: str) -> None:
    result = host.run(
        "ping", "-n", "-q", "-i", "0.2", "-c", "3", "-W", "3", "-I", source, address, check=False
    )
    assert "3 received" in result.stdout, result.stdout


def resolve(host: Host, servers: str, search: str, name: str) -> str:
    """Looks `name` up as a program on that host would that was told these name servers."""
    conf = host.scratch / "resolv.conf"
    conf.write_text(f"search {search}\n" + "".join(f"nameserver {s}\n" for s in servers.split()))
    command = f"mount --bind {conf} /etc/resolv.conf && getent ahostsv6 {name}"
    return host.output("unshare", "--mount", "sh", "-c", command).split()[0]


def test_dual_stack(lab: Scenario) -> None:
    lab.net.add_inner_ipv6()
    gateway = lab.clear_text_gateway(ALICE, BOB, **DUAL_STACK)
    name_server = lab.net.inside.start(
        "dns", str(DNS_SERVER), topology.INSIDE6, NAME, topology.INSIDE6
    )
    name_server.wait_for("^ready")

    # alice: IPCP and IPv6CP, then an address of her own from the router advertisement
    laptop = lab.client(lab.net.client3, ALICE, psk=None, habits=DUAL_STACK_HABITS)
    link = laptop.connect()
    laptop.lac.wait_ppp_log(r"rcvd \[IPV6CP ConfReq .*<addr fe80::")
    (address,) = wait_until(
        "a global address on the client", lambda: laptop.host.global_ipv6(link.interface)
    )

    # what the operator sees
    session = wait_until(
        "IPv6 in the record",
        lambda: s if (s := gateway.session(ALICE.user))["ipv6"] else None,
    )
    ipv6 = session["ipv6"]
    prefix, delegated = (ipaddress.ip_network(ipv6[key]) for key in ("prefix", "delegated"))
    assert prefix.subnet_of(PREFIXES) and prefix.prefixlen == 64
    assert delegated.subnet_of(DELEGATED) and delegated.prefixlen == 56
    assert ipaddress.ip_address(address) in prefix
    assert laptop.host.output("ip", "-6", "address", "show", "dev", link.interface).count(
        ipv6["peer"]
    )
    assert gateway.status()["pools"][0]["ipv6"] == {"size": 65536, "used": 1}
    assert gateway.status()["pools"][0]["delegated"] == {"size": 65536, "used": 1}

    # both families, both ways
    lab.check_both_ways(laptop, link.address)
    ping6(laptop.host, topology.INSIDE6, address)
    ping6(lab.net.inside, address, topology.INSIDE6)

    # bob has no IPv6, and IPv4 all the same
    other = lab.client(lab.net.client4, BOB, psk=None)
    other_link = other.connect()
    other.lac.wait_ppp_log(r"sent \[LCP ProtRej id=\S+ 80 57")
    lab.check_both_ways(other, other_link.address)
    assert gateway.session(BOB.user)["ipv6"] is None

    # alice, with a client of DHCPv6: the same prefix, name servers by both ways, a prefix for what is behind her
    dhcpcd = Dhcpcd(laptop.host, link.interface).start()
    advertised = dhcpcd.wait_event("ROUTERADVERT")
    assert advertised["nd1_rdnss1_servers"] == topology.INSIDE6
    assert advertised["nd1_dnssl1_search"] == "inside.example"
    bound = dhcpcd.wait_event("BOUND6")
    assert bound["new_dhcp6_name_servers"] == topology.INSIDE6
    assert bound["new_dhcp6_domain_search"] == "inside.example"
    servers = bound["new_dhcp6_name_servers"]
    assert resolve(laptop.host, servers, "inside.example", NAME) == topology.INSIDE6
    assert resolve(laptop.host, servers, "inside.example", "www") == topology.INSIDE6
    (behind,) = wait_until(
        "an address of the delegated prefix", lambda: laptop.host.global_ipv6("lan0")
    )
    assert ipaddress.ip_address(behind) in delegated
    ping6(laptop.host, topology.INSIDE6, behind)
    ping6(lab.net.inside, behind, topology.INSIDE6)
    dhcpcd.stop()

    # Nothing of it was taken for something else.
    assert not any(gateway.status()["drops"]["ipv6"].values()), gateway.status()["drops"]["ipv6"]

    # alice again: the same prefixes, although others were free before
    laptop.hang_up()
    wait_until("one session", lambda: gateway.status()["sessions"]["total"] == 1)
    assert gateway.status()["pools"][0]["ipv6"]["used"] == 1
    laptop.dial()
    again = wait_until(
        "IPv6 in the record",
        lambda: s if (s := gateway.session(ALICE.user)["ipv6"]) else None,
    )
    assert (again["prefix"], again["delegated"]) == (ipv6["prefix"], ipv6["delegated"])


def test_client_that_wants_ipv6_where_there_is_none(lab: Scenario) -> None:
    gateway = lab.clear_text_gateway()
    laptop = lab.client(lab.net.client3, psk=None, habits=DUAL_STACK_HABITS)
    link = laptop.connect()
    laptop.lac.wait_ppp_log(r"rcvd \[LCP ProtRej id=\S+ 80 57")
    lab.check_both_ways(laptop, link.address)
    assert gateway.session(ALICE.user)["ipv6"] is None
