# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's network.

    client1 .11 --+                                         +-- client3 .23, ::23
     192.168.1.0/24 +-- nat .1 --+-- internet (a bridge) ---+-- client4 .24, ::24
    client2 .12 --+     (::1)    |   203.0.113.0/24, 2001:db8:113::/64
                                 +-- gateway .10, ::10
                                       | 10.0.0.1
                                       | 10.0.0.0/24
                                     inside 10.0.0.53

No host of the outer net has a route to 10.0.0.0/8: whatever gets through went through a tunnel.
"""

import functools
import subprocess
from pathlib import Path

from lab.host import Host

GATEWAY_OUTER = "203.0.113.10"
GATEWAY_OUTER6 = "2001:db8:113::10"
NAT_OUTER = "203.0.113.1"
NAT_OUTER6 = "2001:db8:113::1"
GATEWAY_INNER = "10.0.0.1"
INSIDE = "10.0.0.53"
GATEWAY_INNER6 = "2001:db8:53::1"
INSIDE6 = "2001:db8:53::53"
OUTER_NET = "203.0.113.0/24"
OUTER_NET6 = "2001:db8:113::/64"
INSIDE_NET = "10.0.0.0/24"
POOL_NET = "10.64.0.0/16"
POOL_GATEWAY = "10.64.0.1"
PREFIXES = "2001:db8:1::/48"
DELEGATED = "2001:db8:100::/40"
DUAL_STACK_POOL = {
    "name": "default",
    "ranges": [POOL_NET],
    "gateway": POOL_GATEWAY,
    "ipv6": [PREFIXES],
    "delegated": [DELEGATED],
}

# A scenario with a crowd has more of both kinds: private_client(3), public_client(5).
OUTER_ADDRESS = {f"client{n}": f"203.0.113.{20 + n}" for n in range(3, 100)}
OUTER_ADDRESS6 = {f"client{n}": f"2001:db8:113::{20 + n}" for n in range(3, 100)}
PRIVATE_ADDRESS = {f"client{n}": f"192.168.1.{10 + n}" for n in range(1, 200)}
# Behind a NAT that hides a whole site's IPv6 as well.
PRIVATE_ADDRESS6 = {f"client{n}": f"fd00:1::{10 + n}" for n in range(1, 200)}
# Where the NAT moves its clients to when its own address changes.
NAT_OTHER_OUTER = "203.0.113.2"

# One mapping for each source port, kept where free, as home routers do: of two clients that both
# send from 1701 (or 4500) the second gets another port.
_NAT_RULES = """
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" masquerade
  }
}
"""

_NAT6_RULES = """
table ip6 nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" masquerade
  }
}
"""


class Topology:
    """The hosts, wired and addressed. The NAT and the clients are made when first asked for."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self.hosts: list[Host] = []
        self.internet, self.gateway, self.inside = self._make("internet", "gateway", "inside")
        self.internet.ip_batch("link add br0 type bridge", "link set br0 up")
        self._plug_in(self.gateway, "eth0", GATEWAY_OUTER, GATEWAY_OUTER6)
        self._cable(self.gateway, "eth1", self.inside, "eth0")
        self.gateway.ip_batch(f"address add {GATEWAY_INNER}/24 dev eth1", "link set eth1 up")
        self.gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.inside.ip_batch(
            f"address add {INSIDE}/24 dev eth0",
            "link set eth0 up",
            f"route add default via {GATEWAY_INNER}",
        )

    def add_inner_ipv6(self) -> None:
        """IPv6 between the gateway and the host inside, and a gateway that forwards it."""
        self.gateway.ip_batch(f"address add {GATEWAY_INNER6}/64 dev eth1 nodad")
        self.gateway.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
        self.inside.ip_batch(
            f"address add {INSIDE6}/64 dev eth0 nodad",
            f"route add default via {GATEWAY_INNER6}",
        )

    @functools.cached_property
    def nat(self) -> Host:
        (nat,) = self._make("nat")
        self._plug_in(nat, "wan", NAT_OUTER)
        nat.ip_batch(f"address add {NAT_OTHER_OUTER}/24 dev wan")
        nat.ip_batch(
            "link add lan type bridge", "address add 192.168.1.1/24 dev lan", "link set lan up"
        )
        nat.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        nat.run("nft", "-f", "-", stdin=_NAT_RULES)
        return nat

    @functools.cached_property
    def _nat6(self) -> str:
        """The NAT's address towards its clients, once it translates IPv6."""
        address = "fd00:1::1"
        self.nat.ip_batch(
            f"address add {NAT_OUTER6}/64 dev wan nodad", f"address add {address}/64 dev lan nodad"
        )
        self.nat.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
        self.nat.run("nft", "-f", "-", stdin=_NAT6_RULES)
        return address

    @functools.cached_property
    def client1(self) -> Host:
        return self._private_client("client1")

    @functools.cached_property
    def client2(self) -> Host:
        return self._private_client("client2")

    @functools.cached_property
    def client3(self) -> Host:
        return self._public_client("client3")

    @functools.cached_property
    def client4(self) -> Host:
        return self._public_client("client4")

    def private_client(self, number: int) -> Host:
        """One more behind the NAT; the first two are client1 and client2."""
        return self._private_client(f"client{number}")

    def private_client6(self, number: int) -> Host:
        """The same with IPv6 as well, which the NAT hides too."""
        nat6, host = self._nat6, self.private_client(number)
        host.ip_batch(f"address add {PRIVATE_ADDRESS6[host.name]}/64 dev eth0 nodad")
        host.add_route(f"{OUTER_NET6} via {nat6}")
        return host

    def public_client(self, number: int) -> Host:
        """One more on the internet; the first two are client3 and client4."""
        return self._public_client(f"client{number}")

    def move_nat(self, source: str) -> None:
        """The NAT forgets all mappings, and makes new ones with `source` as nft writes it: an address, ports or both."""
        self.nat.run(
            "nft",
            "-f",
            "-",
            stdin=f"flush chain ip nat postrouting\n"
            f'add rule ip nat postrouting oifname "wan" meta l4proto udp snat to {source}\n',
        )
        self.nat.run("conntrack", "-F")

    def close(self) -> None:
        for host in self.hosts:
            host.close()

    def _make(self, *names: str) -> list[Host]:
        made = [Host(name, self._scratch / name) for name in names]
        # Their namespaces come into being side by side.
        self.hosts += made
        for host in made:
            host.wait_ready()
        return made

    def _cable(self, host: Host, interface: str, other: Host, other_interface: str) -> None:
        # From outside: a cable's two ends are in two namespaces.
        words = f"ip link add {interface} netns {host.namespace} type veth"
        peer = f"peer name {other_interface} netns {other.namespace}"
        subprocess.run([*words.split(), *peer.split()], check=True)

    def _plug_in(self, host: Host, interface: str, address: str, address6: str = "") -> None:
        """Connects a host to the internet. The bridge's port has the host's name."""
        self._cable(host, interface, self.internet, host.name)
        self.internet.ip_batch(f"link set {host.name} master br0 up")
        lines = [f"address add {address}/24 dev {interface}"]
        if address6:
            # Without the second in which the kernel looks for another with the same address.
            lines.append(f"address add {address6}/64 dev {interface} nodad")
        host.ip_batch(*lines, f"link set {interface} up")

    def _public_client(self, name: str) -> Host:
        (host,) = self._make(name)
        self._plug_in(host, "eth0", OUTER_ADDRESS[name], OUTER_ADDRESS6[name])
        return host

    def _private_client(self, name: str) -> Host:
        nat = self.nat
        (host,) = self._make(name)
        self._cable(host, "eth0", nat, name)
        nat.ip_batch(f"link set {name} master lan up")
        host.ip_batch(f"address add {PRIVATE_ADDRESS[name]}/24 dev eth0", "link set eth0 up")
        host.add_route(f"{OUTER_NET} via 192.168.1.1")
        return host
