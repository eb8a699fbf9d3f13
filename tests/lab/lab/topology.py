# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's network.

    client1 .11 --+                                          +-- client3 .23
     192.168.1.0/24 +-- nat .1 --+-- internet (a bridge) ----+-- client4 .24
    client2 .12 --+              |   203.0.113.0/24
                                 +-- gateway .10
                                       | 10.0.0.1
                                       | 10.0.0.0/24
                                     inside 10.0.0.53

No host of the outer net has a route to 10.0.0.0/8: whatever gets through went through a tunnel.
"""

import subprocess
from pathlib import Path

from lab.host import Host

GATEWAY_OUTER = "203.0.113.10"
NAT_OUTER = "203.0.113.1"
GATEWAY_INNER = "10.0.0.1"
INSIDE = "10.0.0.53"
INSIDE_NET = "10.0.0.0/24"
POOL_NET = "10.64.0.0/16"
POOL_GATEWAY = "10.64.0.1"

OUTER_ADDRESS = {"client3": "203.0.113.23", "client4": "203.0.113.24"}
PRIVATE_ADDRESS = {"client1": "192.168.1.11", "client2": "192.168.1.12"}

# One mapping for each source port, kept where free, as home routers do: of two clients that both send from 1701 (or
# 4500) the second gets another port.
_NAT_RULES = """
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" masquerade
  }
}
"""


class Topology:
    """All hosts, wired and addressed."""

    def __init__(self, scratch: Path) -> None:
        self.internet = Host("internet", scratch / "internet")
        self.gateway = Host("gateway", scratch / "gateway")
        self.inside = Host("inside", scratch / "inside")
        self.nat = Host("nat", scratch / "nat")
        self.client1 = Host("client1", scratch / "client1")
        self.client2 = Host("client2", scratch / "client2")
        self.client3 = Host("client3", scratch / "client3")
        self.client4 = Host("client4", scratch / "client4")
        self.hosts = [self.internet, self.gateway, self.inside, self.nat, self.client1, self.client2, self.client3, self.client4]
        self._wire()
        self._wire_internet()
        self._wire_gateway()
        self._wire_nat()
        self._wire_clients()

    def _wire(self) -> None:
        """Lays the cables."""

        def cable(host: str, interface: str, other: str, other_interface: str) -> str:
            return f"link add {interface} netns {host} type veth peer name {other_interface} netns {other}"

        lines = [
            cable("gateway", "eth0", "internet", "gateway"),
            cable("gateway", "eth1", "inside", "eth0"),
            cable("nat", "wan", "internet", "nat"),
            *(cable(name, "eth0", "nat", name) for name in PRIVATE_ADDRESS),
            *(cable(name, "eth0", "internet", name) for name in OUTER_ADDRESS),
        ]
        # From outside: a cable's two ends are in two namespaces.
        subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)

    @staticmethod
    def _bridge(host: Host, bridge: str, ports: list[str]) -> None:
        host.ip_batch(
            f"link add {bridge} type bridge",
            f"link set {bridge} up",
            *(f"link set {port} master {bridge} up" for port in ports),
        )

    @staticmethod
    def _forward(host: Host) -> None:
        host.run("sysctl", "-qw", "net.ipv4.ip_forward=1")

    def _wire_internet(self) -> None:
        self._bridge(self.internet, "br0", ["gateway", "nat", *OUTER_ADDRESS])

    def _wire_gateway(self) -> None:
        self.gateway.ip_batch(
            f"address add {GATEWAY_OUTER}/24 dev eth0", "link set eth0 up",
            f"address add {GATEWAY_INNER}/24 dev eth1", "link set eth1 up",
        )
        self._forward(self.gateway)
        self.inside.ip_batch(f"address add {INSIDE}/24 dev eth0", "link set eth0 up", f"route add default via {GATEWAY_INNER}")

    def _wire_nat(self) -> None:
        self._bridge(self.nat, "lan", list(PRIVATE_ADDRESS))
        self.nat.ip_batch("address add 192.168.1.1/24 dev lan", f"address add {NAT_OUTER}/24 dev wan", "link set wan up")
        self._forward(self.nat)
        self.nat.run("nft", "-f", "-", stdin=_NAT_RULES)

    def _wire_clients(self) -> None:
        for name, address in PRIVATE_ADDRESS.items():
            self.host(name).ip_batch(f"address add {address}/24 dev eth0", "link set eth0 up", "route add 203.0.113.0/24 via 192.168.1.1")
        for name, address in OUTER_ADDRESS.items():
            self.host(name).ip_batch(f"address add {address}/24 dev eth0", "link set eth0 up")

    def host(self, name: str) -> Host:
        return next(host for host in self.hosts if host.name == name)

    def close(self) -> None:
        for host in self.hosts:
            host.close()
